"""Text from a user, made safe for where it will be shown."""

import re
from html import escape

MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:^&])")


def md(text: object) -> str:
    """Literal text inside Markdown: every character with a meaning is escaped, line breaks become spaces."""
    return MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def html(text: object) -> str:
    """Literal text inside HTML, attribute values included."""
    return escape(str(text), quote=True)
