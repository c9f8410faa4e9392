"""A reader's word inside Markdown."""

import re

import pytest

from ui.text import md
from viz.kit.text import clean_text


@pytest.mark.parametrize("word", ["https://x.es", "http://a", "www.mala.com", "HTTPS://X.ES", "yo@x.es", "mailto:yo@x"])
def test_an_address_stays_text(word):
    """What Streamlit's Markdown looks for once the escapes are gone: a protocol, "www.", a sign between two names."""
    seen = re.sub(r"\\(.)", r"\1", md(word))
    assert not re.search(r"(https?|ftp)://|www\.|[\w.+-]@\w|mailto:", seen, re.IGNORECASE)
    assert clean_text(seen) == word, "copied and typed again it is the same"


def test_markup_stays_text():
    assert md("a*b_[c](d) `e` <i> :red[x] $y$\n# z") == (r"a\*b\_\[c\]\(d\) \`e\` \<i\> \:red\[x\] \$y\$ \# z")
