"""Text from a user, made safe for where it will be shown."""

import re

from viz.kit.text import escape_html as html  # noqa: F401  (re-exported: pages take both from here)

MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:^&])")
# Streamlit's Markdown makes a link of what looks like an address even where each character is escaped.
ADDRESS = re.compile(r"\b(https?|ftp|mailto|xmpp)(?=:)|\b(www)(?=\.)|(?<=\S)(?=@)", re.IGNORECASE)
JOINER = "\u2060"  # shows nothing, breaks no line, and the door (clean_text) takes it away again


def md(text: object) -> str:
    """Literal text inside Markdown: what has a meaning is escaped, line breaks become spaces, an address stays text."""
    literal = ADDRESS.sub(lambda found: found[0] + JOINER, " ".join(str(text).split()))
    return MARKDOWN.sub(r"\\\1", literal)
