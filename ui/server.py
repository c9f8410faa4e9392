"""What happens when the server starts, before anybody visits."""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

LIBRARIES = ("plotly.graph_objects", "sklearn.decomposition", "transformers.models.bert.modeling_bert")


@asynccontextmanager
async def warm_up(_app) -> AsyncIterator[None]:
    """Import the large libraries in the background, so that the first visitor does not wait for them."""
    threading.Thread(target=_load, daemon=True).start()
    yield


def _load() -> None:
    for library in LIBRARIES:
        import_module(library)
    # Streamlit collects garbage after every run, and a live chart is a run a second. Walking through all that these
    # brought with them takes 0.3 s each time and stops a training meanwhile; frozen, they are skipped.
    gc.collect()
    gc.freeze()
