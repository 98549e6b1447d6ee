"""The rules of the linter, one a file."""
