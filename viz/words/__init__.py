"""Word vectors: one vector a word, whatever the sentence (Word2Vec, GloVe)."""
