"""From syntax tree to checked nodes: one declaration after another."""
