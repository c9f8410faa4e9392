"""What every page shares: language, model choice, layout, exports. The only package besides pages/ with streamlit."""

from pathlib import Path

from ui.i18n import choose_language, decimal, language, percent, t
from ui.layout import fail, limits, next_stop, problem_text, question, start, what_you_see
from ui.text import html, md

STATIC = Path(__file__).parent / "static"

__all__ = [
    "STATIC",
    "choose_language",
    "decimal",
    "fail",
    "html",
    "language",
    "limits",
    "md",
    "next_stop",
    "percent",
    "problem_text",
    "question",
    "start",
    "t",
    "what_you_see",
]
