"""The report of a version: what its page answers, its charts, and the rows that it lets people browse."""
