"""Paloscopio's library: text in, numbers and figures out. It knows no user interface and serves notebooks too.

>>> import viz
>>> bert = viz.load_model()
>>> enc = bert.encode(["El as de ese palo gana.", "Cortó un palo seco."])
>>> enc[0].hidden_states.shape[0], enc[0].attentions.shape[:2]
(13, (12, 12))

Names arrive when they are first used (``__init__.pyi`` says from where), so that a notebook that only wants word
vectors waits for neither torch nor transformers.
"""

import lazy_loader

__version__ = "1.0.0.dev0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
