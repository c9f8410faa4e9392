"""The page "Clasificar", step by step, on a few texts and a small model, so that nothing here depends on training."""

import re
import time

import pytest

import pages.classify.tune
import ui.models
from pages.classify.data import KEPT, SHARED
from pages.classify.lab import JOB
from tests.small import small_bert, small_data
from viz.classify.finetune import Costs
from viz.model.store import Store


@pytest.fixture
def store(monkeypatch):
    store = Store(small_bert(layers=4))
    monkeypatch.setattr(ui.models, "open_store", lambda *source: store)
    return store


@pytest.fixture
def page(visit, store):
    """The page on the reader's own texts, at any step."""

    def run(step: str = "look", **query):
        at = visit("classify", k_set="Mis textos", **query)
        at.session_state[f"{KEPT}_own"] = small_data()
        at.run()
        if step != "look":
            at.segmented_control(key="k_step").set_value(step).run()
        assert not at.exception, at.exception
        assert not at.error, at.error
        return at

    return run


def said(at) -> str:
    return " ".join([m.value for m in at.markdown] + [c.value for c in at.caption] + [i.value for i in at.info])


def test_look(page, store):
    at = page("look")
    assert "vecino más parecido" in said(at)
    assert at.session_state[SHARED]["name"] == "opiniones.csv" and len(at.session_state[SHARED]["train"]) == 64
    before = store.model.forwards
    at.run()
    assert store.model.forwards == before


def test_english(visit, store):
    at = visit("classify", "en")
    assert "nearest neighbour" in said(at) and at.session_state[SHARED]["name"] == "mail"


def test_features(page, store):
    at = page("features")
    assert "TF-IDF" in said(at) and "95 %" in said(at)
    before = store.model.forwards
    at.segmented_control(key="k_pool").set_value("cls").run()
    at.selectbox(key="k_layers_from").set_value("concat_last4").run()
    assert "128 entradas" in said(at) and store.model.forwards == before
    at.segmented_control(key="k_confused").set_value("tfidf").run()
    at.selectbox(key="k_true").set_value("buena").run()
    at.selectbox(key="k_said").set_value("buena").run()
    assert "textos eran «buena» y dijo «buena»" in said(at)
    at.toggle(key="k_curve").set_value(True).run()
    assert not at.exception and "tres sorteos" in said(at)


def test_tune_use_and_take(page):
    at = page("tune")
    assert re.search(r"unos \d+ s", said(at))
    at.slider(key="k_epochs").set_value(2)
    at.selectbox(key="k_rate").set_value(3e-4)
    at.selectbox(key="k_batch").set_value(8).run()
    at.button(key="k_start").click().run()
    job = at.session_state[JOB][1]
    end = time.monotonic() + 300
    while not job.ended:
        assert time.monotonic() < end
        time.sleep(0.1)
    at.run()
    assert not at.exception and not at.error
    assert "Terminado. Se guarda la época" in said(at) and "Lo que más se movió" in said(at)
    at.segmented_control(key="k_step").set_value("use").run()
    assert not at.exception and at.segmented_control(key="k_kind_2").value == "tuned"
    assert "puntos)" in said(at)
    at.segmented_control(key="k_method").set_value("gradients").run()
    assert not at.exception and "reparten esa diferencia" in said(at)
    at.segmented_control(key="k_step").set_value("take").run()
    assert not at.exception and "text-classification" in at.code[0].value


def start(at, work=None):
    """Press the button, wait for the end, draw again."""
    at.button(key="k_start").click().run()
    job = at.session_state[JOB][1]
    if work:
        work(job)
    end = time.monotonic() + 300
    while not job.ended:
        assert time.monotonic() < end
        time.sleep(0.05)
    at.run()
    assert not at.exception
    return job


@pytest.mark.parametrize("budget", [0, 1e-9])
def test_nothing_was_trained_and_the_page_says_why(page, monkeypatch, budget):
    """Time that ends before the first step: no accuracy, no curve, no maps, no tuned classifier to use."""
    plain = pages.classify.tune.fine_tune
    monkeypatch.setattr(pages.classify.tune, "fine_tune", lambda *a, **k: plain(*a, **(k | {"budget": budget})))
    at = page("tune")
    start(at)
    assert "No se ha entrenado nada" in at.warning[0].value and "tiempo" in at.warning[0].value
    assert "acierta" not in said(at) and not at.get("plotly_chart") and not at.subheader
    at.segmented_control(key="k_step").set_value("use").run()
    assert not at.exception and "tuned" not in [c.value for c in at.segmented_control]


def test_stopped_before_it_began(page):
    at = page("tune")
    job = start(at, lambda job: job.stop())
    if job.result:  # the worker was faster than the stop
        assert job.result.history.untrained and "se paró" in at.warning[0].value
    else:
        assert "se quitó de la cola" in said(at)


def test_the_cost_counts_the_head_that_is_learnt_first(page, monkeypatch):
    costs = Costs(token=0, update=0, reading=1, tokens=1000, train=64, dev=16)
    monkeypatch.setattr(pages.classify.tune, "measure_costs", lambda *a: costs)
    pages.classify.tune._costs.clear()
    at = page("tune")
    assert "unos 144 s" in said(at)  # four epochs of 16 texts, 16 before, and 64 for the head
    at.toggle(key="k_random").set_value(True).run()
    assert "unos 80 s" in said(at)
    pages.classify.tune._costs.clear()


def test_a_training_that_a_restart_took_is_missed(page):
    """The open tab comes back with its address and a new session, at a desk that never saw its job."""
    at = page("tune")
    job = start(at, lambda job: job.stop())
    assert at.query_params["k_job"] in (job.id, [job.id])
    at = page("tune", k_job=job.id)  # the same server, another tab: nothing was lost
    assert not at.warning
    at = page("tune", k_job="0123456789abcdef")
    assert "se perdió porque el servidor se reinició" in at.warning[0].value


def test_a_lost_training_is_missed_without_its_texts_too(visit, store):
    at = visit("classify", k_set="Mis textos", k_job="x")
    assert "se perdió" in at.warning[0].value


@pytest.mark.parametrize("text", ["", "😀😀", "</script><img src=x onerror=alert(1)>", "مرحبا بالعالم", "x" * 2000])
def test_use_survives_any_text(page, text):
    at = page("use")
    key = next(area.key for area in at.text_area if area.key.startswith("k_text_"))
    at.text_area(key=key).set_value(text).run()
    assert not at.exception
    if text:
        assert "La palabra que más empuja" in said(at)
    else:
        assert "vacío" in at.error[0].value


def test_two_versions_and_the_threshold(page):
    at = page("use")
    at.text_input(key="k_variant").set_value("El libro me pareció horrible.").run()
    assert "Lo que más cambia" in said(at)
    at.slider(key="k_threshold").set_value(1.0).run()
    assert "precisión –" in said(at) and not at.exception


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.csv", b"x" * 50_000_000, "pesa 50"),
        ("a.csv", b"texto,etiqueta\n" + b"".join(b"Texto %d,x\n" % n for n in range(20)), "una sola etiqueta"),
        ("a.csv", b"texto,etiqueta\n,a\n,b\n", "Ninguna fila"),
        ("a.csv", b"\x00\x01\x02", "no es un archivo de texto"),
        ("a.csv", b"texto,etiqueta\n" + b"x" * 5000 + b",a\n" + b"y" * 5000 + b",b\n", "Ninguna fila"),
        ("a.xlsx", b"PK nada", "XLSX"),
    ],
)
def test_a_bad_upload_says_why_and_loses_nothing(page, name, content, word):
    at = page("take")
    at.file_uploader(key="k_file").set_value((name, content, "text/csv")).run()
    assert not at.exception
    assert word in at.error[0].value and "Se sigue con los textos de antes" in said(at)
    assert at.session_state[SHARED]["name"] == "opiniones.csv"


def test_a_good_upload(page):
    at = page("take")
    rows = "".join(f"Mensaje {n};{'sí' if n % 2 else 'no'}\n" for n in range(24)) + ";sí\n"
    content = ("texto;etiqueta\n" + rows).encode("cp1252")
    at.file_uploader(key="k_file").set_value(("nuevo.csv", content, "text/csv")).run()
    assert not at.exception and "Una fila no sirve y 24 sí" in at.warning[0].value
    at.button(key="k_take_own").click().run()
    assert not at.exception
    taken = at.session_state[SHARED]
    assert taken["name"] == "nuevo.csv" and [len(taken[split]) for split in ("train", "dev", "test")] == [16, 4, 4]


def test_without_texts_it_waits(visit, store):
    at = visit("classify", k_set="Mis textos")
    assert not at.exception and "Trae tus textos" in said(at)
    at = visit("classify", k_set="Un conjunto de Hugging Face")
    at.text_input(key="k_hub").set_value("nadie/nada").run()
    assert not at.exception


def test_fewer_labels_fewer_neurons(visit, store):
    at = visit("classify", k_step="5 · Llevar")
    at.multiselect(key="k_labels_correos").set_value(["spam", "no spam"]).run()
    assert not at.exception and "Etiquetas: spam, no spam" in at.code[0].value
    assert {label for _, label in at.session_state[SHARED]["test"]} == {"spam", "no spam"}
