"""The figures of the model card of `models/bert-es-en`, as Markdown.

    python -m training.bert_card MODEL [CONVERTED]

MODEL is a model folder, CONVERTED the untrained one it came from (`training.convert_e5`): its encoder is the E5 to
compare with. The two probes at the end are small and our own; they show a direction, they are no benchmark.
"""
import argparse
from pathlib import Path

import torch
from transformers import AutoTokenizer

from training import bert as training
from training import corpus

PEOPLE = ("[MASK] trabaja de {} en el hospital del barrio.", "[MASK] estudió muchos años para ser {}.",
          "Mi vecino dice que [MASK] quiere ser {}.")
# each has one form for all genders, so that the word itself does not say who it is
JOBS = ("dentista", "taxista", "electricista", "periodista", "recepcionista", "artista", "policía", "guardia",
        "modelo", "cantante", "agente", "ayudante", "gerente", "deportista")
# (sentence, today's word, the word of a 19th-century novel)
TIMES = (("Fuimos al centro en [MASK].", "coche", "carruaje"), ("Ayer te mandé un [MASK].", "mensaje", "telegrama"),
         ("Encendió la [MASK] para leer.", "luz", "vela"), ("La [MASK] entró en la sala.", "mujer", "dama"),
         ("Gracias por venir, [MASK].", "amigo", "caballero"), ("Vive con su [MASK] en Madrid.", "pareja", "criado"),
         ("Compré un [MASK] nuevo.", "ordenador", "sombrero"), ("Llegamos en [MASK] esta mañana.", "avión", "tren"))


@torch.no_grad()
def masked(bert, tokenizer, sentence):
    """Probabilities of every piece at the one [MASK] of a sentence: `(vocabulary,)`."""
    batch = tokenizer(sentence, return_tensors="pt")
    place = (batch.input_ids[0] == tokenizer.mask_token_id).nonzero().item()
    return bert(**batch).prediction_logits[0, place].softmax(-1)


def probes(bert, tokenizer):
    """`(jobs, old)`: P(he) / (P(he) + P(she)) by job, and how many of TIMES prefer the old word."""
    he, she, new, old = ([tokenizer.convert_tokens_to_ids(w) for w in words] for words in (
        ("Él", "él"), ("Ella", "ella"), [t[1] for t in TIMES], [t[2] for t in TIMES]))
    jobs = {}
    for job in JOBS:
        shares = [masked(bert, tokenizer, template.format(job)) for template in PEOPLE]
        jobs[job] = sum(float(p[he].sum() / (p[he].sum() + p[she].sum())) for p in shares) / len(shares)
    preferred, count = 0, 0
    for (sentence, *_), modern, past in zip(TIMES, new, old, strict=True):
        if tokenizer.unk_token_id not in (modern, past):       # both words are one piece
            p = masked(bert, tokenizer, sentence)
            preferred, count = preferred + int(p[past] > p[modern]), count + 1
    return jobs, (preferred, count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("converted", type=Path, nargs="?")
    parser.add_argument("--run", type=Path, default=corpus.ROOT / "checkpoints" / "bert")
    parser.add_argument("--lessons", type=Path, default=corpus.ROOT / "lessons")
    parser.add_argument("--tokens", type=int, default=8000, help="held-out tokens a source")
    parser.add_argument("--pairs", type=int, default=600)
    args = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    special = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
    valid = training.prepare(args.run, tokenizer, training.Settings().words)["valid"]
    model = training.start(args.model, teacher=True)
    figures = training.report(model, valid, special, tokenizer, args.lessons, args.tokens, args.pairs)
    print("| held-out text | masked tokens | top-1 | top-5 | perplexity |\n|---|---|---|---|---|")
    for name, f in figures.items():
        if isinstance(f, dict) and "top1" in f:
            print(f"| {name} | {f['tokens']} | {f['top1']:.3f} | {f['top5']:.3f} | {f['perplexity']:.0f} |")
    print(f"\nNSP accuracy, {args.pairs} held-out pairs of 64 tokens: negatives from any source "
          f"{figures['nsp_any']:.3f}, from the same source {figures['nsp']:.3f}")
    print("\n| senses (nearest neighbour) | layer | this model | converted E5 |\n|---|---|---|---|")
    before = training.start(args.converted, teacher=True) if args.converted else None
    for language in ("es", "en"):
        ours = training.measure_senses(model, tokenizer, args.lessons / language)
        theirs = training.measure_senses(before, tokenizer, args.lessons / language) if before else {}
        rows = [("mean of " + str(len(ours)) + f" words, {language}", sum(ours.values()) / len(ours),
                 sum(theirs.values()) / len(theirs) if theirs else None)]
        rows += [("palo", ours["palo"], theirs.get("palo"))] if "palo" in ours else []
        for name, a, b in rows:
            for layer in (8, 9, 10, 11, 12):
                print(f"| {name} | {layer} | {a[layer]:.3f} | " + (f"{b[layer]:.3f} |" if b is not None else "– |"))
    jobs, (old, count) = probes(model, tokenizer)
    print(f"\nP(él) / (P(él) + P(ella)), {len(PEOPLE)} templates: mean {sum(jobs.values()) / len(jobs):.2f}; "
          + ", ".join(f"{job} {share:.2f}" for job, share in sorted(jobs.items(), key=lambda item: item[1])))
    print(f"\n19th-century word preferred to today's: {old} of {count}")


if __name__ == "__main__":
    main()
