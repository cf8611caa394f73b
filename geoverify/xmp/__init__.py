"""What XMP properties mean: the same for packets in files, for sidecars, and for the assertions of Content Credentials."""
