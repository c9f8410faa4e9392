"""One line about a head, from its numbers."""

import numpy as np
import pandas as pd

from pages.attention.said import describe
from viz.attention.weights import SHARES


def test_what_takes_half_is_named_and_an_even_head_is_called_even():
    nothing = dict.fromkeys(SHARES, 0.1) | {"entropy": 0.5}
    template, values = describe(pd.Series(nothing | {"previous": 0.6}), 20)
    assert "anterior" in template and values == {"share": 0.6}
    template, values = describe(pd.Series(nothing | {"entropy": np.log(20)}), 20)
    assert "{evenness}" in template and values == {"evenness": 1}
    assert "Ni posición" in describe(pd.Series(nothing), 20)[0]
