"""What a judge is asked about a row and an item of a benchmark."""
