"""The operators: the folder is the kind, the file is the name."""
