"""What operators share: words, n-grams, vectors, and other views of texts."""
