"""Which head of the embedded model finds which relation: python -m benchmarks.heads [treebanks] [--sentences 400]

Reads ud_es_ancora/{dev,test}.conllu and ud_en_ewt/{dev,test}.conllu of the folder given, ranks the heads on dev,
measures them on test, and writes models/bert-es-en/heads.json: figures only, no sentence. Run it again whenever the
weights change; the app says so when table and weights do not belong together.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import viz
from viz.attention.relations import RELATIONS, TABLE, Score, fingerprint, score_relations
from viz.attention.treebank import Tree, read_conllu
from viz.kit.paths import EMBEDDED, MODELS

TREEBANKS = {"es": "ud_es_ancora", "en": "ud_en_ewt"}
PARTS = {"choose": "dev", "measure": "test"}
FORMS = (4, 50)  # shortest and longest sentence used, in surface forms
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("treebanks", nargs="?", type=Path, default=Path("../shared/datasets"))
    parser.add_argument("--sentences", type=int, default=400, help="sentences of each file, drawn at random")
    options = parser.parse_args()
    model = viz.load_model()
    weights = MODELS / EMBEDDED / "model.safetensors"
    before = weights.stat().st_mtime_ns
    table = {"weights": fingerprint(weights, before), "sentences": options.sentences, "forms": FORMS, "languages": {}}
    for language, folder in TREEBANKS.items():
        table["languages"][language] = {"treebank": folder}
        for part, name in PARTS.items():
            trees = sample(options.treebanks / folder / f"{name}.conllu", options.sentences)
            scores = score_relations(model, trees, lambda done, n, at=f"{folder} {name}": report(at, done, n))
            table["languages"][language][part] = {r: as_json(score) for r, score in scores.items()}
    if weights.stat().st_mtime_ns != before:
        sys.exit("The weights were replaced meanwhile: run it again.")
    (MODELS / EMBEDDED / TABLE).write_text(json.dumps(table) + "\n", "utf-8")
    show(model)


def sample(path: Path, count: int) -> list[Tree]:
    """Sentences of a usable length, the same ones at every run."""
    trees = [tree for tree in read_conllu(path) if FORMS[0] <= len(tree.forms) <= FORMS[1]]
    return random.Random(SEED).sample(trees, min(count, len(trees)))


def as_json(score: Score) -> dict:
    return {
        "accuracy": score.accuracy.round(4).tolist(),
        "n": score.n,
        "offset": score.offset,
        "baseline": round(score.baseline, 4),
    }


def report(what: str, done: int, of: int) -> None:
    print(f"\r{what}: {done}/{of} ", end="" if done < of else "\n", file=sys.stderr, flush=True)


def show(model: viz.Model) -> None:
    print("| language | relation | best head (layer-head, from 1) | accuracy | best fixed distance | cases |")
    print("|---|---|---|---|---|---|")
    for language in TREEBANKS:
        for relation in RELATIONS:
            best = viz.find_heads(model, relation, language).iloc[0]
            name = f"{best['layer'] + 1:.0f}-{best['head'] + 1:.0f}"
            fixed = f"{best['offset']:+.0f}: {best['baseline']:.1%}"
            print(f"| {language} | {relation} | {name} | {best['accuracy']:.1%} | {fixed} | {best['n']:.0f} |")


if __name__ == "__main__":
    main()
