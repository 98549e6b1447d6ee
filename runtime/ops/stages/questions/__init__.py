"""Written examples that texts are compared with, one a line under the `[name]` that they stand for."""
