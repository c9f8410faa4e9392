"""What decides a run."""

from dataclasses import dataclass


@dataclass
class Settings:
    """Everything that decides a run; kept in its checkpoint."""
    hours: float = 2.0           # of the whole run: the learning rate falls to zero over them
    words: float = 9e6           # of training text, repeats of small sources included, in one pass
    length: int = 64             # tokens of a paired block
    shortest: int = 0            # half of the batches of pairs are cut to between this and length tokens; 0: none is
    long_length: int = 256       # the same in the last phase, so that long inputs work
    long_from: float = 0.9       # where that phase begins (share of the hours)
    tokens: int = 2048           # of one micro-batch
    micro: int = 1               # micro-batches a step and process
    elsewhere: float = 0.5       # share of wrong next sentences drawn from all sources, not from the same one
    mask: float = 0.3            # share of masked tokens ...
    mask_end: float = 0.15       # ... and at last, the paper's 15 %
    mask_until: float = 0.8      # where that begins (share of the hours)
    teach: float = 3.0           # weight of the term that protects senses
    teach_share: float = 0.25    # share of the sequences of each micro-batch that the teacher reads
    teach_layer: int = -1        # which hidden state of the teacher is the target
    learn_layer: int = -1        # which hidden state of the student must predict it
    align: float = 0.0           # weight of the term that brings words and their translations together; 0: none
    written: float = 0.0         # share of the steps in which those words come from our own sentences
    freeze: int = 0              # lowest encoder layers left as they are
    lr: float = 7e-4             # of the top layer
    decay: float = 0.9           # of lr, a layer down
    head_lr: float = 1.5e-3
    warm_up: float = 0.03        # share of the hours
    weight_decay: float = 0.01
    dropout: float = 0.0         # its draws are not kept: with it, a resumed run is no longer as if not stopped
    average: float = 0.99        # of the exponential moving average that is measured and exported
    seed: int = 0
