"""Lists of words, one a line, by the style of generation that uses them."""
