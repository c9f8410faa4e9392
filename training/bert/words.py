"""Words, whatever their pieces: which tokens make one, how likely it is hidden, the same under two vocabularies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

FREQUENT = 120  # words hidden no more often than punctuation: nearly all of them function words


def pieces_of(tokenizer: PreTrainedTokenizerFast) -> list[str]:
    return tokenizer.convert_ids_to_tokens(range(len(tokenizer)))


@dataclass
class Pieces:
    """What masking has to know of a vocabulary."""

    goes_on: Tensor  # (vocabulary,) bool: a piece that continues a word
    weight: Tensor  # (vocabulary,) how likely a word of this one piece is hidden, relative to others
    content: float  # the same of any word of several pieces

    @classmethod
    def of(cls, pieces: Sequence[str], counts: np.ndarray, content: float) -> "Pieces":
        """``counts`` ``(vocabulary,)``: how often each piece comes in the training text."""
        goes_on = np.array([piece.startswith("##") for piece in pieces])
        letters = np.array([piece.isalnum() for piece in pieces])
        often = np.argsort(-np.where(letters, counts, -1), kind="stable")[:FREQUENT]
        weight = np.where(letters, content, 1.0)
        weight[often] = 1.0
        return cls(torch.tensor(goes_on), torch.tensor(weight, dtype=torch.float32), content)


def number_words(ids: Tensor, goes_on: Tensor, special: Sequence[int]) -> Tensor:
    """The number of each token's word, counted over the whole batch; -1 for special tokens: ``(sequences, tokens)``.

    A sequence that begins inside a word begins a word there.
    """
    ordinary = ~torch.isin(ids, torch.tensor(special))  # (sequences, tokens)
    after_ordinary = torch.cat([torch.zeros_like(ordinary[:, :1]), ordinary[:, :-1]], 1)
    begins = ordinary & ~(goes_on[ids] & after_ordinary)
    numbers = begins.flatten().cumsum(0).view_as(ids) - 1
    return numbers.masked_fill(~ordinary, -1)


def word_means(states: Tensor, numbers: Tensor, count: int) -> Tensor:
    """``(words, hidden)``: the mean over its tokens of each word of ``states`` ``(sequences, tokens, hidden)``."""
    inside = numbers.flatten() >= 0
    at = numbers.flatten()[inside]
    sums = states.new_zeros(count, states.shape[-1]).index_add(0, at, states.flatten(0, 1)[inside])
    sizes = torch.bincount(at, minlength=count).clamp(min=1)
    return sums / sizes[:, None]  # (words, hidden)


class TwoVocabularies:
    """The words of a batch as another tokenizer cuts them, so that its model can be asked about the same text.

    Both must split text into words alike (BERT's pre-tokenizer does); only the pieces differ.
    """

    def __init__(self, new: PreTrainedTokenizerFast, old: PreTrainedTokenizerFast):
        self.pieces, self.old = pieces_of(new), old
        self.special = new.all_special_ids
        self.goes_on = torch.tensor([piece.startswith("##") for piece in self.pieces])
        self.same = {i: old.convert_tokens_to_ids(self.pieces[i]) for i in self.special}
        self.cut = {}  # word -> its old ids

    def __call__(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of ``ids`` ``(sequences, tokens)`` in new pieces: old ids, attention mask and word numbers, all
        ``(sequences, old tokens)``, and the word numbers of the new ones ``(sequences, tokens)``."""
        numbers = number_words(ids, self.goes_on, self.special)
        rows, places = [], []
        for row, words in zip(ids.tolist(), numbers.tolist(), strict=True):
            old_row, old_words, at = [], [], 0
            while at < len(row):
                end = at + 1
                while words[at] >= 0 and end < len(row) and words[end] == words[at]:
                    end += 1
                found = [self.same[row[at]]] if words[at] < 0 else self._old(row[at:end])
                old_row += found
                old_words += [words[at]] * len(found)
                at = end
            rows.append(old_row)
            places.append(old_words)
        longest = max(map(len, rows))
        old = torch.tensor([row + [self.old.pad_token_id] * (longest - len(row)) for row in rows])
        mask = (torch.arange(longest) < torch.tensor([[len(row)] for row in rows])).long()
        old_numbers = torch.tensor([row + [-1] * (longest - len(row)) for row in places])
        return old, mask, old_numbers, numbers

    def _old(self, ids: list[int]) -> list[int]:
        word = "".join(self.pieces[i].removeprefix("##") for i in ids)
        if word not in self.cut:
            self.cut[word] = self.old(word, add_special_tokens=False).input_ids or [self.old.unk_token_id]
        return self.cut[word]
