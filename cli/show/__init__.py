"""`tunec show`: a version in a browser, served to this machine alone."""
