"""Bytes of a foreign file become text: the one place that finds out how its letters are written."""

import codecs
from collections.abc import Iterable

from viz.kit.errors import Problem

MARKS = (  # UTF-32 first: its mark begins as that of UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)
CP1252_OPEN = (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # bytes without a letter in cp1252
SAMPLE = 65_536  # bytes that show whether every other one is zero


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """Text and the name of its encoding: UTF-8, UTF-16 or UTF-32, else cp1252, which holds Latin-1 and is what old
    Excel writes. Whoever shows the text says the encoding when it is not UTF-8.

    Bytes that are UTF-8 but for a few broken places come out as U+FFFD there, so that only those rows are lost.

    Args:
        encoding: what the reader says it is; None finds it out.

    Raises:
        Problem: binary data, or not what ``encoding`` says.
    """
    chosen = encoding or find_encoding([data], name)
    python = {"utf-8": "utf-8-sig"}.get(chosen, chosen)  # "-sig" passes over the mark, if there is one
    try:
        text = data.decode(python, "strict" if encoding else "replace")
    except (ValueError, LookupError) as error:  # LookupError: Python knows no such encoding, or it is none of text
        raise Problem("«{name}» no está en {encoding}.", name=name, encoding=chosen) from error
    if "\x00" in text:
        raise Problem("«{name}» no es un archivo de texto: guárdalo como CSV en UTF-8 o como XLSX.", name=name)
    return text, chosen


def find_encoding(blocks: Iterable[bytes], name: str) -> str:
    """The encoding of a text given in blocks of whole lines: "utf-8", "utf-16", "utf-16-le/-be", "utf-32" or "cp1252".

    Raises:
        Problem: binary data, or letters that are in none of these.
    """
    letters, broken, open_places = 0, 0, False
    for number, block in enumerate(blocks):
        if number == 0:
            marked = next((encoding for mark, encoding in MARKS if block.startswith(mark)), None)
            wide = _without_mark(block[:SAMPLE]) if marked in (None, "utf-8") else marked
            if wide:
                return wide
        if b"\x00" in block:
            raise Problem("«{name}» no es un archivo de texto: guárdalo como CSV en UTF-8 o como XLSX.", name=name)
        if block.isascii():
            continue
        text = block.decode("utf-8", "replace")
        wrong = text.count("\ufffd") - block.count(b"\xef\xbf\xbd")  # some files hold U+FFFD itself
        broken += wrong
        letters += len(text) - len(text.encode("ascii", "ignore")) - wrong
        open_places |= any(byte in block for byte in CP1252_OPEN)
    if broken < letters or not broken:
        return "utf-8"
    if open_places:
        raise Problem("No se reconoce la codificación de «{name}»: guárdalo en UTF-8.", name=name)
    return "cp1252"


def _without_mark(sample: bytes) -> str | None:
    """UTF-16 without its mark, as some databases write it: every other byte of Western text is zero."""
    low, high = sample[::2].count(0), sample[1::2].count(0)
    most = len(sample) // 2 * 0.4
    if len(sample) < 4 or not (low or high) or (low and high):
        return None
    return "utf-16-le" if high > most else "utf-16-be" if low > most else None
