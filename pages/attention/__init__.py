"""The sections of the attention page."""
