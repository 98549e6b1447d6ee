"""What an `evaluate` block measures."""
