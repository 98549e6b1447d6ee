"""Which weights a `train` block changes."""
