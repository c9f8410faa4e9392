"""Attention: what each head of each layer looks at, and what it does."""
