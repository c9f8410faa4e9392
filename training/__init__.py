"""How each embedded model was made: `python -m training.convert_e5`, `training.bert`, `training.glove`."""
