"""How a record of a file becomes a row."""
