"""One word, its occurrences, and everything the sense page shows of them, from one batch of forward passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viz.context.occurrences import Occurrence, find_occurrences
from viz.context.senses import Separation, added_by_context, anisotropy, discover, separation
from viz.context.states import WordStates, pool_states
from viz.kit.errors import Problem
from viz.kit.projection import Projection, aligned_pca, cosine_matrix
from viz.model.base import Model
from viz.model.encoding import Encoding
from viz.model.layers import select
from viz.model.store import Store
from viz.words.static import StaticVectors

UNKNOWN = ""  # the sense of a row that has none


@dataclass(frozen=True, eq=False)
class StaticStudy:
    """The same occurrences in a space where a written form has one vector, whatever the sentence says.

    Attributes:
        name: of the vectors, as readers know them.
        vectors: ``(occurrences, dimensions)``, or None where ``problem`` says why not.
        context: other words of the sentences, ``(words, dimensions)``, for the baseline.
        senses: of each occurrence.
    """

    name: str
    vectors: np.ndarray | None
    context: np.ndarray
    problem: Problem | None
    senses: tuple[str, ...]

    @cached_property
    def separation(self) -> Separation | None:
        """How well the space keeps the senses apart; None without vectors."""
        if self.vectors is None:
            return None
        cosines = cosine_matrix(self.vectors)
        return _measure(cosines, self.senses, _mean_apart(cosine_matrix(self.context)) or 0.0, cosines)

    @property
    def forms(self) -> int:
        """How many different vectors the space has for these occurrences."""
        return 0 if self.vectors is None else len(np.unique(self.vectors, axis=0))

    @property
    def cosine(self) -> float | None:
        """Mean cosine of two occurrences."""
        return None if self.vectors is None else _mean_apart(cosine_matrix(self.vectors))

    def projection(self) -> Projection:
        """``(1, occurrences, 2)``.

        Raises:
            Problem: ``problem``, where there are no vectors.
        """
        if self.problem is not None:
            raise self.problem
        assert self.vectors is not None
        return aligned_pca(self.vectors[:, None])


@dataclass(frozen=True, eq=False)
class Study:
    """The vectors of a word's occurrences and what they know of its senses; ``in_static`` has the same without context.

    ``pieces`` are the tokens ``model`` makes of the first occurrence; ``problems`` name the rows left out.
    """

    word: str
    occurrences: tuple[Occurrence, ...]
    model: Model
    states: WordStates
    in_static: StaticStudy
    problems: tuple[Problem, ...]
    pieces: tuple[str, ...]

    @property
    def static_name(self) -> str:
        """Of the static vectors, as readers know them."""
        return self.in_static.name

    @property
    def static(self) -> np.ndarray | None:
        """``in_static.vectors``; this and the next five are the names that notebooks taken home know."""
        return self.in_static.vectors

    @property
    def static_context(self) -> np.ndarray:
        """``in_static.context``."""
        return self.in_static.context

    @property
    def static_problem(self) -> Problem | None:
        """``in_static.problem``."""
        return self.in_static.problem

    @property
    def static_separation(self) -> Separation | None:
        """``in_static.separation``."""
        return self.in_static.separation

    @property
    def static_forms(self) -> int:
        """``in_static.forms``."""
        return self.in_static.forms

    @property
    def static_cosine(self) -> float | None:
        """``in_static.cosine``."""
        return self.in_static.cosine

    def static_projection(self) -> Projection:
        """``in_static.projection()``."""
        return self.in_static.projection()

    @cached_property
    def has_senses(self) -> bool:
        return any(o.sense != UNKNOWN for o in self.occurrences)

    @property
    def layers(self) -> int:
        return self.states.target.shape[1] - 1

    def vectors(self, option: str | int) -> np.ndarray:
        """``(occurrences, dimensions)`` by a layer or one of the six options of Table 7."""
        return select(self.states.target, option)

    def cosines(self, option: str | int, centred: bool = True) -> np.ndarray:
        """Cosine of every pair, ``(occurrences, occurrences)``.

        ``centred`` first subtracts the word's mean vector and so compares what context adds to it.
        """
        vectors = self.vectors(option)
        return cosine_matrix(added_by_context(vectors) if centred else vectors)

    def groups(self, option: str | int, centred: bool = True) -> tuple[list[str], float | None]:
        """The sense of each occurrence; where no row has one, discovered groups "1", "2"… and their silhouette."""
        if self.has_senses:
            return [o.sense for o in self.occurrences], None
        found, score = discover(self.cosines(option, centred))
        return [str(group + 1) for group in found], score

    def separation(self, option: str | int, centred: bool = True) -> Separation:
        """How well one vector choice keeps the senses apart; rows without a sense are left out.

        Mean cosines are those of the vectors as they are, to be read against their baseline; neighbours and
        silhouette are those of ``cosines(option, centred)``.
        """
        context = select(self.states.context, option)[:, None]  # (words, 1, dimensions)
        baseline = float(anisotropy(context, self.states.context_sentence)[0])
        senses = [o.sense for o in self.occurrences]
        return _measure(self.cosines(option, centred=False), senses, baseline, self.cosines(option, centred))

    @cached_property
    def by_layer(self) -> list[Separation]:
        """``separation`` of every layer, centred, embedding layer first."""
        return self.layers_by(centred=True)

    def layers_by(self, centred: bool) -> list[Separation]:
        return [self.separation(layer, centred) for layer in range(self.layers + 1)]

    @property
    def best_layer(self) -> int:
        """The layer whose nearest neighbours agree most often; the last one where that cannot be said."""
        accuracies = [s.accuracy for s in self.by_layer if s.accuracy is not None]
        return int(np.argmax(accuracies)) if len(accuracies) == len(self.by_layer) else self.layers

    @cached_property
    def plane(self) -> Projection:
        """All layers on aligned axes, ``(layers + 1, occurrences, 2)``: the directions that ``cosines`` compares."""
        return aligned_pca(_directions(self.states.target), 2)

    @cached_property
    def space(self) -> Projection:
        """The same in three dimensions, ``(layers + 1, occurrences, 3)``."""
        return aligned_pca(_directions(self.states.target), 3)

    def option_projection(self, option: str, dimensions: int = 2) -> Projection:
        """One of the six options on its own plane, ``(1, occurrences, dimensions)``."""
        return aligned_pca(_directions(self.vectors(option)[:, None]), dimensions)

    def nearest(self, chosen: int, option: str | int, centred: bool = True) -> list[tuple[int, float]]:
        """The other occurrences by cosine with the chosen one, nearest first: ``[(occurrence, cosine), …]``."""
        cosines = self.cosines(option, centred)[chosen]
        order = np.argsort(-cosines, kind="stable")
        return [(int(i), float(cosines[i])) for i in order if i != chosen]


def study(
    store: Store, vectors: StaticVectors, rows: Sequence[tuple[str, str]], word: str, pooling: str = "mean"
) -> Study:
    """Find a word in ``(sentence, sense)`` rows and encode what is new in them, in one batch.

    Raises:
        Problem: no word, too many rows, or no row has the word.
    """
    word = word.strip()
    found, problems = _search(rows, word)
    encodings = dict(zip((o.text for o in found), store.encode([o.text for o in found]), strict=True))
    occurrences = [o for o in found if _is_read(o, encodings[o.text])]
    problems += [
        Problem(
            "Fila {row}: «{word}» queda más allá de los {limit} piezas que se leen.",
            row=o.row + 1,
            word=o.form,
            limit=store.max_tokens,
        )
        for o in found
        if o not in occurrences
    ]
    if not occurrences:
        raise problems[-1]
    first = occurrences[0]
    span = encodings[first.text].word_at(first.start, first.end)
    return Study(
        word=word,
        occurrences=tuple(occurrences),
        model=store.model,
        states=pool_states(encodings, occurrences, pooling),
        in_static=_look_up(vectors, occurrences, word),
        problems=tuple(problems),
        pieces=encodings[first.text].tokens[span.first : span.last],
    )


def _search(rows: Sequence[tuple[str, str]], word: str) -> tuple[list[Occurrence], list[Problem]]:
    """The occurrences of ``word``, one at least, and what is wrong with the other rows."""
    if not word:
        raise Problem("Escribe la palabra que quieres estudiar.")
    occurrences, problems = find_occurrences(rows, word)
    if not occurrences and len(problems) == 1:
        raise problems[0]
    if not occurrences:
        raise Problem(
            "«{word}» no aparece en ninguna frase. Escribe al menos una que la tenga, o marca la forma que vale entre "
            "[corchetes].",
            word=word,
        )
    return occurrences, problems


def _is_read(o: Occurrence, encoding: Encoding) -> bool:
    """Whether the occurrence lies within the tokens that are read."""
    return any(w.start < o.end and w.end > o.start for w in encoding.words)


def _look_up(vectors: StaticVectors, occurrences: Sequence[Occurrence], word: str) -> StaticStudy:
    """The static vectors of the occurrences and of the other words of their sentences."""
    found, problem = None, None
    try:
        found = np.stack([vectors[o.form] for o in occurrences])
    except Problem as unknown:
        problem = unknown
    forms = {word.lower(), *(o.form.lower() for o in occurrences)}
    others = sorted({w for o in occurrences for w in o.text.lower().split() if w in vectors and w not in forms})
    context = np.stack([vectors[w] for w in others]) if others else np.zeros((0, vectors.matrix.shape[1]))
    return StaticStudy(vectors.name, found, context, problem, tuple(o.sense for o in occurrences))


def _measure(cosines: np.ndarray, senses: Sequence[str], baseline: float, compared: np.ndarray) -> Separation:
    """``separation`` of the rows that have a sense, if there are any."""
    labelled = [i for i, sense in enumerate(senses) if sense != UNKNOWN] or list(range(len(senses)))
    kept = np.ix_(labelled, labelled)
    return separation(cosines[kept], [senses[i] for i in labelled], baseline, compared[kept])


def _mean_apart(cosines: np.ndarray) -> float | None:
    """Mean cosine of two different items; None for less than two."""
    apart = ~np.eye(len(cosines), dtype=bool)
    return float(cosines[apart].mean()) if apart.any() else None


def _directions(states: np.ndarray) -> np.ndarray:
    """Where each occurrence lies from the mean of all, length left out, ``(occurrences, layers, hidden)``.

    A few very long vectors would otherwise take both axes of the map for themselves.
    """
    apart = states - states.mean(axis=0)
    return apart / np.maximum(np.linalg.norm(apart, axis=-1, keepdims=True), 1e-9)
