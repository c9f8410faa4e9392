"""What every page shares: language, model choice, layout, exports. The only package besides pages/ with streamlit."""

from pathlib import Path

from ui.cache import cache_data, cache_resource
from ui.errors import section
from ui.i18n import N_, choose_language, compared, decimal, language, percent, plural, t
from ui.layout import fail, limits, next_stop, problem_text, question, start, what_you_see
from ui.link import choose, choose_many, forget, keep, seed, text_area, text_input
from ui.tables import table
from ui.text import html, md

STATIC = Path(__file__).parent / "static"

__all__ = [
    "N_",
    "STATIC",
    "cache_data",
    "cache_resource",
    "choose",
    "choose_language",
    "choose_many",
    "compared",
    "decimal",
    "fail",
    "forget",
    "html",
    "keep",
    "language",
    "limits",
    "md",
    "next_stop",
    "percent",
    "plural",
    "problem_text",
    "question",
    "section",
    "seed",
    "start",
    "t",
    "table",
    "text_area",
    "text_input",
    "what_you_see",
]
