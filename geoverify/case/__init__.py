"""The case store: one SQLite file that holds what was read, what was concluded, and the log of what was done with it."""
