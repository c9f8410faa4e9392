"""Numbers of a figure in languages that write a space before the percent sign."""

import re
from typing import Any

import numpy as np
import plotly.graph_objects as go

SPACE = "\u00a0"
# %{x:.1%}: a share with one decimal, which Plotly can only write without a space
SHARE = re.compile(r"%{(x|y|z|customdata|value):\.(\d)~?%}")


def spaced_percents(figure: go.Figure) -> None:
    """«75 %» and «7,5 %» in ticks, labels and hover texts of ``figure``, which is changed in place.

    Plotly's number formats take a decimal comma but no space. So ticks get aliases, and the shares in a trace's
    templates become texts of its points.
    """
    for axis in figure.select_xaxes():
        _alias(axis)
    for axis in figure.select_yaxes():
        _alias(axis)
    for trace in figure.data:
        for template, holder in (("hovertemplate", "hovertext"), ("texttemplate", "text")):
            if template in trace and isinstance(trace[template], str):
                _write(trace, template, holder)


def share_text(share: float, digits: int) -> str:
    """A share of 1 as Spanish writes it.

    >>> share_text(0.0753, 1).replace(SPACE, "_")
    '7,5_%'
    """
    return f"{share * 100:.{digits}f}".replace(".", ",") + f"{SPACE}%"


def _alias(axis: Any) -> None:
    if not (axis.tickformat or "").endswith("%"):
        return
    numbers = {f"{n}" for n in range(-100, 101)}
    if axis.tickformat != ".0%":
        numbers |= {f"{n / 10:.1f}" for n in range(1001)} | {f"{n / 100:.2f}".rstrip("0") for n in range(1, 100)}
    axis.labelalias = {f"{n.replace('.', ',')}%": f"{n.replace('.', ',')}{SPACE}%" for n in numbers}


def _write(trace: Any, template: str, holder: str) -> None:
    for name, digits in SHARE.findall(trace[template]):
        values = trace[name]
        if values is None:
            continue
        values = np.asarray(values, dtype=float)
        flat = ["" if np.isnan(x) else share_text(x, int(digits)) for x in values.ravel()]
        texts = np.array(flat, dtype=object).reshape(values.shape)
        if name == "customdata":
            trace.customdata, said = texts, "customdata"
        elif trace[holder] is None:
            trace[holder], said = texts, holder
        else:
            continue
        trace[template] = re.sub(rf"%{{{name}:\.{digits}~?%}}", f"%{{{said}}}", trace[template])
