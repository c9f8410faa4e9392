"""How BERT reads: word pieces, three embeddings, one layer, sizes."""
