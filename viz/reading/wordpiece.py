"""WordPiece as the tokenizer does it: greedy longest match first, every attempt on record.

Schuster & Nakajima 2012; Wu et al. 2016; the algorithm is that of google-research/bert, tokenization.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from viz.kit.errors import Problem


@dataclass(frozen=True)
class Step:
    """One look-up: was ``piece`` (with its prefix) in the vocabulary?"""

    piece: str
    found: bool


@dataclass(frozen=True)
class Trace:
    """How a word became pieces; ``unknown`` says that it became the unknown token instead."""

    word: str
    steps: tuple[Step, ...]
    pieces: tuple[str, ...]
    unknown: bool


@dataclass(frozen=True, eq=False)
class WordPiece:
    """What a WordPiece tokenizer needs to cut a word."""

    vocabulary: Mapping[str, int]
    prefix: str
    unknown: str
    longest: int  # words of more characters are not even tried

    def cut(self, word: str) -> Trace:
        """Cut one word as it leaves the pre-tokenizer, no white space in it."""
        steps, pieces, start = [], [], 0
        if len(word) > self.longest:
            return Trace(word, (), (self.unknown,), True)
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = (self.prefix if start else "") + word[start:end]
                found = piece in self.vocabulary
                steps.append(Step(piece, found))
                if found:
                    pieces.append(piece)
                    start = end
                    break
            else:  # one letter without an entry spoils the whole word
                return Trace(word, tuple(steps), (self.unknown,), True)
        return Trace(word, tuple(steps), tuple(pieces), False)


def wordpiece_of(tokenizer) -> WordPiece:
    """The WordPiece inside a fast tokenizer.

    Raises:
        Problem: the tokenizer is of another kind (BPE, Unigram).
    """
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    if model["type"] != "WordPiece":
        raise Problem(
            "El tokenizador de este modelo no es WordPiece sino {kind}: corta de otra manera.", kind=model["type"]
        )
    return WordPiece(
        model["vocab"], model["continuing_subword_prefix"], model["unk_token"], model["max_input_chars_per_word"]
    )


def words_of(tokenizer, text: str) -> list[str]:
    """The words that reach WordPiece: the text normalised (case, accents), split at white space and punctuation.

    Raises:
        Problem: nothing is left of the text.
    """
    backend = tokenizer.backend_tokenizer
    normal = backend.normalizer.normalize_str(text) if backend.normalizer else text
    cut = backend.pre_tokenizer
    words = [word for word, _ in cut.pre_tokenize_str(normal)] if cut else normal.split()
    if not words:
        raise Problem("Este modelo no puede leer nada de «{text}».", text=text[:60])
    return words
