"""How each embedded model was made: ``python -m training.bert``, ``training.glove``."""
