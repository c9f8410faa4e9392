"""How well and how fast texts are classified: ``python -m benchmarks.classify [folder of SIB-200]``.

On ``correos``, and on SIB-200 in Spanish if its folder is at hand (Adelani et al. 2024; it is not part of this
repository), test accuracy of: a softmax layer on frozen BERT, on GloVe means and on TF-IDF; the whole model fine-tuned
by ``viz.finetune`` within 120 seconds; and, on ``correos``, without that limit beside ``transformers.Trainer`` from
the same start, with the same texts, seed and settings, grouping texts by length and keeping the best epoch as ours
does. One run, two threads.
"""

import copy
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import transformers

import viz
from benchmarks.table import show
from viz.classify.batches import tokenize
from viz.classify.datasets import Dataset, load_shipped, read_tsv
from viz.classify.finetune import Settings, fine_tune
from viz.classify.head import logits, probabilities, teach_head, with_head
from viz.classify.scores import Score, difference, measure
from viz.classify.softmax import Fit, fit
from viz.classify.states import TextStates
from viz.classify.vectors import bert_features, glove_features, tfidf_features

BUDGET = 120.0
HEADING = ("texts", "classifier", "accuracy [95 %]", "macro-F1", "minus frozen BERT [95 %]", "seconds", "training")
POOLING, OPTION = "mean", "sum_all"  # the page's defaults


def main() -> None:
    torch.set_num_threads(2)
    sets = [load_shipped("correos")]
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/datasets/sib200")
    if (folder / "spa_Latn_train.tsv").is_file():
        sets.append(sib200(folder))
    model = viz.load_model()
    for data in sets:
        rows, frozen = baselines(model, data)
        truth = np.array(data.split("test")[1])
        runs = {f"viz.finetune within {BUDGET:.0f} s": lambda data=data: ours(model, data, BUDGET)}
        if data.name == "correos":
            runs["viz.finetune, no budget"] = lambda data=data: ours(model, data)
            runs["transformers.Trainer"] = lambda data=data: theirs(model, data)
        for name, run in runs.items():
            found, seconds, steps = run()
            rows.append(
                row(
                    data,
                    f"fine-tuned, {name}",
                    measure(truth, found, len(data.labels)),
                    seconds,
                    steps,
                    difference(truth, found, frozen.test.argmax(axis=1)),
                )
            )
        show(f"Classifying {data.name} ({model.name}, two threads)", HEADING, rows)


def baselines(model: viz.Model, data: Dataset) -> tuple[list[tuple], Fit]:
    """A row each, and what frozen BERT, the last of them, said."""
    rows = []
    kinds = {
        "TF-IDF": lambda: tfidf_features(data),
        "GloVe mean": lambda: glove_features(viz.load_static(data.language), data),
        "frozen BERT (mean of pieces, all layers)": lambda: bert_features(TextStates(model), data, POOLING, OPTION),
    }
    for name, features in kinds.items():
        began = time.perf_counter()
        found: Fit = fit(features(), data)
        rows.append(row(data, name, found.score, time.perf_counter() - began))
    return rows, found


def row(data: Dataset, name: str, score: Score, seconds: float, steps: str = "", gain=None) -> tuple:
    low, high = score.accuracy_interval
    texts = f"{data.name} {len(data.train)}/{len(data.dev)}/{len(data.test)}"
    ahead = f"{gain[0]:+.3f} [{gain[1]:+.3f}, {gain[2]:+.3f}]" if gain else ""
    accuracy = f"{score.accuracy:.3f} [{low:.3f}, {high:.3f}]"
    return texts, name, accuracy, f"{score.macro_f1:.3f}", ahead, f"{seconds:.0f}", steps


def ours(model: viz.Model, data: Dataset, budget: float = float("inf")) -> tuple[np.ndarray, float, str]:
    began = time.perf_counter()
    found = fine_tune(model, data.split("train"), data.split("dev"), data.labels, Settings(), budget=budget)
    seconds = time.perf_counter() - began
    history = found.history
    steps = f"{len(history.steps)} steps, best epoch {history.epochs[history.best].epoch:g}, {history.ended}"
    return probabilities(found.model, data.split("test")[0]).argmax(axis=1), seconds, steps


def theirs(model: viz.Model, data: Dataset) -> tuple[np.ndarray, float, str]:
    """The same with transformers' own Trainer."""
    settings = Settings()
    torch.manual_seed(settings.seed)
    tuned = with_head(model, data.labels)
    best: dict = {"found": (-1.0, 0.0)}

    class KeepBest(transformers.TrainerCallback):
        """In memory, as ours: saving to disk would slow the Trainer down."""

        def on_evaluate(self, args, state, control, metrics=None, **others):
            found = metrics["eval_accuracy"], -metrics["eval_loss"]
            if found > best["found"]:
                best.update(found=found, epoch=state.epoch or 0.0, weights=copy.deepcopy(tuned.net.state_dict()))

    with tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch,
            per_device_eval_batch_size=settings.batch,
            learning_rate=settings.lr,
            warmup_steps=settings.warmup,
            weight_decay=settings.weight_decay,
            max_grad_norm=settings.clip,
            seed=settings.seed,
            train_sampling_strategy="group_by_length",
            eval_strategy="epoch",
            save_strategy="no",
            report_to=[],
            logging_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
            dataloader_pin_memory=False,
        )
        trainer = transformers.Trainer(
            tuned.net,
            arguments,
            train_dataset=rows_of(tuned, data, "train"),
            eval_dataset=rows_of(tuned, data, "dev"),
            data_collator=transformers.DataCollatorWithPadding(tuned.tokenizer),
            callbacks=[KeepBest()],
            compute_metrics=lambda found: {
                "accuracy": float((found.predictions.argmax(axis=1) == found.label_ids).mean())
            },
        )
        began = time.perf_counter()
        teach_head(tuned, tokenize(tuned, data.split("train")[0], settings.max_tokens), data.split("train")[1])
        trainer.evaluate()
        trainer.train()
        seconds = time.perf_counter() - began
    tuned.net.load_state_dict(best["weights"])
    tuned.net.eval()
    found = logits(tuned, tokenize(tuned, data.split("test")[0], settings.max_tokens))
    steps = f"{trainer.state.global_step} steps, best epoch {best['epoch']:g}, done"
    return found.argmax(dim=1).numpy(), seconds, steps


def rows_of(model: viz.Model, data: Dataset, split: str) -> list[dict]:
    texts, labels = data.split(split)
    ids = tokenize(model, texts, Settings().max_tokens)
    return [
        {"input_ids": row, "attention_mask": [1] * len(row), "labels": label, "length": len(row)}
        for row, label in zip(ids, labels, strict=True)
    ]


def sib200(folder: Path) -> Dataset:
    parts = [read_tsv(folder / f"spa_Latn_{split}.tsv", "text", "category") for split in ("train", "dev", "test")]
    return Dataset("SIB-200 es", "es", *parts)


if __name__ == "__main__":
    main()
