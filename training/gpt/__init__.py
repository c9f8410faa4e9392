"""How models/gpt-es-en was made."""
