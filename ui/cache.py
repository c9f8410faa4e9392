"""Streamlit's caches, told once what makes two of our large objects the same.

``@cache_data(max_entries=100)`` on a function that takes a model, a store or static vectors: none of them needs a name
beside it, nor an underscore before it.
"""

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st

from viz.bert import Bert
from viz.model.base import Model
from viz.model.store import Store
from viz.words.static import StaticVectors

_LOADS: WeakKeyDictionary[object, int] = WeakKeyDictionary()
_COUNT = count()


def identity(loaded: Model | Store | StaticVectors) -> tuple[str, int]:
    """The name and which load of it this is: two folders, or two revisions, may well have one name."""
    name = loaded.model.name if isinstance(loaded, Store) else loaded.name
    return name, _LOADS.setdefault(loaded, next(_COUNT))


# Streamlit looks for the very class, not for those above it.
HASHES: dict[str | type, Callable[[Any], Any]] = dict.fromkeys((Model, Bert, Store, StaticVectors), identity)


def cache_data(**options):
    """``st.cache_data``: a copy of the answer for each caller."""
    return st.cache_data(hash_funcs=HASHES, show_spinner=False, **options)


def cache_resource(**options):
    """``st.cache_resource``: one answer for all, which nobody writes to."""
    return st.cache_resource(hash_funcs=HASHES, show_spinner=False, **options)
