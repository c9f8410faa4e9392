"""A loaded encoder: text in, one padded forward pass, ``Encoding`` out.

Read top to bottom: what the pass needs (``Model``), how texts become a batch, how the batch becomes values.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from transformers import PreTrainedModel

from viz.kit.errors import Problem
from viz.kit.text import clean_text
from viz.model import hooks
from viz.model.encoding import Encoding, Tokens, Word, find_words

Text = str | tuple[str, str]  # a text, or a pair of texts that share one input

BATCH = 64  # texts a forward pass; above it, passes of 64 sorted by length keep padding and memory low


class Row(Protocol):
    """What one row of a pass needs: token ids, and the text (0 or 1) that each belongs to."""

    @property
    def ids(self) -> Sequence[int]: ...

    @property
    def segments(self) -> Sequence[int]: ...


@dataclass(eq=False)
class Model:
    """An encoder, and what it can do besides encoding.

    Attributes:
        name: embedded folder, local folder or hub id, as the reader should see it.
        net: the transformers module, float32, in eval mode, eager attention.
        tokenizer: its fast tokenizer.
        abilities: subset of {"mlm", "nsp"}: the pre-training tasks whose layers are in the weights.
        lacks: subset of {"attentions", "heads"}: what ``viz.model.probe`` found that this architecture does not give.
        forwards: number of forward passes so far (tests count them).
    """

    name: str
    net: PreTrainedModel
    tokenizer: Any  # transformers' fast tokenizers share no useful type
    abilities: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    forwards: int = 0
    # One pass at a time: on a small machine two at once are slower than two in a row, and need twice the memory.
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)
    sites: list[hooks.Site] = field(init=False, repr=False)  # the attention of each layer, as modules

    def __post_init__(self):
        self.sites = [] if "heads" in self.lacks else hooks.install(self.net)

    @property
    def config(self):
        return self.net.config

    @property
    def encoder(self) -> Any:
        """The module without heads (``BertModel`` and its like)."""
        return self.net.base_model

    @property
    def layers(self) -> int:
        return self.config.num_hidden_layers

    @property
    def attention_heads(self) -> int:
        return self.config.num_attention_heads

    @property
    def max_tokens(self) -> int:
        """Longest input in tokens, special tokens included."""
        positions = getattr(self.config, "max_position_embeddings", 512)
        table = getattr(getattr(self.encoder, "embeddings", None), "position_embeddings", None)
        padding = getattr(table, "padding_idx", None)
        if padding is not None:  # RoBERTa counts positions from padding_idx + 1
            positions -= padding + 1
        if self.config.model_type == "big_bird":  # beyond it attention is by blocks, which gives no whole weights
            positions = min(positions, (5 + 2 * self.config.num_random_blocks) * self.config.block_size)
        return min(positions, self.tokenizer.model_max_length)

    def forward(self, batch: dict[str, torch.Tensor], *, at: torch.Tensor | None = None, **wanted) -> Any:
        """One counted forward pass, without gradients. Every pass of the app goes through here.

        ``at`` is bool ``(batch, tokens)``: the pre-training heads then work on those tokens alone, and the logits
        over the vocabulary come as ``(1, chosen, vocabulary)``; of all tokens they would not fit a small machine.
        """
        with self._turn:
            self.forwards += 1
            return self.pass_at(batch, at, **wanted)

    def pass_at(self, batch: dict[str, torch.Tensor], at: torch.Tensor | None, **wanted) -> Any:
        """``forward`` without the count and the turn, for the probe at load."""
        with torch.inference_mode(), _heads_at(self.encoder, at):
            return self.net(**batch, **wanted)

    def passes(
        self, rows: Sequence[Row], *, at: Sequence[Sequence[int]] | None = None, **wanted
    ) -> Iterator[tuple[list[int], Any]]:
        """The padded passes that ``rows`` need: rows of like length together, ``BATCH`` at most.

        Args:
            at: for each row, the positions of the tokens that the pre-training heads work on; None is all of them.
            wanted: passed on to the network (``output_attentions=True`` and the like).

        Yields:
            The positions in ``rows`` of the rows of this pass, and what the network gives for them, in that order.
        """
        order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            batch = self.pad([rows[i].ids for i in chosen], [rows[i].segments for i in chosen])
            if at is None:
                where = None
            else:
                where = torch.zeros_like(batch["input_ids"], dtype=torch.bool)  # (rows, tokens)
                for k, i in enumerate(chosen):
                    where[k, list(at[i])] = True
            yield chosen, self.forward(batch, at=where, **wanted)

    def encode(
        self, texts: Text | Sequence[Text], *, attentions: bool = True, max_tokens: int | None = None
    ) -> list[Encoding]:
        """Hidden states and attentions of each text, from one padded batch (several above 64 texts).

        Args:
            texts: a text, or a sequence of texts or of pairs ``(a, b)`` that share an input.
            attentions: False leaves them out, for pages that do not show them.
            max_tokens: cut longer inputs here; default the model's own limit.

        Returns:
            One ``Encoding`` a text, in the order given. Equal to plain transformers within float32 rounding.

        Raises:
            Problem: a text is empty or has nothing that the tokenizer can read, or attentions are asked of a model
                that gives none.
        """
        if attentions and "attentions" in self.lacks:
            raise Problem(
                "«{name}» no da un peso de atención por cada par de piezas: solo sus vectores.", name=self.name
            )
        rows = [self.tokenize(text, max_tokens) for text in ([texts] if isinstance(texts, str) else texts)]
        encodings: dict[int, Encoding] = {}
        nowhere = [()] * len(rows)  # the pre-training heads have nothing to do here
        for chosen, out in self.passes(rows, at=nowhere, output_hidden_states=True, output_attentions=attentions):
            hidden = torch.stack(out.hidden_states, dim=1).numpy()  # (batch, layers + 1, tokens, hidden)
            weights = torch.stack(out.attentions, dim=1).numpy() if attentions else None  # (batch, layers, heads, t, t)
            for b, i in enumerate(chosen):
                n = len(rows[i].ids)
                encodings[i] = Encoding(
                    **vars(rows[i]),
                    hidden_states=_freeze(hidden[b, :, :n]),
                    attentions=None if weights is None else _freeze(weights[b, :, :, :n, :n]),
                )
        return [encodings[i] for i in range(len(rows))]

    def ablate(self, heads: Iterable[tuple[int, int]]) -> AbstractContextManager[None]:
        """``with model.ablate([(layer, head), …])``: those heads, counted from 0, give zeros in this thread's passes.

        What a head gives is its slice of what enters the output projection; the projection's bias stays, as in
        Michel et al. 2019. Other threads, and this one after the block, compute every number as before.

        Raises:
            Problem: no such head, or an architecture whose attention is not known.
        """
        if not self.sites:
            raise Problem("Las cabezas de «{name}» no se pueden apagar: no se sabe dónde están.", name=self.name)
        return hooks.switched_off(self.net, hooks.keep_all_but(heads, self.layers, self.attention_heads))

    def pad(self, ids: Sequence[Sequence[int]], segments: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
        """Token ids of unequal length as one batch, with whatever padding id this tokenizer has."""
        width = max(map(len, ids))
        fill = self.tokenizer.pad_token_id or 0
        batch = {
            "input_ids": torch.tensor([[*row, *[fill] * (width - len(row))] for row in ids]),  # (batch, width)
            "attention_mask": torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids]),
        }
        if getattr(self.config, "type_vocab_size", 0) > 1:
            batch["token_type_ids"] = torch.tensor([[*row, *[0] * (width - len(row))] for row in segments])
        return batch

    def tokenize(self, text: Text, limit: int | None = None) -> Tokens:
        """A text or a pair as it enters the model, without a forward pass; same errors as ``encode``."""
        limit = min(limit or self.max_tokens, self.max_tokens)
        text, pair = (clean_text(text), None) if isinstance(text, str) else map(clean_text, text)
        for part in (text, pair):
            if part is not None and not part.strip():
                raise Problem("El texto está vacío: escribe al menos una palabra.")
        read = self.tokenizer(
            text, pair, truncation=True, max_length=limit, return_offsets_mapping=True, return_special_tokens_mask=True
        )
        special = tuple(bool(s) for s in read["special_tokens_mask"])
        if all(special):
            raise Problem("Este modelo no puede leer nada de «{text}».", text=text[:60])
        offsets = tuple((0, 0) if s else tuple(o) for s, o in zip(special, read["offset_mapping"], strict=True))
        sequence = [None if s else k for s, k in zip(special, read.sequence_ids(), strict=True)]
        words: tuple[Word, ...] = ()
        cut = 0
        for k, part in enumerate((text, pair)):
            if part is not None:
                positions = [i for i, s in enumerate(sequence) if s == k]
                words += find_words(part, offsets, k, positions)
                reached = max((offsets[i][1] for i in positions), default=0)
                cut += len(part[reached:].strip())
        ids = tuple(read["input_ids"])
        return Tokens(
            text=text,
            pair=pair,
            tokens=tuple(self.tokenizer.convert_ids_to_tokens(ids)),
            ids=ids,
            offsets=offsets,
            segments=tuple(read.encodings[0].type_ids),
            special=special,
            words=words,
            cut=cut,
        )


@contextmanager
def _heads_at(encoder: torch.nn.Module, at: torch.Tensor | None) -> Iterator[None]:
    """While inside, the encoder hands its heads the hidden states of the chosen tokens alone, ``(1, chosen, hidden)``.

    Masked-word heads work token by token in every architecture, so this needs to know none of them.
    """
    if at is None:
        yield
        return

    def choose(_module, _inputs, out):
        out["last_hidden_state"] = out.last_hidden_state[at][None]  # (1, chosen, hidden)
        return out

    hook = encoder.register_forward_hook(choose)
    try:
        yield
    finally:
        hook.remove()


def _freeze(array: np.ndarray) -> np.ndarray:
    """A read-only copy of its own, so that a value never keeps a whole batch alive."""
    array = np.ascontiguousarray(array, dtype=np.float32).copy()
    array.flags.writeable = False
    return array
