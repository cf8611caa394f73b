"""Files that are the same recording: copies, crops, mirror images, cuts; within a case and against earlier ones."""
