"""Query · key: the products that make one row of weights."""

import pandas as pd

import ui
import viz
from pages.attention.reading import Choice, distinct
from ui.exports import chart, downloads
from ui.i18n import decimal, t
from viz.attention import weights as attention
from viz.attention.grid import product_map


def draw(choice: Choice) -> None:
    labels = attention.units(choice.encoding).labels
    named = distinct(labels)
    first = next(i for i, special in enumerate(choice.encoding.special) if not special)
    token = ui.choose(
        t("Pieza que mira"),
        dict(enumerate(named)),
        "a_token",
        default=first,
        kind="selectbox",
        older={name: n for n, name in enumerate(named)},
    )
    try:
        products = attention.products(choice.reading, choice.layer, choice.head, token)
    except viz.Problem as problem:
        ui.fail(problem)
        return
    weights = attention.attentions_of(choice.encoding)[choice.layer, choice.head, token]

    def figure():
        names = (t("consulta × clave"), t("su suma"), t("peso"))
        return product_map(products, weights, labels, names=names)

    chart(
        figure(),
        "products",
        t("Productos de la consulta de «{word}» con cada clave, su suma y el peso que resulta.", word=labels[token]),
    )
    top = int(weights.argmax())
    ui.what_you_see(
        t(
            "En la capa {layer}, cabeza {head}, la consulta de «{word}» se multiplica con la clave de cada pieza, "
            "dimensión a dimensión ({dim} números, divididos por √{dim}). La suma mayor es la de «{top}» ({score}), y "
            "la función softmax la convierte en un peso de {weight}.",
            layer=choice.layer + 1,
            head=choice.head + 1,
            word=ui.md(labels[token]),
            dim=products.shape[1],
            top=ui.md(labels[top]),
            score=decimal(float(products[top].sum())),
            weight=decimal(float(weights[top]), 3),
        )
    )
    downloads("productos", lambda: _table(labels, products, weights), figure)


def _table(labels, products, weights) -> pd.DataFrame:
    return pd.DataFrame(
        {t("Pieza"): labels, t("peso"): weights, t("su suma"): products.sum(axis=1)}
        | {f"{k + 1}": products[:, k] for k in range(products.shape[1])}
    )
