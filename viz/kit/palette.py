"""A sense keeps one colour and one shape on every page."""

from collections.abc import Sequence

# Paul Tol's "bright" scheme, told apart with any colour vision; the shape says the same once more.
COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BB5500", "#888888")
BLUE, RED, GREEN, YELLOW, _, _, ORANGE, GREY = COLOURS  # where a colour means something by itself
# All the shapes that Plotly has in three dimensions: a sense keeps its shape when its map is turned into a space.
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "circle-open", "square-open", "diamond-open")
PLAIN = "#999999"  # without a sense


def ordered(senses: Sequence[str]) -> list[str]:
    """Distinct senses in order of first appearance, those without a name last."""
    distinct = dict.fromkeys(senses)
    return [s for s in distinct if s] + [s for s in distinct if not s]


def colour(position: int, sense: str) -> str:
    return COLOURS[position % len(COLOURS)] if sense else PLAIN


def symbol(position: int) -> str:
    return SYMBOLS[position % len(SYMBOLS)]


ROW = 30  # pixels a bar
