from .attention.figure import attention_html
from .attention.relations import find_heads
from .attention.weights import head_statistics
from .bert import Bert
from .context.lessons import load_lessons
from .elmo import Elmo
from .gpt import Gpt
from .kit.errors import Problem
from .load import load_model
from .masked.corruption import corrupt
from .model.base import Model
from .model.encoding import Encoding, Word
from .words.static import StaticVectors, load_static

__version__: str

__all__ = [
    "Bert",
    "Elmo",
    "Encoding",
    "Gpt",
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
