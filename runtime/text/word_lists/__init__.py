"""Lists of words, one a line."""
