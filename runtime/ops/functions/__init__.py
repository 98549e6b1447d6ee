"""What is computed of a row."""
