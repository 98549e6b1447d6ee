"""What models are asked about a row."""
