"""A published version: how it is written, explained, compared and verified."""
