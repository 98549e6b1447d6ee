"""From the syntax tree to a checked and planned graph."""
