"""Tables that leave the app."""

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(table: pd.DataFrame) -> bytes:
    """CSV that spreadsheets open as text: UTF-8 with a mark, and no cell that starts a formula.

    Text cells and headings that begin with one of = + - @ get an apostrophe in front (OWASP, CSV injection);
    numbers stay numbers.
    """
    safe = table.rename(columns=_defuse)
    for column in safe.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in safe.dtypes]]:
        safe[column] = safe[column].map(_defuse)
    return safe.to_csv(index=False).encode("utf-8-sig")


def _defuse(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA) else cell
