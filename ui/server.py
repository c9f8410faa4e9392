"""What happens when the server starts, before anybody visits."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def warm_up(_app) -> AsyncIterator[None]:
    """Import torch and transformers in the background, so that the first visitor does not wait for them."""
    threading.Thread(target=__import__, args=("transformers.models.bert.modeling_bert",), daemon=True).start()
    yield
