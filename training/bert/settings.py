"""What decides a run: kept in its checkpoint, shown by ``python -m training.bert --help``."""

# ruff: noqa: RUF009  (option() makes a field, no default that all would share)

from dataclasses import Field, dataclass, field
from pathlib import Path
from typing import Any

from training import corpus


def option(default: Any, help: str) -> Field:
    return field(default=default, metadata={"help": help})


@dataclass
class Settings:
    hours: float = option(2.0, "of the whole run: the learning rate falls to zero over them")
    steps: int = option(0, "of the whole run, instead of hours: for a machine that others use too")
    words: float = option(9e6, "of the corpora in one pass, repeats of small sources included; our own text on top")
    turn: int = option(0, "which part of the sources that are larger than their share: each turn reads another")
    own: float = option(1.0, "how often our own text is read, relative to its epochs in training.corpus")
    length: int = option(64, "tokens of a paired block")
    shortest: int = option(0, "half of the batches of pairs are cut to between this and length tokens; 0: none is")
    short: float = option(0.2, "share of ordered text read as pairs of single sentences")
    long_length: int = option(256, "tokens of a paired block in the last phase, so that long inputs work")
    long_from: float = option(0.9, "where that phase begins (share of the hours)")
    tokens: int = option(2048, "of one micro-batch")
    micro: int = option(1, "micro-batches a step and process")
    elsewhere: float = option(0.5, "share of wrong next sentences drawn from all sources, not from the same one")
    mask: float = option(0.25, "share of hidden tokens at first ...")
    mask_end: float = option(0.15, "... falling in a line to this, the paper's share ...")
    mask_until: float = option(0.8, "... at this share of the hours")
    content: float = option(2.5, "how much likelier a word is hidden that is neither frequent nor punctuation")
    teach: float = option(3.0, "weight of the term that protects senses")
    teach_share: float = option(0.25, "share of the sequences of each micro-batch that the teacher reads")
    align: float = option(0.0, "weight of the term that brings words and their translations together; 0: none")
    written: float = option(0.0, "share of the steps in which those words come from our own sentences")
    freeze: int = option(0, "lowest encoder layers left as they are, the embeddings with them")
    lr: float = option(7e-4, "learning rate of the top layer")
    decay: float = option(0.9, "of lr, a layer down")
    head_lr: float = option(1.5e-3, "of the heads and of the table of pieces")
    warm_up: float = option(0.03, "share of the hours")
    weight_decay: float = option(0.01, "of matrices")
    dropout: float = option(0.0, "its draws are not kept: with it, a resumed run is no longer as if not stopped")
    average: float = option(0.99, "of the exponential moving average that is measured and exported")
    seed: int = option(0, "of blocks and masks")


@dataclass
class Task:
    """What to do, and where; Settings say how."""

    folder: Path = option(corpus.ROOT / "checkpoints" / "bert", "of the checkpoints and the tokenized text")
    begin: Path | None = option(None, "a model folder to go on from; FOLDER/converted, with new heads, when not given")
    teacher: Path | None = option(None, "a model folder whose words are kept (default: FOLDER/converted)")
    lessons: Path = option(corpus.ROOT / "lessons" / "context", "the sense test, never trained on")
    resume: bool = option(False, "go on from the last checkpoint")
    export: Path | None = option(None, "write the averaged weights there and stop")
    mix: float = option(1.0, "of BEGIN and the run, the run's share in the export")
    measure: Path | None = option(None, "print the figures of a model folder as JSON and stop")
    stop: float = option(float("inf"), "hours after which to stop, short of --hours or --steps")
    save_minutes: float = option(5, "between checkpoints")
    measure_minutes: float = option(20, "between quick looks at the figures; 0: none")

    @property
    def converted(self) -> Path:
        return self.folder / "converted"
