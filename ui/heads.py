"""Pages that need a pre-training head which the chosen model may lack."""

from collections.abc import Callable

import streamlit as st

import viz
from ui.i18n import t
from ui.layout import fail
from ui.models import current_model, embedded_model


def model_with(need: Callable[[viz.Model], None], key: str) -> viz.Model:
    """The model of this session; where ``need`` refuses it, the embedded one if the reader wants that."""
    model = current_model()
    try:
        need(model)
        return model
    except viz.Problem as problem:
        fail(problem)
        if st.toggle(t("Usar en esta página el modelo incluido"), key=key, bind="query-params"):
            return embedded_model()
        st.stop()
