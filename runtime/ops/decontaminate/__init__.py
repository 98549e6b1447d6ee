"""The rules of `decontaminate`."""
