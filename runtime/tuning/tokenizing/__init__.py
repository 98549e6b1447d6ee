"""Tokenizers that are extended, and models with more pieces than they had."""
