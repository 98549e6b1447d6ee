"""What to try next, of what was tried before: sizes of a selection, shares of a mixture."""
