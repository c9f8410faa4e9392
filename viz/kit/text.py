"""The one place where text from a user becomes safe inside HTML (and inside Plotly's hover labels, which read it)."""

from html import escape


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
