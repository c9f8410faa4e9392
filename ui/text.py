"""Text from a user, made safe for where it will be shown."""

import re

from viz.kit.text import escape_html as html  # noqa: F401  (re-exported: pages take both from here)

MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:^&])")


def md(text: object) -> str:
    """Literal text inside Markdown: every character with a meaning is escaped, line breaks become spaces."""
    return MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))
