"""Transformers by their numbers: parameters and operations counted from the configuration alone."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Architecture:
    """The numbers that a design is made of.

    ``kind`` is "encoder" (BERT), "decoder" (GPT: no segments, no pooler) or "both" (the Transformer of Vaswani et
    al. 2017: as many decoder layers as encoder layers, sinusoidal positions, which are not learned).
    """

    name: str
    kind: str
    layers: int
    hidden: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int = 512
    segments: int = 2

    @property
    def head_size(self) -> int:
        return self.hidden // self.heads


TRANSFORMER_BASE = Architecture("Transformer base", "both", 6, 512, 8, 2048, 37_000, 0, 0)  # WMT en-de's vocabulary
OPENAI_GPT = Architecture("OpenAI GPT", "decoder", 12, 768, 12, 3072, 40_478, 512, 0)
BERT_BASE = Architecture("BERT BASE", "encoder", 12, 768, 12, 3072, 30_522)
BERT_LARGE = replace(BERT_BASE, name="BERT LARGE", layers=24, hidden=1024, heads=16, feed_forward=4096)
NAMED = (TRANSFORMER_BASE, OPENAI_GPT, BERT_BASE, BERT_LARGE)


def from_config(name: str, config) -> Architecture:
    """The numbers of a BERT's transformers configuration."""
    return Architecture(
        name,
        "encoder",
        config.num_hidden_layers,
        config.hidden_size,
        config.num_attention_heads,
        config.intermediate_size,
        config.vocab_size,
        config.max_position_embeddings,
        config.type_vocab_size,
    )


def parameters(a: Architecture) -> dict[str, int]:
    """Learned numbers by part; their sum is ``num_parameters`` of transformers' model without a task head.

    Every linear map has its weights and a bias; the word embeddings of "both" serve encoder and decoder.
    """
    h, f = a.hidden, a.feed_forward
    norm = 2 * h  # scale and shift
    attention = 4 * (h * h + h)  # query, key, value, output
    stacks = 2 if a.kind == "both" else 1
    norms = a.layers * 2 * norm
    if a.kind == "encoder":
        norms += norm  # after the embeddings
    if a.kind == "both":
        norms += a.layers * 3 * norm  # a decoder layer has a third block
    return {
        "embeddings": (a.vocabulary + a.positions + a.segments) * h,
        "attention": stacks * a.layers * attention,
        "cross_attention": a.layers * attention if a.kind == "both" else 0,
        "feed_forward": stacks * a.layers * (h * f + f + f * h + h),
        "norms": norms,
        "pooler": h * h + h if a.kind == "encoder" else 0,
    }


def total_parameters(a: Architecture) -> int:
    """Of the whole model without a task head."""
    return sum(parameters(a).values())


def flops(a: Architecture, tokens: int) -> int:
    """Floating-point operations of one forward pass over ``tokens`` tokens; a multiply-add counts as two.

    Matrix products only, which is where nearly all of them are. "both" reads and writes ``tokens`` tokens. Masked
    positions are computed and thrown away, as implementations do, so a causal mask saves nothing here.
    """
    n, h, f = tokens, a.hidden, a.feed_forward
    attention = 2 * n * 4 * h * h + 2 * 2 * n * n * h  # four projections; scores and weighted sum
    feed_forward = 2 * n * 2 * h * f
    layer = attention + feed_forward
    if a.kind == "both":
        return a.layers * (layer + layer + attention)
    return a.layers * layer + (2 * h * h if a.kind == "encoder" else 0)  # the pooler reads [CLS] alone
