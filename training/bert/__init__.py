"""Continued pre-training of a small Spanish-English BERT."""
