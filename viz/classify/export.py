"""What a reader takes home: the trained classifier, and a notebook that trains it again."""

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import nbformat
import pandas as pd
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from safetensors.numpy import save as save_arrays

from viz.classify.classifier import Classifier, Frozen, Tuned
from viz.classify.datasets import SPLITS, Dataset, load_shipped
from viz.classify.finetune import Settings


def tuned_folder(classifier: Tuned, card: str) -> bytes:
    """A zip whose folder plain transformers opens with ``AutoModelForSequenceClassification``: config, half-precision
    safetensors, tokenizer, and ``card`` as README.md."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        net = classifier.model.net
        net.save_pretrained(folder, state_dict={name: _half(x) for name, x in net.state_dict().items()})
        classifier.model.tokenizer.save_pretrained(folder)
        config = json.loads((folder / "config.json").read_text("utf-8"))
        config["dtype"] = "float16"
        (folder / "config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False), "utf-8")
        (folder / "README.md").write_text(card, "utf-8")
        return _zip({path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()})


def frozen_folder(classifier: Frozen, card: str) -> bytes:
    """A zip: the softmax layer as safetensors (weight, bias, mean, scale), how its vectors are made, and ``card``."""
    layer = classifier.layer
    arrays = {name: getattr(layer, name).astype("float32") for name in ("weight", "bias", "mean", "scale")}
    facts = {
        "labels": classifier.labels,
        "model": classifier.model.name,
        "pooling": classifier.pooling,
        "option": classifier.option,
        "logits": "weight @ ((x - mean) / scale) + bias",
    }
    described = json.dumps(facts, indent=2, ensure_ascii=False).encode()
    return _zip({"softmax.safetensors": save_arrays(arrays), "classifier.json": described, "README.md": card.encode()})


def predictions(classifier: Classifier, data: Dataset, split: str = "test") -> pd.DataFrame:
    """A row a text: text, label, predicted, and a probability a label."""
    texts, truth = data.split(split)
    found = classifier.read(texts).probabilities  # (texts, labels)
    columns = {"text": texts, "label": [data.labels[k] for k in truth]}
    columns["predicted"] = [data.labels[k] for k in found.argmax(axis=1)]
    return pd.DataFrame({**columns, **{f"p({label})": found[:, k] for k, label in enumerate(data.labels)}})


def table_of(data: Dataset) -> pd.DataFrame:
    """Every text with its label and split."""
    rows = [(text, label, split) for split in SPLITS for text, label in getattr(data, split)]
    return pd.DataFrame(rows, columns=["text", "label", "split"])


def notebook(
    data: Dataset,
    *,
    shipped: bool,
    model: str,
    pooling: str,
    option: str | int,
    settings: Settings | None,
    words: Mapping[str, str],
) -> bytes:
    """An .ipynb that repeats the experiment with ``viz``; ``settings`` None leaves fine-tuning out.

    Args:
        shipped: the data come with viz; otherwise they are read from ``datos.csv`` (``to_csv(table_of(data))``).
        words: text of the Markdown cells: title, data, frozen, others, tuned, use.
    """
    cells = [new_markdown_cell(words["title"]), new_markdown_cell(words["data"])]
    source = "None" if model == "bert-es-en" else repr(model)
    cells.append(
        new_code_cell(
            "import viz\nfrom viz import classify\nfrom viz.classify import datasets\n\n"
            f"model = viz.load_model({source})\n" + _data_code(data, shipped)
        )
    )
    cells += [
        new_markdown_cell(words["frozen"]),
        new_code_cell(
            "states = classify.TextStates(model)\n"
            f"frozen = classify.fit(classify.bert_features(states, data, {pooling!r}, {option!r}), data)\nfrozen.score"
        ),
    ]
    cells += [
        new_markdown_cell(words["others"]),
        new_code_cell(
            "tfidf = classify.fit(classify.tfidf_features(data), data)\n"
            "glove = classify.fit(classify.glove_features(viz.load_static(data.language), data), data)\n"
            "tfidf.score, glove.score"
        ),
    ]
    if settings:
        chosen = ", ".join(f"{name}={value!r}" for name, value in asdict(settings).items())
        cells += [
            new_markdown_cell(words["tuned"]),
            new_code_cell(
                "import numpy as np\nfrom viz.classify.finetune import Settings, fine_tune\n"
                "from viz.classify.head import probabilities\n\n"
                f"settings = Settings({chosen})\n"
                'tuned = fine_tune(model, data.split("train"), data.split("dev"), data.labels, settings, '
                "on_epoch=print)\n"
                'texts, truth = data.split("test")\npredicted = probabilities(tuned.model, texts).argmax(axis=1)\n'
                "classify.measure(np.array(truth), predicted, len(data.labels))"
            ),
        ]
    last = (
        "classifier = Tuned(tuned)"
        if settings
        else (f"classifier = Frozen(states, {pooling!r}, {option!r}, frozen.layer, data.labels)")
    )
    cells += [
        new_markdown_cell(words["use"]),
        new_code_cell(
            "from viz.classify.classifier import Frozen, Tuned\nfrom viz.classify.explain import occlusion\n\n"
            f"{last}\ntext = data.test[0][0]\ndict(zip(data.labels, classifier.read([text]).probabilities[0]))"
        ),
        new_code_cell(
            "why = occlusion(classifier, text, label=0)\n[(word.text, score) for word, score in zip(why.words, "
            "why.scores)]"
        ),
    ]
    book = new_notebook(cells=cells)
    for n, cell in enumerate(book.cells):
        cell["id"] = f"cell{n}"  # random ids would make every download different
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.validate(book)
    return nbformat.writes(book).encode("utf-8")


def _data_code(data: Dataset, shipped: bool) -> str:
    if shipped:
        kept = "" if len(data.labels) == len(load_shipped(data.name).labels) else f".only({list(data.labels)!r})"
        return f"data = datasets.load_shipped({data.name!r}){kept}\ndata.labels, len(data.train)"
    return (
        "import pandas as pd\nfrom viz.kit.tables import undefuse\n\n"
        'table = pd.read_csv("datos.csv", dtype=str, keep_default_na=False).map(undefuse)\n'
        'parts = {split: tuple(zip(part.text, part.label)) for split, part in table.groupby("split")}\n'
        f"data = datasets.Dataset({data.name!r}, {data.language!r}, **parts)\ndata.labels, len(data.train)"
    )


def _half(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Stored, not compressed: weights hardly shrink."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name, content in files.items():
            out.writestr(f"clasificador/{name}", content)
    return archive.getvalue()
