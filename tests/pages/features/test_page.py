import json

import pytest

from tests.pages.conftest import plain_text as text
from viz.classify.datasets import load_shipped
from viz.features.six_options import FEATURES, shorten
from viz.model.layers import OPTIONS

VIEWS = {
    "es": ("¿Cuál separa mejor los sentidos?", "¿Cuál etiqueta mejor?", "¿Cuál clasifica mejor?"),
    "en": ("Which separates senses best?", "Which tags best?", "Which classifies best?"),
}


@pytest.mark.parametrize("lang", ["es", "en"])
def test_senses(visit, lang):
    at = visit("features", lang)
    assert len(at.get("plotly_chart")) == 1 and len(at.dataframe[0].value) == len(OPTIONS) and not at.error
    assert {"es": "apariciones", "en": "occurrences"}[lang] in text(at)


@pytest.mark.parametrize("lang", ["es", "en"])
def test_tags_read_what_the_benchmark_wrote(visit, lang):
    at = visit("features", lang, **{f"v_view_{lang}": VIEWS[lang][1]})
    if not FEATURES.is_file():
        assert "benchmarks.features" in at.error[0].value.replace("\\", "")
        return
    measured = json.loads(FEATURES.read_text("utf-8"))
    best = max(o["f1"] for o in measured["options"].values())
    assert f"{100 * best:.1f}".replace(".", "," if lang == "es" else ".") in text(at)
    assert at.dataframe[0].value["paper"].str.replace(",", ".").tolist() == [str(o.paper_f1) for o in OPTIONS]


def test_the_learners_own_texts(visit, monkeypatch):
    """The texts of the classify page, measured here; a few, so that the test is quick."""
    data = shorten(load_shipped("resenas"), 48)
    own = {"name": "mías", "train": data.train, "dev": data.dev, "test": data.test}
    at = visit("features")
    at.session_state["classify_data"] = own
    at.segmented_control(key="v_view").set_value("texts").run()
    assert not at.exception and not at.error
    assert at.selectbox(key="v_data").value == "own"
    assert f"aprendida con {len(data.train)} textos y medida en {len(data.test)}" in text(at)
    assert len(at.get("plotly_chart")) == 2 and len(at.dataframe[0].value) == len(OPTIONS)
