"""How a `generate` block makes rows."""
