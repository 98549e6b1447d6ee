"""What `mask` looks for."""
