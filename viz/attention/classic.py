"""bertviz's own head view and model view, made to work with no network and with any token.

bertviz 1.4.1 asks the network for require.js, jQuery and d3, and writes tokens into a script element as they come.
Here the scripts are those that the packages mpld3 (d3 5) and xstatic-jquery carry, and no token can end the script.
"""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from viz.attention.weights import attentions_of, units
from viz.kit.errors import Problem
from viz.model.encoding import Encoding

# bertviz writes about 45 bytes and draws one line a weight. These are the longest inputs whose views still answer a
# pointer at once on a small laptop: 12 · 64² and 144 · 24² lines.
LIMITS = {"head": 64, "model": 24}
STAND_IN = "\ue000"  # a private character: takes the place of "<" while bertviz writes its JSON

# All that bertviz asks of require.js: a configuration that is ignored, and two modules that are already here.
REQUIRE = """
window.require = {config() {}};
window.requirejs = (names, use) => use(window.jQuery, window.d3);
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>bertviz</title>
<style>body {{ margin: 0; background: #fff; color: #000; overflow: auto; }} #vis {{ overflow-x: auto; }}</style>
<script>{d3}</script>
<script>{jquery}</script>
<script>{require}</script>
</head><body>{view}</body></html>
"""


def classic_html(encoding: Encoding, view: str = "head", layer: int = 0) -> str:
    """A view of bertviz (Vig 2019) as a self-contained page.

    Args:
        view: "head", lines between two columns of one layer; or "model", every head small.
        layer: for "head", the layer to send, from 0; all of them would be twelve times as much.

    Raises:
        Problem: there is no such view, or the text is longer than the view can be used with.
    """
    if view not in LIMITS:
        raise Problem("No existe la vista «{view}» de bertviz; las hay: {views}.", view=view, views=", ".join(LIMITS))
    tokens = len(encoding.tokens)
    if tokens > LIMITS[view]:
        raise Problem(
            "La vista clásica dibuja una línea por peso y cabeza: con más de {limit} piezas deja de responder, y aquí "
            "hay {tokens}. Usa la figura de arriba, o un texto más corto.",
            limit=LIMITS[view],
            tokens=tokens,
        )
    import bertviz  # brings IPython: slow, and few readers ask for it
    import torch

    shown = units(encoding)
    weights = np.array(attentions_of(encoding))  # a copy: torch wants to be able to write
    options = {
        "attention": [torch.from_numpy(one)[None] for one in weights],  # each (1, heads, tokens, tokens)
        "tokens": [label.replace("<", STAND_IN) for label in shown.labels],
        "html_action": "return",
        "prettify_tokens": False,
    }
    if 1 in shown.segments:
        options["sentence_b_start"] = shown.segments.index(1)
    if view == "head":
        made = bertviz.head_view(**options, layer=layer, include_layers=[layer])
    else:
        made = bertviz.model_view(**options, display_mode="light")
    return offline(made.data.replace("\\ue000", "\\u003c"))  # json.dumps escaped the stand-in; now it means "<"


def offline(view: str) -> str:
    """What a view of bertviz returned, as a page with its scripts inside."""
    d3, jquery = _scripts()
    inside = re.sub(r'<script src="https://[^"]*"></script>', "", view)
    return PAGE.format(d3=d3, jquery=jquery, require=REQUIRE, view=inside)


@cache
def _scripts() -> tuple[str, str]:
    d3 = _folder("mpld3") / "js" / "d3.v5.min.js"
    jquery = _folder("xstatic.pkg.jquery") / "data" / "jquery.min.js"
    return d3.read_text("utf-8"), jquery.read_text("utf-8")


def _folder(package: str) -> Path:
    # find_spec rather than an import: importing mpld3 would bring all of matplotlib.
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None  # installed with viz
    return Path(spec.origin).parent
