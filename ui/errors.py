"""What nobody foresaw: the reader gets a sentence with a number, the log the same number and what happened."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ui.i18n import t
from ui.layout import fail
from viz.kit.errors import Problem

LOG = logging.getLogger("paloscopio")


@contextmanager
def section() -> Iterator[None]:
    """A part of a page that may fail alone: what comes after it is still drawn."""
    try:
        yield
    except Exception as error:  # anything: that is what this is for. Streamlit's own stop and rerun are no Exceptions
        show(error)


def show(error: Exception) -> bool:
    """Say that something failed where the page is being drawn. True: Streamlit need not say it again, in English."""
    if isinstance(error, Problem):
        fail(error)
        return True
    number = f"{secrets.randbelow(10**6):06d}"
    LOG.error("Failure %s", number, exc_info=error)
    st.error(
        t(
            "Algo falló en esta parte de la página, y no es culpa tuya: lo que ves y lo que escribiste sigue ahí. Si "
            "vuelve a pasar, cuéntalo con este número, que también está en el registro del servidor: **{number}**.",
            number=number,
        ),
        icon=":material/error:",
    )
    return True
