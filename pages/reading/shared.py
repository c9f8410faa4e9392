"""What the sections share."""

import pandas as pd

import viz
from ui import decimal

MAX_CHARACTERS = 300


MAX_TOKENS = 64


MAX_TOKENIZER = 20  # MB


def words_input(store, text: str):
    """The encoding of a text of at least two words, cut at the limit, and said so."""
    encoding = store.encode([text])[0]
    if len(encoding.tokens) > MAX_TOKENS or encoding.cut:
        raise viz.Problem("La frase tiene más de {limit} tokens: acórtala.", limit=MAX_TOKENS)
    return encoding


def three_decimals(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table.assign(**{column: table[column].map(lambda x: decimal(x, 3)) for column in columns})


def token_names(encoding) -> list[str]:
    return [f"{n} · {token}" for n, token in enumerate(encoding.tokens)]


def pick(where, label: str, names: list[str], default: int, key: str) -> int:
    chosen = where.selectbox(label, names, index=default, key=key, bind="query-params")
    return names.index(chosen) if chosen in names else default
