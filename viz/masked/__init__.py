"""Masked words: BERT's first task."""
