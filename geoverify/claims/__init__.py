"""What somebody says of footage, a place and a time, held against what the footage shows; never evidence itself."""
