"""Tokens as coloured boxes."""

from collections.abc import Sequence

from viz.kit.text import escape_html


def chips(tokens: Sequence[tuple[str, str, str]]) -> str:
    """Tokens as coloured boxes in a row that wraps: ``(token, colour or "", small text under it)``."""
    boxes = "".join(
        '<span style="display:inline-flex;flex-direction:column;align-items:center;max-width:100%;'
        f"border:1px solid {colour or 'rgba(136,136,136,.35)'};border-radius:6px;padding:1px 6px;"
        f'background:{tint(colour, 0.35) if colour else "transparent"}">'
        f'<code style="background:none;color:inherit;padding:0;overflow-wrap:anywhere">{escape_html(token)}</code>'
        f'<small style="font-size:.72rem;min-height:1em">{escape_html(note)}</small></span>'
        for token, colour, note in tokens
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:4px;line-height:1.3">{boxes}</div>'


def tint(colour: str, strength: float) -> str:
    """A colour with transparency, readable on a light and on a dark page alike."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{min(max(strength, 0.0), 1.0) * 0.75:.2f})"
