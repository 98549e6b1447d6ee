"""The layouts of `tunec export`, one a file. They are found by walking this folder (`runtime/exchange/layout.py`)."""
