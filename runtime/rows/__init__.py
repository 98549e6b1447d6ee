"""How rows lie in frames: columns and fields, messages, the order of turns, and rows that were dropped."""
