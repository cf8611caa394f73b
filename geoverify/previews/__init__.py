"""Small pictures of footage for people to look at, made behind the walls: neither hostile bytes nor metadata come out."""
