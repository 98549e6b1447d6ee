"""How models come about and are measured: training, merging, tokenizers, measures."""
