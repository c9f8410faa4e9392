"""What a language model must answer, whatever its network: the odds of every piece after a text, or before it."""

from collections.abc import Sequence
from typing import Literal, Protocol

import torch

from viz.model.base import Model

Direction = Literal["left", "right"]  # where the model comes from: "left" foretells what follows


class LanguageModel(Protocol):
    """A ``Model`` that foretells pieces."""

    @property
    def tokenizer(self): ...

    def log_probabilities(self, rows: Sequence[Sequence[int]], direction: Direction = "left") -> list[torch.Tensor]:
        """Of each row of ids the nats of every piece at the place after (from the left) or before (from the right) each
        of its tokens: a list of ``(tokens, vocabulary)``."""
        ...


def vocabulary(model: Model | LanguageModel) -> tuple[list[str], torch.Tensor, torch.Tensor]:
    """Pieces; which of them continue a word, and which are special: ``(vocabulary,)`` bool both."""
    tokenizer = model.tokenizer
    pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    special = torch.zeros(len(pieces), dtype=torch.bool)
    special[tokenizer.all_special_ids] = True
    return pieces, torch.tensor([piece.startswith("##") for piece in pieces]), special
