"""Versions in the layouts of other tools: reads a version's data sets, and writes them file by file."""
