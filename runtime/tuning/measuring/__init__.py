"""What measures of models have in common: questions, answers, means with intervals."""
