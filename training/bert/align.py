"""Words in context beside their translations: what tells the senses of a word apart without anybody labelling them.

    python -m training.bert.align checkpoints/bert          # reads RUN/converted, writes RUN/aligned.npz

"La planta crece" speaks of a *plant*, "la tercera planta" of a *floor*: a translation names the sense (Gale, Church &
Yarowsky 1992). Tatoeba's two files were cut out of one list of pairs, so most Spanish sentences have their translation
in the English one. The unadapted E5 finds it (cosine of sentence means, with the margin of Artetxe & Schwenk 2019),
and in each pair the words that are each other's nearest (SimAlign, Jalili Sabet et al. 2020). ``Aligned`` makes
batches of one word under several translations, found so or written for it (``training/text``), and ``loss`` is what
the student must do with them.
"""

import argparse
import lzma
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AutoTokenizer, BertModel, PreTrainedTokenizerFast

from training import corpus

SENTENCE = 4, 40  # words
LAYER = 8  # of the E5, whose token states find words; SimAlign takes the middle ones too
SAME_SENTENCE = 0.6, 1.04  # least cosine, and ratio to the mean of the four best
SAME_WORD = 0.35  # least cosine


@torch.no_grad()
def read(
    model: BertModel, tokenizer: PreTrainedTokenizerFast, lines: Sequence[str], tokens: int = 2048
) -> tuple[list[np.ndarray], list[Tensor], Tensor]:
    """Ids, token states of one layer and unit sentence means of some lines: lists of ``(tokens,)`` and ``(tokens,
    hidden)`` without [CLS] and [SEP], and ``(lines, hidden)``. Both kinds of vector have the mean of their kind
    subtracted."""
    ids = [encoding.ids for encoding in tokenizer.backend_tokenizer.encode_batch(lines)]
    same = defaultdict(list)  # equal lengths go through together, unpadded
    for i, row in enumerate(ids):
        same[len(row)].append(i)
    means, states = torch.zeros(len(ids), model.config.hidden_size), [None] * len(ids)
    for length, rows in same.items():
        for part in (rows[k : k + max(1, tokens // length)] for k in range(0, len(rows), max(1, tokens // length))):
            output = model(input_ids=torch.tensor([ids[i] for i in part]), output_hidden_states=True)
            means[part] = F.normalize(output.last_hidden_state.mean(1), dim=-1)
            for i, state in zip(part, output.hidden_states[LAYER][:, 1:-1].half(), strict=True):
                states[i] = state
    centre = torch.stack([state.float().mean(0) for state in states]).mean(0)
    return (
        [np.array(row[1:-1], dtype=np.uint16) for row in ids],
        [F.normalize(state.float() - centre, dim=-1).half() for state in states],
        F.normalize(means - means.mean(0), dim=-1),
    )


def pair_sentences(a: Tensor, b: Tensor) -> np.ndarray:
    """``(k, 2)`` rows of ``a`` ``(n, hidden)`` and ``b`` ``(m, hidden)`` that translate each other, both of unit
    length."""
    least, margin = SAME_SENTENCE
    found = []
    for begin in range(0, len(a), 2000):
        score, place = (a[begin : begin + 2000] @ b.T).topk(min(4, len(b)))
        sure = (score[:, 0] > least) & (score[:, 0] > margin * score.mean(1))
        found += [(begin + int(i), int(place[i, 0])) for i in sure.nonzero()]
    return np.array(found).reshape(-1, 2)


def pair_words(a: Tensor, b: Tensor) -> np.ndarray:
    """``(k, 2)`` tokens of two sentences, ``(tokens, hidden)`` of unit length, each the other's nearest."""
    cosines = a.float() @ b.float().T
    there, back = cosines.argmax(1), cosines.argmax(0)
    mine = torch.arange(len(there))
    sure = (back[there] == mine) & (cosines[mine, there] > SAME_WORD)
    return torch.stack([mine[sure], there[sure]], 1).numpy()


def is_word(ids: np.ndarray, whole: np.ndarray, goes_on: np.ndarray) -> np.ndarray:
    """Which tokens of a sentence are one-piece words that count."""
    return whole[ids] & ~np.append(goes_on[ids[1:]], False)


def known_pairs(path: Path, most: int) -> tuple[list[str], list[str]]:
    """Sentences known to translate each other, a pair a line, at most ``most`` drawn; none of the held-out ones."""
    train = {line for block in corpus.split("es_tatoeba")[0] for line in block}
    with lzma.open(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t")[:2] for line in file]
    rows = [(es, en) for es, en in rows if es in train and SENTENCE[0] <= len(es.split()) <= SENTENCE[1]]
    chosen = np.random.default_rng(0).permutation(len(rows))[:most]
    es, en = zip(*(rows[i] for i in chosen), strict=True)
    return list(es), list(en)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--model", type=Path, help="whose states find the words, in whose pieces (RUN/converted)")
    parser.add_argument("--pairs", type=Path, help="a .tsv.xz of sentences and their translations: no search for them")
    parser.add_argument("--most", type=int, default=20_000, help="of those pairs")
    arguments = parser.parse_args()
    folder = arguments.model or arguments.run / "converted"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder, dtype=torch.float32).eval()
    pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    whole = np.array([p.isalpha() and p.islower() and len(p) > 3 for p in pieces])
    goes_on = np.array([p.startswith("##") for p in pieces])
    if arguments.pairs:
        lines = dict(zip(("es", "en"), known_pairs(arguments.pairs, arguments.most), strict=True))
    else:
        lines = {}
        for language in ("es", "en"):
            every = dict.fromkeys(line for block in corpus.split(f"{language}_tatoeba")[0] for line in block)
            lines[language] = [line for line in every if SENTENCE[0] <= len(line.split()) <= SENTENCE[1]]
    ids, states, means = {}, {}, {}
    for language, own in lines.items():
        print(f"{language}: {len(own)} sentences", flush=True)
        ids[language], states[language], means[language] = read(model, tokenizer, own)
    words = {language: [is_word(row, whole, goes_on) for row in rows] for language, rows in ids.items()}
    same = range(len(ids["es"]))
    pairs = zip(same, same, strict=True) if arguments.pairs else pair_sentences(means["es"], means["en"])
    found = []  # (es sentence, es token, en sentence, en token), tokens counted without [CLS]
    for es, en in pairs:
        found += [
            (es, i, en, j)
            for i, j in pair_words(states["es"][es], states["en"][en])
            if words["es"][es][i] and words["en"][en][j]
        ]
    print(f"{len(found)} pairs of words in {len({row[0] for row in found})} pairs of sentences")
    arguments.run.mkdir(parents=True, exist_ok=True)
    np.savez(
        arguments.run / "aligned.npz",
        pairs=np.array(found, dtype=np.int32),
        **{f"{language} ids": np.concatenate(ids[language]) for language in ids},
        **{f"{language} ends": np.cumsum([len(row) for row in ids[language]]) for language in ids},
    )


class Aligned:
    """Batches of words and their translations, by number like ``bert.Blocks``.

    A batch holds ``words`` words of one language, Spanish and English by turns, ``each`` places of each, drawn so that
    its translations share them; only translations met at least LEAST times count, and words that have two such. Of our
    own text it holds fewer words, those with more sentences more often, and ``each`` places of every sense.

    Args:
        sentences: ids of all Spanish and of all English sentences, without [CLS] and [SEP]: two lists of ``(tokens,)``.
        places: ``(n, 2, 3)``: in Spanish and in English, the sentence, the word's first token and the one after
        types: ``(n, 2)``: what the word is in Spanish and in English, as numbers.
        special: ids of [CLS], [SEP], [MASK].
    """

    LEAST = 3

    words, each = 12, 8
    per_sense = False

    def __init__(
        self,
        sentences: list[list[np.ndarray]],
        places: np.ndarray,
        types: np.ndarray,
        special: tuple[int, int, int],
        seed: int = 0,
    ):
        self.sentences, self.places, self.types = sentences, places, types
        self.cls, self.sep, _ = special
        self.seed = seed
        self.sides = [self._by_translation(types), self._by_translation(types[:, ::-1])]

    @classmethod
    def found(cls, path: Path, special: tuple[int, int, int], seed: int = 0) -> "Aligned":
        """What ``main`` found in Tatoeba: one token a word."""
        with np.load(path, allow_pickle=False) as arrays:
            pairs = arrays["pairs"]  # (pairs, 4)
            sentences = [
                np.split(arrays[f"{language} ids"].astype(np.int64), arrays[f"{language} ends"][:-1])
                for language in ("es", "en")
            ]
        places = np.stack([pairs[:, :2], pairs[:, 2:]], 1)  # (pairs, 2, 2)
        types = np.array([[sentences[0][a][i], sentences[1][b][j]] for a, i, b, j in pairs])
        return cls(sentences, np.dstack([places, places[..., 1:] + 1]), types, special, seed)

    @classmethod
    def written(
        cls, folder: Path, tokenizer: PreTrainedTokenizerFast, special: tuple[int, int, int], seed: int = 0
    ) -> "Aligned":
        """Our own sentences (``training/text``), in which a word and its translation are marked: of any number of
        tokens, and told apart by the sense we gave them, not by how it is translated."""
        sentences, places, types = [[], []], [], []
        number = defaultdict(lambda: len(number))
        for language in ("es", "en"):
            for line in (Path(folder) / f"senses_{language}.tsv").read_text(encoding="utf-8").splitlines():
                word, sense, *pair = line.split("\t")
                places.append([])
                for side, marked in enumerate(pair):
                    ids, begin, end = tokens_of(marked, tokenizer)
                    places[-1].append((len(sentences[side]), begin, end))
                    sentences[side].append(ids)
                both = number[language, word], number[language, word, sense]
                types.append(both if language == "es" else both[::-1])
        aligned = cls(sentences, np.array(places), np.array(types), special, seed)
        # a word of six senses needs room for several places of each: with twelve in all, palo was not learned
        aligned.words, aligned.each, aligned.per_sense = 6, 6, True
        es, en = aligned.sides
        aligned.sides = [es + en] * 2  # English has few such words: they do not come by turns
        return aligned

    def _by_translation(self, types: np.ndarray) -> list[list[list[int]]]:
        """For one language, its words with several translations: a list of lists of rows of ``places``."""
        groups = defaultdict(lambda: defaultdict(list))
        for row, (own, other) in enumerate(types.tolist()):
            groups[own][other].append(row)
        groups = [[rows for rows in g.values() if len(rows) >= self.LEAST] for g in groups.values()]
        return [g for g in groups if len(g) > 1]

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """``(ids, attention mask, spans, types)``: the first half of the rows Spanish, the second their translations
        ``(2 x places, tokens)``; row r's word goes from token ``spans[r, 0]`` to before ``spans[r, 1]``; ``types``
        ``(places, 2)`` is what it is in es and en."""
        rng = np.random.default_rng([self.seed, i, 5])
        side = self.sides[i % 2]
        often = np.array([sum(map(len, groups)) for groups in side]) ** (1 if self.per_sense else 0.5)
        chosen = []
        for w in rng.choice(len(side), min(self.words, len(side)), replace=False, p=often / often.sum()):
            sizes = np.sqrt([len(rows) for rows in side[w]])
            draws = self.each * (len(sizes) if self.per_sense else 1)
            picks = np.bincount(rng.choice(len(sizes), draws, p=sizes / sizes.sum()), minlength=len(sizes))
            for rows, count in zip(side[w], picks, strict=True):
                chosen += rng.choice(rows, min(count, len(rows)), replace=False).tolist()
        where = self.places[chosen].transpose(1, 0, 2).reshape(-1, 3)  # (2 x places, 3)
        half = len(chosen)
        rows = [[self.cls, *self.sentences[r // half][s], self.sep] for r, s in enumerate(where[:, 0])]
        longest = max(map(len, rows))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
        mask = torch.arange(longest) < torch.tensor([[len(row)] for row in rows])
        return ids, mask.long(), torch.tensor(where[:, 1:] + 1), torch.tensor(self.types[chosen])


def tokens_of(marked: str, tokenizer: PreTrainedTokenizerFast) -> tuple[np.ndarray, int, int]:
    """Ids of a sentence whose word stands in [brackets], without the brackets, and the word's span of tokens."""
    begin, end = marked.index("["), marked.index("]") - 1
    plain = marked.replace("[", "").replace("]", "")
    encoding = tokenizer(plain, return_offsets_mapping=True, add_special_tokens=False)
    inside = [a < end and b > begin for a, b in encoding.offset_mapping]
    return np.array(encoding.input_ids), inside.index(True), len(inside) - inside[::-1].index(True)


def read_words(encoder: BertModel, ids: Tensor, mask: Tensor, spans: Tensor, parts: int = 4) -> Tensor:
    """The last state of each row's word, the mean of its tokens: ``(rows, hidden)`` of unit length.

    Rows of like length go through together, cut to the longest of them: half of a batch would be padding.
    """
    order = mask.sum(1).argsort()
    found = []
    for rows in order.chunk(parts):
        length = mask[rows].sum(1).max()
        last = encoder(input_ids=ids[rows, :length], attention_mask=mask[rows, :length]).last_hidden_state
        at = torch.arange(length, device=ids.device)
        inside = (at >= spans[rows, :1]) & (at < spans[rows, 1:])  # (rows, tokens)
        found.append(torch.einsum("rt,rth->rh", inside.float(), last.float()))
    return F.normalize(torch.cat(found)[order.argsort()], dim=-1)


def loss(encoder: BertModel, batch: tuple[Tensor, Tensor, Tensor, Tensor], temperature: float = 0.05) -> Tensor:
    """Each word must find its translation among the batch's, and its own other places under that translation.

    The first is InfoNCE over both languages, the second a supervised contrastive loss (Khosla et al. 2020) among the
    places of one word: those under another translation are its only negatives. Places of the same word under the same
    translation are no negatives of each other. A scalar.
    """
    ids, mask, spans, types = (tensor.to(encoder.device) for tensor in batch)
    es, en = read_words(encoder, ids, mask, spans).chunk(2)  # (places, hidden) each
    same_type = types[:, None] == types[None]  # (places, places, 2)
    same = same_type.all(-1).fill_diagonal_(False)  # (places, places)
    itself = torch.arange(len(same), device=same.device)
    across = (es @ en.T / temperature).masked_fill(same, -1e4)
    found = (F.cross_entropy(across, itself) + F.cross_entropy(across.T, itself)) / 2
    paired = same.any(1)
    for own, others in zip((es, en), same_type.unbind(-1), strict=True):
        among = others.clone().fill_diagonal_(False)
        scores = (own @ own.T / temperature).masked_fill(~among, -1e4)
        chances = (scores.log_softmax(1) * same).sum(1) / same.sum(1).clamp(min=1)
        found = found - chances[paired].sum() / paired.sum().clamp(min=1)
    return found


if __name__ == "__main__":
    main()
