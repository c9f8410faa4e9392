"""Text from a reader: the one door by which it comes in, and the one place where it becomes safe inside HTML.

Pages, files, links and the functions of ``viz`` all send what they are given through ``clean_text``, so that the same
sentence has the same tokens, words and vectors however it was typed. Offsets count in the cleaned text.
"""

import re
import unicodedata
from html import escape

LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # controls
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction
    "\u00ad\u034f\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb"  # soft hyphen, zero-width spaces, byte order
    "\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # letters without a shape
    "\ufe00-\ufe0d\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e0fff]"
)
PICTURES = "\u00a9\u00ae\u203c\u2049\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
JOINED = (  # Arabic, Syriac, the scripts of India and South-East Asia, Mongolian
    "\u0600-\u109f\u1780-\u18af\u1900-\u1aff\ua840-\uaaff\ufb50-\ufdff\ufe70-\ufefc\U00011000-\U00011fff"
)
# In each of these the group is what has a meaning; without it the character is only in the way.
SELECTORS = re.compile(f"((?<=[{PICTURES}0-9#*])[\ufe0e\ufe0f])|[\ufe0e\ufe0f]")
TAGS = re.compile("((?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0020-\U000e007f]+")  # flags of regions
JOINERS = re.compile(
    f"((?<=[{JOINED}])[\u200c\u200d]+(?=[{JOINED}])|(?<=[{PICTURES}\ufe0f\U000e007f])\u200d(?=[{PICTURES}]))"
    "|[\u200c\u200d]"
)

N_ = str  # marks a Spanish message that is kept in data and translated where it is shown


def clean_text(text: str) -> str:
    r"""The same text as any other keyboard, system or program would have written it.

    Composed accents (NFC), one kind of line end and of space, the ligatures of typeset documents apart; no control,
    direction or invisible character, save joiners and selectors where a script or an emoji is spelt with them. Half a
    surrogate pair becomes U+FFFD. What is clean stays as it is.

    >>> clean_text("cancio\u0301n, pa\u00adlo, o\ufb01cio\u200b")
    'canción, palo, oficio'
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = LINE_ENDS.sub("\n", text).translate(LIGATURES)
    text = UNSEEN.sub("", SPACES.sub(" ", unicodedata.normalize("NFC", text)))
    for kind in (SELECTORS, TAGS, JOINERS):
        text = kind.sub(lambda found: found[1] or "", text)
    return unicodedata.normalize("NFC", text)


def escape_html(text: object) -> str:
    """Literal text inside HTML or an attribute: no tag, no entity, no script survives.

    >>> escape_html("</script><img src=x onerror='a()'>")
    '&lt;/script&gt;&lt;img src=x onerror=&#x27;a()&#x27;&gt;'
    """
    return escape(str(text), quote=True)


def mark(text: str, start: int, end: int) -> str:
    """A sentence as safe HTML with ``text[start:end]`` in bold."""
    return f"{escape_html(text[:start])}<b>{escape_html(text[start:end])}</b>{escape_html(text[end:])}"


def plain(text: str, longest: int = 24) -> str:
    """Text that Plotly shows literally: it would read ``<b>`` and the like as markup."""
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
