"""The run: the engine, what it binds and lowers, and what it drops."""
