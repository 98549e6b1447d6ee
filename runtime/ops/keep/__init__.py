"""Which of several duplicates stays."""
