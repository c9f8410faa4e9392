"""What the steps of the page share: the model, the texts, the choice of vector, and results that are kept."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

import ui
import viz
from host.jobs import Desk, Job
from ui import N_, t
from ui.models import current_model
from viz.classify.classifier import Frozen, Tuned
from viz.classify.datasets import Dataset
from viz.classify.softmax import Fit, fit, learning_curve, untaught_map
from viz.classify.states import TextStates
from viz.classify.vectors import Splits, bert_features, glove_features, tfidf_features
from viz.model.layers import OPTIONS, width

JOB = "classify_job"
DEFAULT_OPTION = "sum_all"  # an average of all layers leans on none of them


@dataclass(frozen=True, eq=False)
class Lab:
    model: viz.Model
    states: TextStates
    data: Dataset
    pooling: str
    option: str | int

    @property
    def key(self) -> tuple:
        """What a cached result depends on."""
        return self.model.name, id(self.model), self.data.key, self.pooling, self.option

    @property
    def vector_name(self) -> str:
        return f"{pooling_name(self.pooling)} · {option_name(self.option)}"

    @property
    def size(self) -> int:
        """How many numbers a vector has."""
        return width(self.option, self.model.config.hidden_size)

    def prepare(self) -> None:
        """Run the texts that were not seen lately through the model, with a bar if there are any."""
        bar: list = []

        def progress(done: int, total: int) -> None:
            text = t("BERT lee los textos: {done} de {total}", done=done, total=total)
            if bar:
                bar[0].progress(done / total, text)
            else:
                bar.append(st.progress(done / total, text))

        self.states.prepare([text for text, _ in self.data.rows], progress)
        if bar:
            bar[0].empty()

    def features(self) -> Splits:
        return bert_features(self.states, self.data, self.pooling, self.option)

    def frozen_fit(self) -> Fit:
        return _bert_fit(self.key, self)

    def frozen(self) -> Frozen:
        layer = self.frozen_fit().layer
        assert layer is not None  # BERT's vectors are dense
        return Frozen(self.states, self.pooling, self.option, layer, self.data.labels)

    def tfidf_fit(self) -> Fit:
        return _tfidf_fit(self.data.key, self.data)

    def glove_fit(self) -> Fit | None:
        """None where there are no static vectors for this language."""
        try:
            return _glove_fit(self.data.key, self.data)
        except viz.Problem:
            return None

    def curve(self):
        return _curve(self.key, self)

    def map(self) -> tuple[np.ndarray, float]:
        """Train and dev texts on a plane ``(texts, 2)``, and the share with a nearest neighbour of their label."""
        return _map(self.key, self)

    def truth(self, split: str) -> np.ndarray:
        return np.array(self.data.split(split)[1])

    def job(self) -> Job | None:
        """This session's last training, if it was on these texts and this model."""
        found = st.session_state.get(JOB)
        return found[1] if found and found[0] == (id(self.model), self.data.key) else None

    @property
    def job_id(self) -> str:
        """What a cached result of ``tuned()`` depends on."""
        job = self.job()
        assert job is not None  # a tuned classifier is of a job
        return job.id

    def tuned(self) -> Tuned | None:
        job = self.job()
        result = job.result if job else None  # read once: the desk's thread may let go of it at any moment
        return Tuned(result) if result and not result.history.untrained else None

    def classifiers(self) -> dict[str, Callable[[], Tuned | Frozen]]:
        """The classifiers that this session has, by id, the fine-tuned one first."""
        tuned = self.tuned()
        found: dict[str, Callable[[], Tuned | Frozen]] = {"frozen": self.frozen}
        return {"tuned": lambda: tuned} | found if tuned else found


def open_lab(data: Dataset) -> Lab:
    """The choice of vector, always on screen because every step uses it."""
    model = current_model()
    left, right = st.columns([2, 3])
    pooling = ui.choose(
        t("Un vector por texto"),
        {"cls": "[CLS]", "mean": N_("Media de las piezas")},
        "k_pool",
        default="mean",
        place=left,
        help=t("El de [CLS], o la media de los de todas sus piezas."),
    )
    options = [DEFAULT_OPTION, *(o.id for o in OPTIONS if o.id != DEFAULT_OPTION), *range(1, model.layers)]
    option = ui.choose(
        t("De qué capas"),
        {o: option_name(o) if isinstance(o, int) else next(x.label for x in OPTIONS if x.id == o) for o in options},
        "k_layers_from",
        kind="selectbox",
        place=right,
        help=t("Las seis opciones de la tabla 7 del artículo (las sumas pesan todas las capas por igual), o una capa."),
    )
    return Lab(model, text_states(id(model), model), data, pooling, option)


def pooling_name(pooling: str) -> str:
    return {"cls": t("[CLS]"), "mean": t("Media de las piezas")}[pooling]


def option_name(option: str | int) -> str:
    label = next((o.label for o in OPTIONS if o.id == option), None)
    return t(label) if label else t("Capa {layer}", layer=option)


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """The one queue of this host."""
    return Desk()


@st.cache_resource(max_entries=2, show_spinner=False)
def text_states(identity: int, _model: viz.Model) -> TextStates:
    return TextStates(_model)


@st.cache_data(max_entries=60, show_spinner=False)
def _bert_fit(key: tuple, _lab: Lab) -> Fit:
    return fit(_lab.features(), _lab.data)


@st.cache_data(max_entries=20, show_spinner=False)
def _tfidf_fit(key: str, _data: Dataset) -> Fit:
    return fit(tfidf_features(_data), _data)


@st.cache_data(max_entries=20, show_spinner=False)
def _glove_fit(key: str, _data: Dataset) -> Fit:
    return fit(glove_features(viz.load_static(_data.language), _data), _data)


@st.cache_data(max_entries=20, show_spinner=False)
def _curve(key: tuple, _lab: Lab):
    fits, glove = {"bert": _lab.frozen_fit(), "tfidf": _lab.tfidf_fit()}, _lab.glove_fit()
    features = {"bert": _lab.features(), "tfidf": tfidf_features(_lab.data)}
    if glove:
        fits["glove"] = glove
        features["glove"] = glove_features(viz.load_static(_lab.data.language), _lab.data)
    return learning_curve(features, _lab.data, {kind: fits[kind].strength for kind in features})


@st.cache_data(max_entries=60, show_spinner=False)
def _map(key: tuple, _lab: Lab) -> tuple[np.ndarray, float]:
    return untaught_map(_lab.features(), _lab.data)
