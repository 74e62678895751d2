"""What becomes of the trials of a search."""
