"""The pictures of the classify page, read back as numbers."""

import re

import numpy as np
import pandas as pd
import pytest

from viz.classify import figures
from viz.classify.explain import Explanation
from viz.classify.finetune import Epoch, Step
from viz.classify.scores import Score
from viz.classify.softmax import Fit, Softmax
from viz.kit.palette import BLUE, COLOURS, RED, SYMBOLS
from viz.model.encoding import Word

LABELS = ("spam", "no spam", "aviso")


def rgb(colour: str) -> str:
    return ", ".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))


def fit(accuracy: float, low: float, high: float) -> Fit:
    score = Score(accuracy, 0.5, (low, high), (0, 1), np.eye(2))
    return Fit(("a", "b"), 0.03, 0.9, score, np.zeros((1, 2)), np.zeros((1, 2)), None)


def test_balance_counts_each_label_in_each_split():
    counts = pd.DataFrame(
        [("train", "spam", 7), ("train", "aviso", 5), ("test", "spam", 2), ("test", "aviso", 1)],
        columns=["split", "label", "texts"],
    )
    figure = figures.balance(counts, ["spam", "aviso"], x_title="textos")
    assert [(trace.name, list(trace.x)) for trace in figure.data] == [("train", [7, 5]), ("test", [2, 1])]
    assert list(figure.data[0].y) == ["spam<br>7 + 2", "aviso<br>5 + 1"]
    assert list(figure.data[0].marker.color) == list(COLOURS[:2])
    assert figure.data[0].marker.opacity > figure.data[1].marker.opacity


def test_lengths_are_those_given():
    figure = figures.lengths({"spam": [3, 4], "aviso": [9]}, x_title="palabras")
    assert [(trace.name, list(trace.x)) for trace in figure.data] == [("spam", [3, 4]), ("aviso", [9])]


def test_each_text_lies_where_it_was_put_under_its_label():
    points = np.array([[0.0, 1], [2, 3], [4, 5]])
    figure = figures.text_map(points, ["uno", "dos", "tres"], [1, 0, 1], LABELS[:2])
    assert [(t.name, list(t.x), list(t.y), list(t.text)) for t in figure.data] == [
        ("spam", [2], [3], ["dos"]),
        ("no spam", [0, 4], [1, 5], ["uno", "tres"]),
    ]
    assert [t.marker.symbol for t in figure.data] == list(SYMBOLS[:2])
    assert [t.marker.color for t in figure.data] == list(COLOURS[:2])


def test_error_bars_reach_from_the_low_end_to_the_high_one():
    figure = figures.comparison(
        {"uno": fit(0.8, 0.7, 0.85), "dos": fit(0.6, 0.2, 0.9)}, x_title="", chance=0.4, chance_name="azar"
    )
    trace = figure.data[0]
    assert list(trace.y) == ["uno", "dos"] and list(trace.x) == [0.8, 0.6]
    assert list(np.subtract(trace.x, trace.error_x.arrayminus)) == pytest.approx([0.7, 0.2])
    assert list(np.add(trace.x, trace.error_x.array)) == pytest.approx([0.85, 0.9])
    assert min(*trace.error_x.array, *trace.error_x.arrayminus) > 0 and trace.error_x.symmetric is False
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 0.4


def test_learning_curve_and_its_error_bars():
    table = pd.DataFrame(
        [("a", 10, 0.5, 0.4, 0.7), ("b", 10, 0.6, 0.55, 0.9), ("a", 20, 0.8, 0.8, 0.8)],
        columns=["kind", "texts", "accuracy", "low", "high"],
    )
    figure = figures.learning_curve(table, {"b": "Be", "a": "A"}, x_title="", y_title="")
    assert [t.name for t in figure.data] == ["Be", "A"]
    assert list(figure.data[1].x) == [10, 20] and list(figure.data[1].y) == [0.5, 0.8]
    assert list(figure.data[1].y - figure.data[1].error_y.arrayminus) == pytest.approx([0.4, 0.8])
    assert list(figure.data[1].y + figure.data[1].error_y.array) == pytest.approx([0.7, 0.8])
    assert list(figure.data[0].error_y.array) == pytest.approx([0.3]) and figure.data[0].error_y.symmetric is False
    assert list(figure.layout.xaxis.tickvals) == [10, 20] and figure.layout.xaxis.type == "log"


def test_confusion_has_the_true_label_in_rows():
    counts = np.array([[8, 2], [1, 3]])
    figure = figures.confusion(counts, ["spam", "aviso"], true="verdad", predicted="dijo")
    np.testing.assert_allclose(figure.data[0].z, [[0.8, 0.2], [0.25, 0.75]])
    cells = {
        (x, y): (text, hover)
        for x, y, text, hover in zip(*(figure.data[1][k] for k in ("x", "y", "text", "hovertemplate")), strict=True)
    }
    assert {place: text for place, (text, _) in cells.items()} == {(0, 0): "8", (1, 0): "2", (0, 1): "1", (1, 1): "3"}
    assert cells[1, 0][1].startswith("verdad: spam<br>dijo: aviso")
    assert figure.layout.yaxis.title.text == "verdad" and figure.layout.xaxis.title.text == "dijo"
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first label on top
    assert list(figure.data[1].textfont.color) == ["#1B1815", "#FFFFFF", "#FFFFFF", "#1B1815"]


def test_training_shows_each_step_and_each_epoch():
    steps = [Step(n, 4, n / 2, loss, 1e-4, n) for n, loss in ((1, 0.9), (2, 0.5))]
    epochs = [Epoch(0, 0.7, 0.25, 0), Epoch(1, 0.4, 0.75, 3)]
    figure = figures.training(steps, epochs, loss="pérdida", accuracy="acierto", x_title="épocas", planned=2)
    loss, accuracy = figure.data
    assert (loss.name, list(loss.x), list(loss.y)) == ("pérdida", [0.5, 1.0], [0.9, 0.5])
    assert (accuracy.name, list(accuracy.x), list(accuracy.y)) == ("acierto", [0, 1], [0.25, 0.75])
    assert accuracy.yaxis == "y2" and list(figure.layout.xaxis.range) == pytest.approx([-0.04, 2.04])


def test_moved_by_part():
    table = pd.DataFrame([("embeddings", 0.1), ("1", 0.3)], columns=["part", "change"])
    bars = figures.moved(table, ["embeddings", "capa 1"], x_title="").data[0]
    assert list(bars.y) == ["embeddings", "capa 1"] and list(bars.x) == [0.1, 0.3]


LAYER = Softmax(
    weight=np.array([[2.0, 0, 0], [-2, 0.5, 0], [0, -0.5, 0.1]]),
    bias=np.array([0.5, 0.0, -0.5]),
    mean=np.array([0.0, 1, 0]),
    scale=np.array([1.0, 2, 1]),
)


@pytest.fixture
def neurons():
    """Added to the logits: 2, −2, 0 by the first number; 0, ¼, −¼ by the second; nearly nothing by the third."""
    probabilities = np.array([0.9, 0.02, 0.08])
    return figures.neurons(
        LAYER, np.array([1.0, 2, 0.01]), probabilities, LABELS, rest="las otras {n}", bias="sesgo", shown=2
    )


def test_blue_is_for_and_red_against(neurons):
    """From where a line starts and ends one knows whose it is; its colour says which way it pulls."""
    *lines, left, right = neurons.data
    inputs, outputs = list(left.y), list(right.y)
    seen = {(inputs.index(line.y[0]), outputs.index(line.y[1])): (line.line.color, line.line.width) for line in lines}
    for (i, k), sign in {(0, 0): 1, (0, 1): -1, (1, 1): 1, (1, 2): -1, (3, 0): 1, (3, 2): -1}.items():
        assert seen[i, k][0].startswith(f"rgba({rgb(BLUE if sign > 0 else RED)}"), (i, k)
    assert (0, 2) not in seen and (1, 0) not in seen and not any(i == 2 for i, _ in seen)
    assert seen[0, 0][1] == pytest.approx(7.5) and seen[1, 1][1] == pytest.approx(0.5 + 7 / 8)


def test_neurons_say_their_numbers(neurons):
    *_, left, right = neurons.data
    assert list(left.texttemplate) == [
        "x<sub>1</sub> = %{customdata:.2f}",
        "x<sub>2</sub> = %{customdata:.2f}",
        "las otras 1",
        "sesgo",
    ]
    assert list(left.customdata) == [1.0, 2.0, 0, 0]
    assert left.hovertext[0] == "spam: +2.00<br>no spam: -2.00<br>aviso: +0.00"
    assert list(right.text) == list(LABELS) and list(right.customdata) == [0.9, 0.02, 0.08]
    logits = LAYER.contributions(np.array([1.0, 2, 0.01])).sum(axis=1) + LAYER.bias
    assert list(right.hovertext) == [f"logit {value:.2f}" for value in logits]
    assert right.marker.size[0] > right.marker.size[2] > right.marker.size[1]


def test_probability_bars():
    figure = figures.probability_bars({"uno": np.array([0.7, 0.3]), "dos": np.array([0.2, 0.8])}, LABELS[:2])
    assert [(t.name, list(t.y), list(t.x)) for t in figure.data] == [
        ("uno", list(LABELS[:2]), [0.7, 0.3]),
        ("dos", list(LABELS[:2]), [0.2, 0.8]),
    ]
    assert [t.marker.pattern.shape for t in figure.data] == ["", "/"]


def test_threshold_lines():
    table = pd.DataFrame({"threshold": [0, 1], "precision": [0.5, 0.9], "recall": [1.0, 0.3]})
    figure = figures.threshold(table, 0.6, precision="precisión", recall="cobertura", x_title="")
    assert [(t.name, list(t.y)) for t in figure.data] == [("precisión", [0.5, 0.9]), ("cobertura", [1.0, 0.3])]
    assert figure.layout.shapes[0].x0 == 0.6


def test_words_for_are_blue_and_words_against_red():
    text = "bueno pero <caro>"
    words = (Word("bueno", 0, 5, 1, 2), Word("pero", 6, 10, 2, 3), Word("<caro>", 11, 17, 3, 4))
    html = figures.coloured_words(Explanation(text, words, np.array([0.4, 0.0, -0.2]), 0.8), "{:+.1f}".format)
    spans = re.findall(
        r'<span style="background-color:rgba\(([\d, ]+),([\d.]+)\)([^"]*)" title="([^"]+)">([^<]*)</span>', html
    )
    assert [(s[0], float(s[1]), s[3], s[4]) for s in spans] == [
        (rgb(BLUE), 0.6, "+0.4", "bueno"),
        (rgb(RED), 0.0, "+0.0", "pero"),
        (rgb(RED), 0.3, "-0.2", "&lt;caro&gt;"),
    ]
    assert ["underline" in s[2] for s in spans] == [False, False, True]
