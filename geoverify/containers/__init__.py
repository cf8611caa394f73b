"""Where the blocks lie in each container format: bytes in, bounded iterators of blocks out; no meaning is read here."""
