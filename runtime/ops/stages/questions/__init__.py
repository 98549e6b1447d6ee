"""What models are asked about rows."""
