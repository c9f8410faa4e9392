"""A BERT of two layers with random weights, and a few texts: enough to test plumbing in milliseconds."""

from functools import cache

import torch
import transformers

from viz.classify.datasets import Dataset
from viz.kit.paths import EMBEDDED, MODELS
from viz.model.base import Model

DEGREES = ("muy", "bastante", "siempre", "hoy", "poco", "casi")
THINGS = ("libro", "hotel", "plato", "disco", "curso", "reloj", "viaje", "perro")


@cache
def tokenizer():
    return transformers.AutoTokenizer.from_pretrained(MODELS / EMBEDDED, local_files_only=True)


def small_bert(layers: int = 2, seed: int = 0) -> Model:
    """Hidden size 32, the embedded model's tokenizer, no dropout."""
    config = transformers.BertConfig(
        vocab_size=len(tokenizer()),
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=160,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.3,  # the usual 0.02 makes all texts look alike to so small a network
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = transformers.BertModel(config, add_pooling_layer=True)
    net.set_attn_implementation("eager")
    return Model("pequeño", net.eval(), tokenizer())


def small_data() -> Dataset:
    """Two labels that one word gives away: 64 texts to learn from, 16 to choose with and 16 to measure on."""
    parts = {"train": [], "dev": [], "test": []}
    for label, word in (("buena", "bueno"), ("mala", "malo")):
        rows = [(f"El {thing} me pareció {degree} {word}", label) for thing in THINGS for degree in DEGREES]
        rows = [rows[5 * k % len(rows)] for k in range(len(rows))]  # mixed: 5 and 48 have no common divisor
        parts["train"] += rows[:32]
        parts["dev"] += rows[32:40]
        parts["test"] += rows[40:]
    return Dataset("opiniones.csv", "es", *(tuple(parts[name]) for name in ("train", "dev", "test")))
