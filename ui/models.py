"""Which model this session uses, opened once for everybody on the host."""

import os
from collections.abc import Callable
from pathlib import Path

import streamlit as st

import viz
from ui.i18n import N_, decimal, language, t
from ui.layout import fail
from ui.link import choose
from ui.text import md
from viz.kit.paths import EMBEDDED, MODELS
from viz.load import open_folder
from viz.model import hub
from viz.model.store import Store

HUB = "hub"
KEY = "model"


def allowed_ids() -> set[str] | None:
    """The hub ids this host permits: PALOSCOPIO_ALLOWED_MODELS, separated by commas; unset permits any."""
    setting = os.environ.get("PALOSCOPIO_ALLOWED_MODELS")
    return None if setting is None else {x.strip() for x in setting.split(",") if x.strip()}


def local_models() -> list[str]:
    """Names of the model folders on this machine, the embedded one first."""
    names = [path.parent.name for path in sorted(MODELS.glob("*/config.json"))]
    return sorted(names, key=lambda name: name != EMBEDDED)


def choose_model() -> None:
    """The choice in the sidebar: a folder in models/, or a hub id that comes down after its size was seen."""
    choose(
        t("Modelo"),
        {name: name for name in local_models()} | {HUB: N_("Otro, de Hugging Face…")},
        KEY,
        kind="selectbox",
        help=t(
            "El modelo incluido funciona sin red. Partió del codificador de E5, siguió con palabras ocultas y frases "
            "seguidas, y al final comparó palabras con sus traducciones, también en frases escritas para enseñarle los "
            "sentidos de las palabras de las lecciones y de otras. Cualquier codificador como BERT sirve."
        ),
    )
    if st.session_state[KEY] == HUB:
        _choose_from_hub()


def current_model() -> viz.Bert:
    """The model of this session; stops the page with a clear sentence where it cannot be opened."""
    return _store_or_stop().model


def current_store() -> Store[viz.Bert]:
    """The shared cache of sentence vectors for the model of this session."""
    return _store_or_stop()


@st.cache_resource(max_entries=2, show_spinner=False)
def open_store(folder: str, name: str) -> Store[viz.Bert]:
    """One opened model for all sessions; two at most stay in memory."""
    return Store(open_folder(Path(folder), name))


def embedded_model() -> viz.Bert:
    """The embedded model whatever the choice, for pages that need a head that the chosen model lacks."""
    return open_store(str(MODELS / EMBEDDED), EMBEDDED).model


def static_vectors() -> viz.StaticVectors:
    """The static vectors of the session's language; stops the page where they are missing."""
    try:
        return open_static(language())
    except viz.Problem as problem:
        fail(problem)
        st.stop()


@st.cache_resource(max_entries=2, show_spinner=False)
def open_static(lang: str) -> viz.StaticVectors:
    return viz.load_static(lang)


def _store_or_stop() -> Store[viz.Bert]:
    choice = st.session_state.get(KEY) or EMBEDDED
    ready = st.session_state.get("hub_ready") if choice == HUB else (str(MODELS / choice), choice)
    if ready is None:
        st.info(t("Elige un modelo en la barra lateral y pulsa «Bajar», o vuelve al modelo incluido."))
        st.stop()
    try:
        with st.spinner(t("Abriendo el modelo…"), show_time=True):
            return open_store(*ready)
    except viz.Problem as problem:
        fail(problem)
        st.stop()


def _choose_from_hub() -> None:
    """Nothing leaves the machine before a button is pressed: «Buscar» asks for the size, «Bajar» fetches."""
    asked = st.text_input(
        t("Identificador en Hugging Face"),
        key="hub_id",
        bind="query-params",
        max_chars=120,
        placeholder=t("autor/modelo"),
    ).strip()
    revision = st.text_input(
        t("Rama, etiqueta o commit"),
        key="hub_revision",
        bind="query-params",
        max_chars=100,
        placeholder="main",
        help=t("Vacío vale por la rama principal. Sirve si los pesos en safetensors están en otra, como refs/pr/1."),
    ).strip()
    if not asked:
        return
    name = f"{asked}@{revision}" if revision else asked
    if st.session_state.get("hub_ready", ("", ""))[1] == name:
        st.caption(t("Listo: {id}", id=md(name)))
        return
    try:
        if st.button(t("Buscar"), key="hub_find", icon=":material/search:"):
            st.session_state.pop("hub_found", None)
            st.session_state["hub_found"] = (
                name,
                hub.describe(asked, revision=revision or None, allowed=allowed_ids()),
            )
        found_name, found = st.session_state.get("hub_found", ("", None))
        if found is None or found_name != name:
            return
        st.caption(t("Pesa {size} MB.", size=decimal(found.bytes / 2**20, 1)))
        if st.button(t("Bajar"), key="hub_fetch", icon=":material/download:"):
            st.session_state["hub_ready"] = (_download(found), name)
            st.rerun()
    except viz.Problem as problem:
        fail(problem)


def _download(found: hub.HubModel) -> str:
    bar = st.progress(0.0)
    total = max(found.bytes, 1)

    def progress(done: int, _: int) -> None:
        said = t("{done} de {all} MB", done=decimal(done / 2**20, 0), all=decimal(total / 2**20, 0))
        bar.progress(min(done / total, 1.0), said)

    folder = hub.fetch(found, progress)
    bar.empty()
    return str(folder)


def model_with(need: Callable[[viz.Model], None], key: str) -> viz.Bert:
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
