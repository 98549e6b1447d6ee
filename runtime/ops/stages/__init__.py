"""What stands in a `dataset` block."""
