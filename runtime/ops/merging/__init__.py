"""How a `merge` makes one model of several."""
