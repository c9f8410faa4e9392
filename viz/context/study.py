"""One word, its occurrences, and everything the sense page shows of them, from one batch of forward passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viz.context.occurrences import Occurrence, find_occurrences
from viz.context.senses import Separation, added_by_context, anisotropy, discover, separation
from viz.context.states import WordStates, word_states
from viz.kit.errors import Problem
from viz.kit.projection import Projection, aligned_pca, cosine_matrix
from viz.model.layers import select
from viz.model.store import Store
from viz.words.static import StaticVectors

UNKNOWN = ""  # the sense of a row that has none


@dataclass(frozen=True, eq=False)
class Study:
    """The vectors of a word's occurrences, static and contextual, and what they know of its senses.

    ``static`` is ``(occurrences, dimensions)``, or None where ``static_problem`` says why not.
    """

    word: str
    occurrences: tuple[Occurrence, ...]
    states: WordStates
    static: np.ndarray | None
    static_context: np.ndarray
    static_problem: Problem | None
    problems: tuple[Problem, ...]
    pieces: tuple[str, ...]

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
        return self._measure(self.cosines(option, centred=False), baseline, self.cosines(option, centred))

    @cached_property
    def by_layer(self) -> list[Separation]:
        """``separation`` of every layer, centred, embedding layer first."""
        return self.layers_by(centred=True)

    def layers_by(self, centred: bool) -> list[Separation]:
        return [self.separation(layer, centred) for layer in range(self.layers + 1)]

    @cached_property
    def static_separation(self) -> Separation | None:
        """The same for the static vectors."""
        if self.static is None:
            return None
        cosines = cosine_matrix(self.static_context)
        apart = ~np.eye(len(cosines), dtype=bool)
        static = cosine_matrix(self.static)
        return self._measure(static, float(cosines[apart].mean()) if apart.any() else 0.0, static)

    @property
    def static_forms(self) -> int:
        """How many different vectors the static space has for these occurrences."""
        return 0 if self.static is None else len(np.unique(self.static, axis=0))

    @property
    def static_cosine(self) -> float | None:
        """Mean cosine of two occurrences in the static space."""
        if self.static is None or len(self.static) < 2:
            return None
        return float(cosine_matrix(self.static)[~np.eye(len(self.static), dtype=bool)].mean())

    def static_projection(self) -> Projection:
        """``(1, occurrences, 2)``."""
        return aligned_pca(self.static[:, None])

    @property
    def best_layer(self) -> int:
        """The layer whose nearest neighbours agree most often; the last one where that cannot be said."""
        accuracies = [s.accuracy for s in self.by_layer]
        return self.layers if None in accuracies else int(np.argmax(accuracies))

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

    def _measure(self, cosines: np.ndarray, baseline: float, compared: np.ndarray) -> Separation:
        labelled = [i for i, o in enumerate(self.occurrences) if o.sense != UNKNOWN]
        kept = np.ix_(*[labelled or list(range(len(self.occurrences)))] * 2)
        senses = [self.occurrences[i].sense for i in kept[1][0]]
        return separation(cosines[kept], senses, baseline, compared[kept])


def _directions(states: np.ndarray) -> np.ndarray:
    """Where each occurrence lies from the mean of all, length left out, ``(occurrences, layers, hidden)``.

    A few very long vectors would otherwise take both axes of the map for themselves.
    """
    apart = states - states.mean(axis=0)
    return apart / np.maximum(np.linalg.norm(apart, axis=-1, keepdims=True), 1e-9)


def study(
    store: Store, vectors: StaticVectors, rows: Sequence[tuple[str, str]], word: str, pooling: str = "mean"
) -> Study:
    """Find a word in ``(sentence, sense)`` rows and encode what is new in them, in one batch.

    Raises:
        Problem: no word, too many rows, or no row has the word.
    """
    if not word.strip():
        raise Problem("Escribe la palabra que quieres estudiar.")
    occurrences, problems = find_occurrences(rows, word.strip())
    if not occurrences and len(problems) == 1:
        raise problems[0]
    if not occurrences:
        raise Problem(
            "«{word}» no aparece en ninguna frase. Escribe al menos una que la tenga, o marca la forma que vale entre "
            "[corchetes].",
            word=word.strip(),
        )
    readable = []
    for o, encoding in zip(occurrences, store.encode([o.text for o in occurrences]), strict=True):
        if any(w.start < o.end and w.end > o.start for w in encoding.words):
            readable.append(o)
        else:
            problems.append(
                Problem(
                    "Fila {row}: «{word}» queda más allá de los {limit} trozos que se leen.",
                    row=o.row + 1,
                    word=o.form,
                    limit=store.max_tokens,
                )
            )
    if not readable:
        raise problems[-1]
    static, static_problem = None, None
    try:
        static = np.stack([vectors[o.form] for o in readable])
    except Problem as problem:
        static_problem = problem
    first = store.encode([readable[0].text])[0]
    span = first.word_at(readable[0].start, readable[0].end)
    others = sorted({w for o in readable for w in o.text.lower().split() if w in vectors and w != word.lower()})
    return Study(
        word=word.strip(),
        occurrences=tuple(readable),
        states=word_states(store, readable, pooling),
        static=static,
        static_context=np.stack([vectors[w] for w in others]) if others else np.zeros((0, vectors.matrix.shape[1])),
        static_problem=static_problem,
        problems=tuple(problems),
        pieces=first.tokens[span.first : span.last],
    )
