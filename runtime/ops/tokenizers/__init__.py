"""How a `tokenizer` block finds new pieces, and what a model makes of them."""
