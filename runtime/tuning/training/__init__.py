"""How a model is trained, and what is left of it."""
