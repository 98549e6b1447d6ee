"""How a prompt is written for a method, and how its answers are read."""
