"""Next sentence: BERT's second task."""
