"""The linter: what its rules may ask, and how their findings are told."""
