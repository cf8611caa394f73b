"""Reference photographs: taken in, checked and made into an index, with all decoding behind the walls."""
