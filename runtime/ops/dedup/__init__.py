"""The rules of `dedup`."""
