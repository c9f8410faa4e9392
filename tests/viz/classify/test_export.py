"""What leaves the app opens with the ordinary tools."""

import io
import json
import zipfile

import nbformat
import numpy as np
import pytest
import torch
import transformers
from safetensors.numpy import load

from tests.small import small_bert, small_data
from viz.classify.classifier import Frozen, Tuned
from viz.classify.datasets import load_shipped
from viz.classify.export import frozen_folder, notebook, predictions, table_of, tuned_folder
from viz.classify.finetune import Settings, fine_tune
from viz.classify.softmax import fit
from viz.classify.states import TextStates
from viz.classify.vectors import bert_features
from viz.kit.tables import to_csv

WORDS = {key: f"## {key}" for key in ("title", "data", "frozen", "others", "tuned", "use")}


@pytest.fixture(scope="module")
def tuned():
    data = small_data()
    settings = Settings(epochs=1, batch=16)
    return Tuned(fine_tune(small_bert(), data.split("train"), data.split("dev"), data.labels, settings))


@pytest.fixture(scope="module")
def frozen():
    data, states = small_data(), TextStates(small_bert())
    return Frozen(states, "cls", "last", fit(bert_features(states, data, "cls", "last"), data).layer, data.labels)


def test_plain_transformers_opens_the_folder(tuned, tmp_path):
    zipfile.ZipFile(io.BytesIO(tuned_folder(tuned, "# Ficha"))).extractall(tmp_path)
    folder = tmp_path / "clasificador"
    assert (folder / "README.md").read_text() == "# Ficha"
    assert not [path for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pkl")]
    net = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = ["El viaje me pareció horrible.", "Un reloj"]
    with torch.no_grad():
        found = torch.softmax(net(**tokenizer(texts, padding=True, return_tensors="pt")).logits, dim=1)
    # half precision, on weights ten times as large as those of a real model
    np.testing.assert_allclose(found.numpy(), tuned.read(texts).probabilities, atol=2e-2)
    assert tuple(net.config.id2label.values()) == tuned.labels


def test_softmax_layer_can_be_used_by_hand(frozen):
    archive = zipfile.ZipFile(io.BytesIO(frozen_folder(frozen, "# Ficha")))
    layer = load(archive.read("clasificador/softmax.safetensors"))
    facts = json.loads(archive.read("clasificador/classifier.json"))
    assert facts["labels"] == list(frozen.labels) and facts["pooling"] == "cls"
    text = "El curso me pareció perfecto."
    vector = frozen.model.encode(text)[0].hidden_states[-1, 0]
    logits = layer["weight"] @ ((vector - layer["mean"]) / layer["scale"]) + layer["bias"]
    found = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(found, frozen.read([text]).probabilities[0], atol=1e-4)


def test_predictions_are_formula_safe(frozen):
    data = small_data()
    table = predictions(frozen, data)
    assert table.columns.tolist() == ["text", "label", "predicted", "p(buena)", "p(mala)"] and len(table) == 16
    np.testing.assert_allclose(table[["p(buena)", "p(mala)"]].sum(axis=1), 1, atol=1e-6)
    table.loc[0, "text"] = "=2+5"
    assert b"'=2+5" in to_csv(table)


@pytest.mark.parametrize("settings", [None, Settings(epochs=1, batch=16)])
def test_the_notebook_runs(settings, frozen, tmp_path, monkeypatch):
    """Every cell, on the reader's own texts, with a small model in place of the embedded one."""
    import viz

    data = small_data()
    (tmp_path / "datos.csv").write_bytes(to_csv(table_of(data)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(viz, "load_model", lambda *source: small_bert())
    book = nbformat.reads(
        notebook(data, shipped=False, model="bert-es-en", pooling="cls", option="last", settings=settings, words=WORDS),
        as_version=4,
    )
    names: dict = {}
    for cell in book.cells:
        if cell.cell_type == "code" and "glove" not in cell.source:
            exec(cell.source, names)
    np.testing.assert_allclose(names["frozen"].test, fit(bert_features(frozen.states, data, "cls", "last"), data).test)
    assert names["classifier"].labels == data.labels


def test_the_notebook_knows_shipped_sets():
    whole = load_shipped("correos")
    options = {"shipped": True, "model": "bert-es-en", "pooling": "mean", "option": 6, "settings": None, "words": WORDS}
    assert "load_shipped('correos')" in notebook(whole, **options).decode()
    assert ".only(" not in notebook(whole, **options).decode()
    part = whole.only(["spam", "no spam"])
    assert f".only({list(part.labels)!r})" in notebook(part, **options).decode()


def test_notebooks_taken_home_before_the_rooms_still_find_their_names():
    from viz import classify, datasets
    from viz.classifier import Frozen, Tuned
    from viz.classify.head import probabilities
    from viz.explain import occlusion
    from viz.finetune import Settings, fine_tune

    assert datasets.load_shipped and datasets.Dataset and classify.TextStates and classify.measure
    assert all((classify.fit, classify.bert_features, classify.tfidf_features, classify.glove_features))
    assert all((Frozen, Tuned, occlusion, Settings, fine_tune, probabilities))
