"""What happens when the server starts, before anybody visits."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

LIBRARIES = ("sklearn.decomposition", "transformers.models.bert.modeling_bert")


@asynccontextmanager
async def warm_up(_app) -> AsyncIterator[None]:
    """Import the large libraries before the first page is served.

    Not while pages are: transformers puts another object in its own place at the end of its import, and a script that
    imports it at that moment keeps the empty one ("module 'transformers' has no attribute …").
    """
    for library in LIBRARIES:
        import_module(library)
    # Streamlit collects garbage after every run, and a live chart is a run a second. Walking through all that these
    # brought with them takes 0.3 s each time and stops a training meanwhile; frozen, they are skipped.
    gc.collect()
    gc.freeze()
    yield
