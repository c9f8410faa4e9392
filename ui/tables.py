"""Tables on the page, their numbers as the language writes them and still sorted as numbers."""

from collections.abc import Collection, Mapping

import pandas as pd
import streamlit as st

from ui.i18n import decimal, percent


def table(
    data: pd.DataFrame, *, digits: int | Mapping[str, int] = 2, shares: Collection[str] = (), alt: str, **options
):
    """``st.dataframe`` with the decimal comma of Spanish; a column's own ``format=`` would write English.

    Args:
        digits: decimals of columns with fractions, one number for all or by column (2 where none is given).
        shares: columns that hold shares of 1, shown as percentages with ``digits`` decimals (0 where none is given).
    """

    def writer(column: str):
        fraction = pd.api.types.is_float_dtype(data[column])
        n = digits.get(column, 0 if column in shares else 2) if isinstance(digits, Mapping) else digits
        write, n = (percent, n) if column in shares else (decimal, n if fraction else 0)
        return lambda value: write(None if pd.isna(value) else value, n)

    numbers = [c for c in data.columns if pd.api.types.is_numeric_dtype(data[c]) and data[c].dtype != bool]
    shown = data.style.format({column: writer(column) for column in numbers})
    return st.dataframe(shown, alt=alt, **options)
