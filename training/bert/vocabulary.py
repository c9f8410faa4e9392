"""A vocabulary of our own for a model that has another: ``python -m training.bert.vocabulary OUT --begin MODEL``.

The 30,000 pieces that came with E5 cut *perro*, *leche* and *abuela* in two, so that one [MASK] could never say them.
A cased WordPiece learned from our own text makes whole words of nearly all frequent ones. The model keeps what it
knows: the row of a piece that both vocabularies have is copied, a new one is the mean of the old pieces that it was
cut into, its bias in the decoder the logarithm of its count, on the scale of the copied ones.

With ``--keep`` the pieces are those of MODEL: only signs that it cannot read take the place of pieces that never occur.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, trainers
from transformers import AutoTokenizer, BertForPreTraining, PreTrainedTokenizerFast

from training import corpus
from training.bert.convert_e5 import LETTERS, SPECIAL, SYMBOLS, make_tokenizer
from training.bert.student import start

SIZE = 32_000
LEAST = 5  # times a piece must come in the text
ALPHABET = 300  # signs of the text kept, the most frequent, besides those below
SIGNS = "©®™÷¼½¾²³→←↑↓✓★☆♪•"
EMOJI = (
    "😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰🙂🤗🤔😐😑🙄😏😴😌😜😒😔😕🙃😲😢😭😤"
    "😱😳😡😷🤒🤕😇🥳❤💔💕💙💚👍👎👏🙏👋💪🎉🎂🎁🌞🌙⭐🔥☀☔⚽🐶🐱🏠🚗🍕"
)
VARIATION = "\ufe0f"  # after a sign: draw it as an emoji


def needed() -> list[str]:
    """The pieces of one sign that must be there, in the order in which they were thought of."""
    letters = dict.fromkeys(LETTERS + LETTERS.upper() + "ŷýÝžŽšŠčČćĆłŁøØåÅœŒßñÑìÌûÛ")
    signs = dict.fromkeys(SYMBOLS + SIGNS)
    drawn = dict.fromkeys(EMOJI + VARIATION)
    first = [*letters, *signs, *drawn]
    split = make_tokenizer([*SPECIAL]).backend_tokenizer.pre_tokenizer.pre_tokenize_str
    return first + [f"##{sign}" for sign in first if len(split(f"a{sign}")) == 1]  # the others always stand alone


def learn(lines: Iterable[str], size: int = SIZE) -> list[str]:
    """A cased WordPiece vocabulary learned from lines, special tokens first."""
    blank = make_tokenizer([*SPECIAL]).backend_tokenizer
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = blank.normalizer, blank.pre_tokenizer
    tokenizer.train_from_iterator(
        lines,
        trainers.WordPieceTrainer(
            vocab_size=size,
            min_frequency=LEAST,
            special_tokens=[*SPECIAL],
            limit_alphabet=ALPHABET,
            initial_alphabet=[piece for piece in needed() if len(piece) == 1],
            show_progress=False,
        ),
    )
    return sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)


def complete(pieces: Sequence[str], counts: Mapping[str, int], size: int) -> list[str]:
    """The same vocabulary with every needed sign: at its end while it has fewer than ``size`` pieces, then in the
    places of those that come least in the text.

    Of equals the last goes first. Signs that are needed stay, and so do all pieces of one letter: without them a word
    is [UNK].
    """
    missing = [piece for piece in needed() if piece not in set(pieces)]
    kept = {*SPECIAL, *needed()}
    free = [i for i, piece in enumerate(pieces) if piece not in kept and not letter(piece)]
    free.sort(key=lambda i: (counts.get(pieces[i], 0), -i))
    room = max(0, size - len(pieces))
    found = [*pieces, *missing[:room]]
    for piece, place in zip(missing[room:], free, strict=False):
        found[place] = piece
    return found


def letter(piece: str) -> bool:
    """Whether a piece is one letter of an alphabet in which Spanish or English text might quote a word."""
    return len(piece.removeprefix("##")) == 1 and piece[-1].isalpha() and piece[-1] < "\u0500"


def carry(
    bert: BertForPreTraining, old: PreTrainedTokenizerFast, new: PreTrainedTokenizerFast, counts: Mapping[str, int]
) -> tuple[BertForPreTraining, int]:
    """The same model over the new pieces, and how many rows were copied; ``counts`` are of new pieces."""
    pieces = new.convert_ids_to_tokens(range(len(new)))
    known = old.get_vocab()
    rows = bert.bert.embeddings.word_embeddings.weight.detach()  # (old pieces, hidden)
    bias = bert.cls.predictions.bias.detach()  # (old pieces,)
    table = torch.empty(len(pieces), rows.shape[1])  # (pieces, hidden)
    log_count = torch.tensor([counts.get(piece, 0) + 1.0 for piece in pieces]).log()  # (pieces,)
    new_bias = log_count.clone()
    copied = [(i, known[piece]) for i, piece in enumerate(pieces) if piece in known]
    here, there = torch.tensor(copied).T
    table[here], new_bias[here] = rows[there], bias[there]
    shift = (bias[there] - log_count[here]).median()
    for i, piece in enumerate(pieces):
        if piece not in known:
            table[i] = rows[continued(piece, known)].mean(0)
            new_bias[i] = log_count[i] + shift
    bert.resize_token_embeddings(len(pieces))
    with torch.no_grad():
        bert.bert.embeddings.word_embeddings.weight.copy_(table)
        bert.cls.predictions.bias.copy_(new_bias)
    bert.tie_weights()
    bert.config.pad_token_id = new.pad_token_id
    return bert, len(copied)


def continued(piece: str, known: Mapping[str, int]) -> list[int]:
    """The ids of the known pieces that a piece is cut into, longest first; [UNK]'s where there is none for a sign."""
    prefix, text = ("##", piece[2:]) if piece.startswith("##") else ("", piece)
    found = []
    while text:
        end = next((e for e in range(len(text), 0, -1) if prefix + text[:e] in known), 0)
        if not end:
            return [known["[UNK]"]]
        found.append(known[prefix + text[:end]])
        prefix, text = "##", text[end:]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--begin", type=Path, default=corpus.ROOT / "models" / "bert-es-en", help="a model folder")
    parser.add_argument("--keep", action="store_true", help="its pieces, completed, instead of learned ones")
    parser.add_argument("--words", type=float, default=9e6, help="of text, small sources repeated")
    parser.add_argument("--size", type=int, default=SIZE)
    arguments = parser.parse_args()
    # a small source counts as often as it is read in training
    texts = [
        (text.train, text.words / max(1, sum(len(line.split()) for line in text.train)))
        for text in corpus.load(arguments.words).values()
    ]
    texts += [(lines, corpus.OWN_SOURCES[name].epochs) for name, lines in corpus.own().items()]
    lines = [line for lines, times in texts for line in lines * max(1, round(times))]
    old = AutoTokenizer.from_pretrained(arguments.begin)
    pieces = sorted(old.get_vocab(), key=old.get_vocab().get) if arguments.keep else learn(lines, arguments.size)
    pieces = complete(pieces, count(make_tokenizer(pieces), lines), arguments.size)
    new = make_tokenizer(pieces)
    bert, copied = carry(start(arguments.begin), old, new, count(new, lines))
    bert.half().save_pretrained(arguments.out)
    new.save_pretrained(arguments.out)
    print(f"{arguments.out}: {len(pieces)} pieces, {copied} rows copied")


def count(tokenizer: PreTrainedTokenizerFast, lines: Sequence[str]) -> Counter[str]:
    """How often each piece comes in some lines."""
    counts = Counter()
    for at in range(0, len(lines), 20_000):
        for line in tokenizer.backend_tokenizer.encode_batch(lines[at : at + 20_000], add_special_tokens=False):
            counts.update(line.ids)
    return Counter({piece: counts[i] for i, piece in enumerate(tokenizer.convert_ids_to_tokens(range(len(tokenizer))))})


if __name__ == "__main__":
    main()
