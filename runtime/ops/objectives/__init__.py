"""What a `train` block minimises."""
