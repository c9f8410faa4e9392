"""Attention as one HTML document that needs nothing else: model view, head view, map view.

The weights travel as thousandths. Each row is rounded as a running total, so that it still adds to exactly 1 and no
weight is off by more than 0.001; two planes of bytes, deflated, in base64. The browser needs DecompressionStream
(Chromium 80, Firefox 113, Safari 16.4).
"""

import base64
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from viz.attention.weights import units
from viz.kit.errors import Problem
from viz.kit.text import escape_html
from viz.model.encoding import Encoding

LIMIT = 128  # units up to which all layers travel; above it, one layer
SCALE = 1000
VIEWS = ("model", "head", "map")
PARTS = Path(__file__).parent


def N_(message: str) -> str:  # marks a text that pages translate
    return message


TEXTS = {
    "model": N_("Modelo"),
    "head": N_("Cabeza"),
    "map": N_("Mapa"),
    "view": N_("Vista"),
    "layer": N_("Capa"),
    "all": N_("Todas"),
    "pair": N_("Frases"),
    "save": N_("Guardar lo que se ve"),
    "looks": N_("quién mira"),
    "looked": N_("a quién mira"),
    "strongest": N_("Peso mayor"),
    "twin": N_("Lo mismo, en tabla"),
    "modelHelp": N_("Cada cuadro es una cabeza: apunta para ampliarla, pulsa para abrirla."),
    "headHelp": N_("Apunta o toca una palabra para ver solo sus líneas; con el teclado, las flechas."),
    "mapHelp": N_("Cada fila reparte 1 entre las columnas. Apunta o toca una casilla para leer su peso."),
    "rounded": N_("Pesos en milésimas: el redondeo no pasa de 0,001 por peso."),
    "sums": N_("Cada fila suma 1."),
    "faint": N_("Sin señalar una palabra, las líneas de menos de 0,02 no se dibujan."),
    "oneLayer": N_("Son {tokens} piezas: con más de {limit} se muestra una sola capa."),
}


class Document(str):
    """HTML of a whole page, which a notebook shows in a frame of its own."""

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape_html(self)}" style="width:100%; height:760px; border:0"></iframe>'


def attention_html(
    encoding: Encoding,
    *,
    weights: np.ndarray | None = None,
    words: bool = False,
    view: str = "model",
    layer: int = 0,
    heads: Iterable[int] = (0,),
    theme: str = "auto",
    lang: str = "es",
    texts: Mapping[str, str] = TEXTS,
    note: str = "",
) -> Document:
    """A self-contained page: all heads, three views, PNG and SVG, keyboard and touch, a table twin.

    It is a string to write to a file or to embed; as the last line of a notebook cell it shows itself.

    Above 128 units only ``layer`` is sent and the page says so; cut with ``viz.attention.last_tokens`` to keep all
    layers of a shorter stretch.

    Args:
        weights: ``(layers, heads, tokens, tokens)`` from 0 to 1 to show in place of the encoding's attentions, such
            as those of ``norm_weights`` or ``rollout``.
        words: whole words rather than pieces.
        view: "model", "head" or "map", the view that opens.
        layer: the layer that opens, from 0.
        heads: the heads that open, from 0.
        theme: "light", "dark", or "auto" to follow the system.
        lang: language tag, for numbers and screen readers.
        texts: the words on screen, keys as in ``TEXTS``.
        note: one more sentence for the foot of the page.

    Raises:
        Problem: the encoding has no attentions, or there is no such view, layer or head.
    """
    shown = units(encoding, weights, words)
    layers, count, n, _ = shown.weights.shape
    heads = sorted(set(heads))
    if view not in VIEWS or not 0 <= layer < layers or not heads or not 0 <= heads[0] <= heads[-1] < count:
        raise Problem("No existe esa vista: hay {layers} capas de {heads} cabezas.", layers=layers, heads=count)
    notes, names, matrix = [texts["rounded"]], list(range(1, layers + 1)), shown.weights
    if np.allclose(matrix[0, 0].sum(axis=-1), 1, atol=1e-3):
        notes.append(texts["sums"])
    notes.append(texts["faint"])
    if n > LIMIT:
        notes.append(texts["oneLayer"].format(tokens=n, limit=LIMIT))
        matrix, names, layer = matrix[layer : layer + 1], names[layer : layer + 1], 0
    data = {
        "labels": shown.labels,
        "segments": shown.segments,
        "heads": count,
        "layers": names,
        "layer": layer,
        "on": heads,
        "view": view,
        "lang": lang,
        "texts": dict(texts),
        "note": " ".join([*notes, note]).strip(),
    }
    return Document(
        _fill(
            {
                "LANG": lang,
                "THEME": theme,
                "STYLE": _part("attention.css"),
                "SCRIPT": _part("attention.js"),
                "DATA": script_safe(data),
                "WEIGHTS": pack(quantise(matrix)),
            }
        )
    )


def quantise(weights: np.ndarray) -> np.ndarray:
    """Weights from 0 to 1 as thousandths, uint16: each off by at most 0.001, and row totals by at most 0.0005.

    Rounding the running total of a row rather than its weights keeps what many small weights add up to.
    """
    total = np.cumsum(weights, axis=-1, dtype=np.float32)
    total *= SCALE
    steps = np.rint(total, out=total).astype(np.int16)
    steps[..., 1:] -= steps[..., :-1].copy()
    return steps.view(np.uint16)


def pack(thousandths: np.ndarray) -> str:
    """Low bytes, then high bytes, deflated, in base64."""
    planes = np.ascontiguousarray(thousandths).view(np.uint8).reshape(-1, 2).T  # (2, weights), little-endian
    return base64.b64encode(zlib.compress(planes.tobytes(), 1)).decode("ascii")


def script_safe(data: object) -> str:
    """JSON that cannot end the script element it stands in, whatever its strings hold."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _fill(parts: Mapping[str, str]) -> str:
    """One pass over the template, so that what goes in is never searched for markers."""
    return re.sub("@@([A-Z]+)@@", lambda match: parts[match[1]], _part("attention.html"))


@cache
def _part(name: str) -> str:
    return (PARTS / name).read_text("utf-8")
