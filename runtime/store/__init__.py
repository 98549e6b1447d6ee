"""The content-addressed store, its mirror, and the published versions in it."""
