"""How `select` chooses its rows."""
