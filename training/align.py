"""Words in context beside their translations: what tells the senses of a word apart without anybody labelling them.

    python -m training.align checkpoints/bert          # reads RUN/converted, writes RUN/aligned.npz

"La planta crece" speaks of a *plant*, "la tercera planta" of a *floor*: a translation names the sense (Gale, Church &
Yarowsky 1992). Tatoeba's two files were cut out of one list of pairs, so most Spanish sentences have their
translation in the English one. The unadapted E5 finds it (cosine of sentence means, with the margin of Artetxe &
Schwenk 2019), and in each pair the words that are each other's nearest (SimAlign, Jalili Sabet et al. 2020).
`Aligned` makes batches of one word under several translations, `loss` is what the student must do with them.
"""
import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import AutoTokenizer, BertModel

from training import corpus

SENTENCE = 4, 40             # words
LAYER = 8                    # of the E5, whose token states find words; SimAlign takes the middle ones too
SAME_SENTENCE = 0.6, 1.04    # least cosine, and ratio to the mean of the four best
SAME_WORD = 0.35             # least cosine


@torch.no_grad()
def read(model, tokenizer, lines, tokens=2048):
    """Ids, token states of one layer and unit sentence means of some lines: lists of `(tokens,)` and `(tokens, hidden)`
    without [CLS] and [SEP], and `(lines, hidden)`. Both kinds of vector have the mean of their kind subtracted."""
    ids = [encoding.ids for encoding in tokenizer.backend_tokenizer.encode_batch(lines)]
    same = defaultdict(list)         # equal lengths go through together, unpadded
    for i, row in enumerate(ids):
        same[len(row)].append(i)
    means, states = torch.zeros(len(ids), model.config.hidden_size), [None] * len(ids)
    for length, rows in same.items():
        for part in (rows[k:k + max(1, tokens // length)] for k in range(0, len(rows), max(1, tokens // length))):
            output = model(input_ids=torch.tensor([ids[i] for i in part]), output_hidden_states=True)
            means[part] = F.normalize(output.last_hidden_state.mean(1), dim=-1)
            for i, state in zip(part, output.hidden_states[LAYER][:, 1:-1].half(), strict=True):
                states[i] = state
    centre = torch.stack([state.float().mean(0) for state in states]).mean(0)
    return ([np.array(row[1:-1], dtype=np.uint16) for row in ids],
            [F.normalize(state.float() - centre, dim=-1).half() for state in states],
            F.normalize(means - means.mean(0), dim=-1))


def pair_sentences(a, b):
    """`(k, 2)` rows of `a` `(n, hidden)` and `b` `(m, hidden)` that translate each other, both of unit length."""
    least, margin = SAME_SENTENCE
    found = []
    for begin in range(0, len(a), 2000):
        score, place = (a[begin:begin + 2000] @ b.T).topk(min(4, len(b)))
        sure = (score[:, 0] > least) & (score[:, 0] > margin * score.mean(1))
        found += [(begin + int(i), int(place[i, 0])) for i in sure.nonzero()]
    return np.array(found).reshape(-1, 2)


def pair_words(a, b):
    """`(k, 2)` tokens of two sentences, `(tokens, hidden)` of unit length, each the other's nearest."""
    cosines = a.float() @ b.float().T
    there, back = cosines.argmax(1), cosines.argmax(0)
    mine = torch.arange(len(there))
    sure = (back[there] == mine) & (cosines[mine, there] > SAME_WORD)
    return torch.stack([mine[sure], there[sure]], 1).numpy()


def is_word(ids, whole, goes_on):
    """Which tokens of a sentence are one-piece words that count."""
    return whole[ids] & ~np.append(goes_on[ids[1:]], False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    tokenizer = AutoTokenizer.from_pretrained(run / "converted")
    model = BertModel.from_pretrained(run / "converted", dtype=torch.float32).eval()
    pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    whole = np.array([p.isalpha() and p.islower() and len(p) > 3 for p in pieces])
    goes_on = np.array([p.startswith("##") for p in pieces])
    ids, states, means, words = {}, {}, {}, {}
    for language in ("es", "en"):
        lines = dict.fromkeys(line for block in corpus.split(f"{language}_tatoeba")[0] for line in block)
        lines = [line for line in lines if SENTENCE[0] <= len(line.split()) <= SENTENCE[1]]
        print(f"{language}: {len(lines)} sentences", flush=True)
        ids[language], states[language], means[language] = read(model, tokenizer, lines)
        words[language] = [is_word(row, whole, goes_on) for row in ids[language]]
    found = []           # (es sentence, es token, en sentence, en token), tokens counted without [CLS]
    for es, en in pair_sentences(means["es"], means["en"]):
        found += [(es, i, en, j) for i, j in pair_words(states["es"][es], states["en"][en])
                  if words["es"][es][i] and words["en"][en][j]]
    print(f"{len(found)} pairs of words in {len({row[0] for row in found})} pairs of sentences")
    np.savez(run / "aligned.npz", pairs=np.array(found, dtype=np.int32),
             **{f"{language} ids": np.concatenate(ids[language]) for language in ids},
             **{f"{language} ends": np.cumsum([len(row) for row in ids[language]]) for language in ids})


class Aligned:
    """Batches of words and their translations, by number like `bert.Blocks`.

    A batch holds WORDS words of one language, Spanish and English by turns, EACH places of each, drawn so that its
    translations share them; only translations met at least LEAST times count, and words that have two such.
    """
    WORDS, EACH, LEAST = 12, 8, 3

    def __init__(self, path, special, seed=0):
        self.cls, self.sep, _ = special
        self.seed = seed
        with np.load(path, allow_pickle=False) as arrays:
            self.pairs = arrays["pairs"]                                                  # (pairs, 4)
            self.sentences = [np.split(arrays[f"{language} ids"].astype(np.int64), arrays[f"{language} ends"][:-1])
                              for language in ("es", "en")]
        self.words = np.array([[self.sentences[0][a][i], self.sentences[1][b][j]] for a, i, b, j in self.pairs])
        self.sides = [self._by_translation(self.words), self._by_translation(self.words[:, ::-1])]

    def _by_translation(self, words):
        """For one language, its words with several translations: a list of lists of places in `pairs`."""
        groups = defaultdict(lambda: defaultdict(list))
        for place, (own, other) in enumerate(words.tolist()):
            groups[own][other].append(place)
        groups = [[places for places in g.values() if len(places) >= self.LEAST] for g in groups.values()]
        return [g for g in groups if len(g) > 1]

    def __getitem__(self, i):
        """`(ids, attention mask, where, words)`: the first half of the rows Spanish, the second their translations
        `(2 x places, tokens)`; row r's word stands at `where[r]`; `words` `(places, 2)` is its type in es and en."""
        rng = np.random.default_rng([self.seed, i, 5])
        side = self.sides[i % 2]
        often = np.sqrt([sum(map(len, groups)) for groups in side])
        chosen = []
        for w in rng.choice(len(side), min(self.WORDS, len(side)), replace=False, p=often / often.sum()):
            sizes = np.sqrt([len(places) for places in side[w]])
            picks = np.bincount(rng.choice(len(sizes), self.EACH, p=sizes / sizes.sum()), minlength=len(sizes))
            for places, count in zip(side[w], picks, strict=True):
                chosen += rng.choice(places, min(count, len(places)), replace=False).tolist()
        es, i, en, j = self.pairs[chosen].T
        rows = [[self.cls, *self.sentences[0][s], self.sep] for s in es]
        rows += [[self.cls, *self.sentences[1][s], self.sep] for s in en]
        longest = max(map(len, rows))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
        return (ids, (torch.arange(longest) < torch.tensor([[len(row)] for row in rows])).long(),
                torch.tensor(np.concatenate([i, j]) + 1), torch.tensor(self.words[chosen]))


def loss(encoder, batch, temperature=0.05):
    """Each word must find its translation among the batch's, and its own other places under that translation.

    The first is InfoNCE over both languages, the second a supervised contrastive loss (Khosla et al. 2020) among the
    places of one word: those under another translation are its only negatives. Places of the same word under the same
    translation are no negatives of each other. A scalar.
    """
    ids, mask, where, words = (tensor.to(encoder.device) for tensor in batch)
    last = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    es, en = F.normalize(last[torch.arange(len(ids)), where].float(), dim=-1).chunk(2)      # (places, hidden) each
    same_word = words[:, None] == words[None]                                               # (places, places, 2)
    same = same_word.all(-1).fill_diagonal_(False)                                          # (places, places)
    itself = torch.arange(len(same), device=same.device)
    across = (es @ en.T / temperature).masked_fill(same, -1e4)
    found = (F.cross_entropy(across, itself) + F.cross_entropy(across.T, itself)) / 2
    paired = same.any(1)
    for own, others in zip((es, en), same_word.unbind(-1), strict=True):
        among = others.clone().fill_diagonal_(False)
        scores = (own @ own.T / temperature).masked_fill(~among, -1e4)
        chances = (scores.log_softmax(1) * same).sum(1) / same.sum(1).clamp(min=1)
        found = found - chances[paired].sum() / paired.sum().clamp(min=1)
    return found


if __name__ == "__main__":
    main()
