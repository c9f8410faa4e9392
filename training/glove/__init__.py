"""The Spanish GloVe."""
