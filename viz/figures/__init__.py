"""Numbers in, figures out; one module a kind of picture. Texts come in already in the reader's language."""
