"""What stands in a `generate` block beside its method and its stages."""
