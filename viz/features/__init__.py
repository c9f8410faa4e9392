"""BERT as a feature extractor: the six options of Table 7."""
