"""The proof of training: every row, as the trainer will see it, is checked before the first step."""
