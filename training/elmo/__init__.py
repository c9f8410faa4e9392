"""How models/elmo-es-en was made."""
