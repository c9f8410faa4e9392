"""Paloscopio's library: text in, numbers and figures out. It knows no user interface and serves notebooks too.

>>> import viz
>>> bert = viz.load_model()
>>> enc = bert.encode(["El as de ese palo gana.", "Cortó un palo seco."])
>>> enc[0].hidden_states.shape[0], enc[0].attentions.shape[:2]
(13, (12, 12))
"""

from viz.attention.figure import attention_html
from viz.attention.relations import find_heads
from viz.attention.weights import head_statistics
from viz.context.lessons import load_lessons
from viz.kit.errors import Problem
from viz.load import load_model
from viz.masked.corruption import corrupt
from viz.model.base import Model
from viz.model.encoding import Encoding, Word
from viz.words.static import StaticVectors, load_static

__all__ = [
    "Encoding",
    "Model",
    "Problem",
    "StaticVectors",
    "Word",
    "attention_html",
    "corrupt",
    "find_heads",
    "head_statistics",
    "load_lessons",
    "load_model",
    "load_static",
]
