"""Turn heads off and see what changes: a masked word, the map of a word's senses; and which heads matter here."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.attention.reading import Choice, distinct
from ui.exports import chart, downloads
from ui.i18n import LANGUAGES, decimal, language, percent, t
from viz.attention import ablation
from viz.attention.grid import before_after, head_grid
from viz.context.figures.sense_map import sense_map
from viz.context.lessons import load_lessons
from viz.context.occurrences import find_occurrences
from viz.masked import cloze

TOP = 5
BEAM = 20  # words remembered for each side, so that a word of one top five has its number on the other side too
RANKED_TOKENS = 48  # 144 copies of a longer text would keep a small machine busy for too long


def draw(choice: Choice) -> None:
    try:
        named = distinct(word.text for word in cloze.words(choice.model, choice.text, 128))
        left, right = st.columns(2)
        hidden = ui.choose(
            t("Palabra que se oculta"),
            dict(enumerate(named)),
            "a_hidden",
            default=_longest(named),
            kind="selectbox",
            place=left,
        )
        heads = _choose_heads(choice, right)
        masked = cloze.hide(choice.model, choice.text, [hidden], 128)
        before, after = _masked(choice.model, choice.text, hidden, tuple(heads))
    except viz.Problem as problem:
        ui.fail(problem)
        return
    _draw_masked(before, after, heads)
    _draw_ranking(choice, masked, hidden)
    _draw_senses(choice, heads)


def _choose_heads(choice: Choice, place) -> list[ablation.Head]:
    """Whole layers and single heads, from one list."""
    layers, count = range(1, choice.model.layers + 1), choice.model.attention_heads
    options = [*(f"{layer}" for layer in layers), *(f"{x}-{h}" for x in layers for h in range(1, count + 1))]

    def name(option: str, lang: str | None = None) -> str:
        layer, _, head = option.partition("-")
        if head:
            return t("capa {layer}, cabeza {head}", lang, layer=layer, head=head)
        return t("toda la capa {layer}", lang, layer=layer)

    chosen = ui.choose_many(
        t("Cabezas apagadas"),
        {option: name(option) for option in options},
        "a_off",
        default=["1"],
        place=place,
        older={name(option, lang): option for lang in LANGUAGES for option in options},
        help=t("Apagar una cabeza es poner a cero lo que entrega; lo demás del modelo sigue igual."),
    )
    heads = set()
    for option in chosen:
        layer, _, head = option.partition("-")
        heads |= {(int(layer) - 1, h) for h in ([int(head) - 1] if head else range(count))}
    return sorted(heads)


def _draw_masked(before: cloze.GapAnswer, after: cloze.GapAnswer, heads: list[ablation.Head]) -> None:
    chances = [dict(before.top), dict(after.top)]
    shown = list(dict.fromkeys(word for reading in (before, after) for word, _ in reading.top[:TOP]))
    names = (t("Con todas"), t("Con {n} apagadas", n=len(heads)))

    def figure():
        return before_after(shown, *([chance.get(word) for word in shown] for chance in chances), names=names)

    chart(figure(), "masked", t("Probabilidad de las primeras palabras antes y después de apagar cabezas."))
    truth = ""
    if before.truth and after.truth:
        truth = t(
            "La palabra oculta pasa de {before} a {after}. ",
            before=percent(before.truth.prob, 2),
            after=percent(after.truth.prob, 2),
        )
    same = before.top[0][0] == after.top[0][0]
    ui.what_you_see(
        truth
        + (
            t("La primera respuesta no cambia: «{word}».", word=ui.md(before.top[0][0]))
            if same
            else t(
                "La primera respuesta cambia de «{before}» a «{after}».",
                before=ui.md(before.top[0][0]),
                after=ui.md(after.top[0][0]),
            )
        )
    )
    table = pd.DataFrame(
        {t("Palabra"): shown}
        | {name: [chance.get(word) for word in shown] for name, chance in zip(names, chances, strict=True)}
    )
    downloads("apagadas", lambda: table, figure)


def _draw_ranking(choice: Choice, masked: cloze.Cloze, hidden: int) -> None:
    st.header(t("¿Qué cabezas pesan más aquí?"), anchor=False)
    if len(masked.ids) > RANKED_TOKENS:
        st.caption(
            t("Se ordenan en frases de hasta {limit} piezas; esta tiene {n}.", limit=RANKED_TOKENS, n=len(masked.ids))
        )
        return
    if not st.toggle(t("Apagarlas una a una y ordenarlas"), key="a_rank", bind="query-params"):
        return
    with st.spinner(t("Apagando {n} cabezas, una a una…", n=choice.model.layers * choice.model.attention_heads)):
        ranking = _ranked(choice.model, choice.text, hidden)
    grid = ranking.sort_values(["layer", "head"])["divergence"].to_numpy()

    def figure():
        return head_grid(
            grid.reshape(choice.model.layers, -1),
            name=t("Cambio (nats)"),
            layer=t("Capa"),
            head=t("Cabeza"),
            chosen=(int(ranking["layer"][0]), int(ranking["head"][0])),
        )

    def table() -> pd.DataFrame:
        return pd.DataFrame(
            {
                t("Capa"): ranking["layer"] + 1,
                t("Cabeza"): ranking["head"] + 1,
                t("Cambio (nats)"): ranking["divergence"],
                t("Antes"): ranking["before"],
                t("Sin ella"): ranking["after"],
            }
        )

    left, right = st.columns([3, 2])
    with left:
        chart(figure(), "ranking", t("Cuánto cambia la respuesta al apagar cada cabeza."))
    with right:
        ui.table(
            table().head(10),
            hide_index=True,
            alt=t("Las diez cabezas que más pesan"),
            digits={t("Cambio (nats)"): 3, t("Antes"): 1, t("Sin ella"): 1},
            shares=(t("Antes"), t("Sin ella")),
        )
        downloads("pesan", table, figure)
    first = ranking.iloc[0]
    st.caption(
        t(
            "Cambio: divergencia de Kullback-Leibler de la respuesta con todas a la respuesta sin esa cabeza, en la "
            "primera máscara. La que más pesa es la capa {layer}, cabeza {head}, con {value} nats. «Antes» y «Sin "
            "ella» son la probabilidad de la primera respuesta.",
            layer=int(first["layer"]) + 1,
            head=int(first["head"]) + 1,
            value=decimal(first["divergence"], 3),
        )
    )


def _draw_senses(choice: Choice, heads: list[ablation.Head]) -> None:
    lesson = next(iter(load_lessons(language()).values()))
    st.header(t("El mapa de sentidos de «{word}», antes y después", word=ui.md(lesson.word)), anchor=False)
    if not st.toggle(t("Dibujar los dos mapas"), key="a_senses", bind="query-params"):
        return
    layer = st.slider(
        t("Capa del mapa"), 0, choice.model.layers, choice.model.layers, key="a_map_layer", bind="query-params"
    )
    with st.spinner(t("Leyendo las frases dos veces…")):
        change = _senses(choice.model, language(), layer, tuple(heads))
    occurrences, _ = find_occurrences(lesson.rows, lesson.word)
    senses = [o.sense for o in occurrences]
    for place, points, title, measured, key in zip(
        st.columns(2),
        change.points,
        (t("Con todas"), t("Con {n} apagadas", n=len(heads))),
        (change.before, change.after),
        ("before", "after"),
        strict=True,
    ):
        with place:
            st.markdown(f"**{title}**")
            chart(
                sense_map(points[None], occurrences, senses, height=380),
                f"senses_{key}",
                t("Mapa de sentidos de «{word}»", word=lesson.word),
            )
            st.caption(
                t(
                    "El vecino más cercano comparte sentido en el {accuracy}; al azar, {chance}.",
                    accuracy=percent(measured.accuracy),
                    chance=percent(measured.chance),
                )
            )


def _longest(named: list[str]) -> int:
    return max(range(len(named)), key=lambda i: len(named[i]), default=0)


@ui.cache_data(max_entries=100)
def _masked(model: viz.Model, text: str, word: int, heads: tuple[ablation.Head, ...]):
    return ablation.change_masked(model, cloze.hide(model, text, [word], 128), heads, BEAM)


@ui.cache_data(max_entries=50)
def _ranked(model: viz.Model, text: str, word: int) -> pd.DataFrame:
    return ablation.rank_heads(model, cloze.hide(model, text, [word], 128))


@ui.cache_data(max_entries=20)
def _senses(model: viz.Model, lang: str, layer: int, heads: tuple[ablation.Head, ...]):
    lesson = next(iter(load_lessons(lang).values()))
    occurrences, _ = find_occurrences(lesson.rows, lesson.word)
    return ablation.change_senses(model, occurrences, heads, layer)
