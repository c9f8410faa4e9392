"""What the numbers about heads are called, and one line about a head."""

import pandas as pd

from ui.i18n import N_
from viz.attention.weights import SHARES, evenness

# The columns of ``head_statistics`` and what the reader calls them.
STATISTICS = {
    "entropy": N_("Entropía (nats)"),
    "distance": N_("Distancia media (piezas)"),
    "previous": N_("A la pieza anterior"),
    "next": N_("A la pieza siguiente"),
    "same": N_("A sí misma"),
    "cls": N_("A la marca inicial ([CLS])"),
    "sep": N_("A la marca final ([SEP])"),
    "punctuation": N_("A la puntuación"),
}


def describe(statistics: pd.Series, tokens: int) -> tuple[str, dict[str, float]]:
    """One line about a head, made from its row of ``head_statistics``: a Spanish template and its shares.

    Clark et al. call a head broad above 3.8 nats on 128 tokens, 78 % of the most there can be; so do we.
    """
    told = {
        "previous": N_("Mira sobre todo a la pieza anterior ({share})."),
        "next": N_("Mira sobre todo a la pieza siguiente ({share})."),
        "same": N_("Cada pieza se mira sobre todo a sí misma ({share})."),
        "cls": N_("Mira sobre todo a la marca inicial ({share})."),
        "sep": N_("Mira sobre todo a la marca final, que suele querer decir «nada que hacer aquí» ({share})."),
        "punctuation": N_("Mira sobre todo a los signos de puntuación ({share})."),
    }
    most = max(SHARES, key=lambda name: statistics[name])
    if statistics[most] >= 0.5:
        return told[most], {"share": float(statistics[most])}
    even = evenness(float(statistics["entropy"]), tokens)
    if even > 0.78:
        return N_("Reparte la atención entre casi todo (entropía: {evenness} de la máxima)."), {"evenness": even}
    return (
        N_("Ni posición ni marca se lleva la mitad de su atención ({share} la que más): mira a qué palabras va."),
        {"share": float(statistics[most])},
    )
