"""The page on which people review a case: served to this machine alone, for as long as the command runs."""
