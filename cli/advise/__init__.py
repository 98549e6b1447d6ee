"""What to do to a model: eight questions, the way that their answers speak for, and the reasons with figures."""
