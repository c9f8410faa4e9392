"""Atención: every head of one pass, what each does, and what happens without it."""

import streamlit as st

import ui
import viz
from pages.attention import ablation, classic, exact, figure, products, search, statistics
from pages.attention.reading import MAX_CHARACTERS, Choice, choose_text, read
from ui import N_, decimal, md, percent, t
from ui.models import current_model
from viz.attention.figure import LIMIT
from viz.attention.weights import strongest_link

SECTIONS = {
    "heads": statistics.draw,
    "find": search.draw,
    "off": ablation.draw,
    "products": products.draw,
    "exact": exact.draw,
    "classic": classic.draw,
}
NAMES = {
    "heads": N_("Qué hace cada cabeza"),
    "find": N_("Buscar una cabeza"),
    "off": N_("Apagar cabezas"),
    "products": N_("Consulta · clave"),
    "exact": N_("Números exactos"),
    "classic": N_("Vista clásica"),
}
UNITS = {"words": N_("Palabras"), "pieces": N_("Piezas")}
WEIGHTS = {
    "raw": N_("La atención tal cual"),
    "norms": N_("Por lo que lleva (normas)"),
    "rollout": N_("Acumulada (rollout)"),
}
VIEWS = {"model": N_("Modelo"), "head": N_("Cabeza"), "map": N_("Mapa")}


def main() -> None:
    ui.start(
        t("Atención"),
        t(
            "En cada capa, cada **cabeza** decide para cada palabra cuánto mira a las demás. Aquí están todas las "
            "cabezas de una lectura: busca qué hace cada una, y apágala para ver si hacía falta."
        ),
    )
    ui.question(
        t(
            "¿Hay una cabeza que lleve cada artículo a su nombre? Abre en el cuadro las que tengan puntos sueltos "
            "fuera de la diagonal, y compruébalo después en «Buscar una cabeza»."
        )
    )
    model = current_model()
    text, pair = choose_text()
    words, kind = choose_look()
    picture = st.container()
    layer, head, view = choose_head(model)
    try:
        with picture, st.spinner(t("Leyendo…")):
            reading, tokens = read(model, text, pair)
        choice = Choice(model, text, pair, words, kind, view, layer, head, reading)
        with picture, ui.section():
            draw(choice, tokens)
        with ui.section():
            what_you_see(choice)
        with ui.section():
            SECTIONS[ui.choose(t("Más de cerca"), NAMES, "a_more")](choice)
    except viz.Problem as problem:
        with picture:
            ui.fail(problem)
    story()
    ui.limits(
        t(
            "Hasta {characters} letras y 512 piezas. Todas las capas se enseñan hasta {limit} piezas; de un texto más "
            "largo, las últimas {limit}, o una sola capa entera.",
            characters=decimal(MAX_CHARACTERS, 0),
            limit=LIMIT,
        )
    )
    ui.next_stop("attention")


def choose_look() -> tuple[bool, str]:
    """Words or pieces, and which weights."""
    left, right = st.columns([3, 2])
    unit = ui.choose(
        t("Filas y columnas"),
        UNITS,
        "a_unit",
        place=left,
        help=t("Por palabras: las filas de sus piezas se promedian y las columnas se suman."),
    )
    kind = ui.choose(
        t("Qué pesos"),
        WEIGHTS,
        "a_weights",
        kind="selectbox",
        place=right,
        help=t("Al pie de la página se explica por qué hay tres."),
    )
    return unit == "words", kind


def choose_head(model: viz.Model) -> tuple[int, int, str]:
    """Layer and head that the rest of the page is about, from 0, and the view that the figure opens in."""
    left, middle, right = st.columns(3)
    layer = left.number_input(
        t("Capa"),
        1,
        model.layers,
        key="a_layer",
        bind="query-params",
        help=t("De esta capa y cabeza habla todo lo que sigue. También se eligen en la figura."),
    )
    head = middle.number_input(t("Cabeza"), 1, model.attention_heads, key="a_head", bind="query-params")
    view = ui.choose(
        t("Vista de la figura"),
        VIEWS,
        "a_view",
        place=right,
        help=t("Lo mismo que los botones de la figura; lo que se abra en ella va en el enlace."),
    )
    return layer - 1, head - 1, view


def draw(choice: Choice, tokens: int) -> None:
    """The figure; above 128 pieces, a smaller choice. And the same as a file."""
    part = "last"
    if tokens > LIMIT:
        st.info(t("El texto tiene {tokens} piezas: se enseña una parte.", tokens=tokens), icon=":material/crop:")
        parts = {
            "last": t("Las últimas {limit} piezas, todas las capas", limit=LIMIT),
            "layer": t("Todas las piezas, la capa elegida"),
        }
        part = ui.choose(t("Qué parte"), parts, "a_part")
    with st.spinner(t("Dibujando…")):
        shown = figure.draw_whole(choice, tokens) if part == "layer" else figure.draw(choice)
    st.download_button(
        t("Figura (HTML)"),
        shown,
        "paloscopio-atencion.html",
        "text/html",
        icon=":material/image:",
        on_click="ignore",
        help=t("Se abre sin red en cualquier navegador. PNG y SVG: los botones de la figura."),
    )


def what_you_see(choice: Choice) -> None:
    """What the heads do as a whole, and the chosen one."""
    table, total = choice.statistics, choice.model.layers * choice.model.attention_heads
    template, values = choice.described(choice.layer, choice.head)
    source, target, weight = strongest_link(choice.encoding, choice.layer, choice.head)
    ui.what_you_see(
        t(
            "De las {total} cabezas, {near} dan más de la mitad de su atención a la pieza anterior, la siguiente o la "
            "misma, y {marks} a las marcas ([CLS], [SEP]).",
            total=total,
            near=int((table[["previous", "next", "same"]].max(axis=1) > 0.5).sum()),
            marks=int((table[["cls", "sep"]].sum(axis=1) > 0.5).sum()),
        )
        + " "
        + t("Capa {layer}, cabeza {head}:", layer=choice.layer + 1, head=choice.head + 1)
        + " "
        + t(template, **{k: percent(v) for k, v in values.items()})
        + " "
        + t(
            "Entre palabras distintas, su peso mayor va de «{source}» a «{target}»: {weight}.",
            source=md(source),
            target=md(target),
            weight=decimal(weight, 3),
        )
    )


def story() -> None:
    with st.expander(t("La atención no lo cuenta todo"), icon=":material/psychology_alt:"):
        st.markdown(
            t(
                "Que una cabeza mire mucho una palabra no quiere decir que tome mucho de ella, ni que la respuesta "
                "dependa de ello.\n\n"
                "- **Por lo que lleva (normas)**: el peso se multiplica por la longitud del vector que esa palabra "
                "entrega. Muchas cabezas miran a [SEP] y no reciben casi nada de él (Kobayashi y otros, 2020).\n"
                "- **Acumulada (rollout)**: en las capas altas cada posición ya mezcla toda la frase; el rollout "
                "multiplica las capas hasta llegar a las palabras de entrada, contando la conexión residual como la "
                "mitad (Abnar y Zuidema, 2020). Pierde las cabezas: hay un mapa por capa.\n"
                "- **Apagar cabezas** es la prueba más directa: si al apagarla nada cambia, su dibujo no explica la "
                "respuesta (Michel y otros, 2019)."
            )
        )


main()
