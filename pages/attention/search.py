"""Find the head that…: heads ranked on a treebank, and the best one at work on the reader's sentence."""

import pandas as pd
import streamlit as st

import ui
import viz
from pages.attention.reading import Choice, show_head
from ui.exports import chart, downloads
from ui.i18n import N_, decimal, language, percent, t
from ui.text import md
from viz.attention.grid import head_grid
from viz.attention.relations import RELATIONS, load_table, most_attended

LANGUAGES = {"es": N_("español"), "en": N_("inglés")}


def draw(choice: Choice) -> None:
    left, right = st.columns(2)
    names = {key: relation.label for key, relation in RELATIONS.items()}
    relation = ui.choose(t("Relación"), names, "a_relation", kind="selectbox", place=left)
    lang = ui.choose(t("Medida en frases en"), LANGUAGES, "a_bank", default=language(), kind="selectbox", place=right)
    try:
        table, ranking = load_table(choice.model), viz.find_heads(choice.model, relation, lang)
    except viz.Problem as problem:
        ui.fail(problem)
        return
    if table["stale"]:
        st.warning(
            t("Esta tabla se calculó con otros pesos del modelo: hay que repetir python -m benchmarks.heads."),
            icon=":material/history:",
        )
    best = ranking.iloc[0]
    layer, head = int(best["layer"]), int(best["head"])
    values = {
        "layer": layer + 1,
        "head": head + 1,
        "accuracy": percent(best["accuracy"], 1),
        "n": decimal(best["n"], 0),
        "baseline": percent(best["baseline"], 1),
        "offset": f"{int(best['offset']):+d}",
    }
    if best["accuracy"] > best["baseline"]:
        st.success(
            t(
                "La mejor es la capa {layer}, cabeza {head}: acierta el {accuracy} de {n} casos. La mejor regla de "
                "distancia fija («siempre la palabra a {offset}») acierta el {baseline}.",
                **values,
            ),
            icon=":material/check_circle:",
        )
    else:
        st.info(
            t(
                "Ninguna cabeza gana a la distancia fija: la mejor (capa {layer}, cabeza {head}) acierta el {accuracy} "
                "de {n} casos, y «siempre la palabra a {offset}» acierta el {baseline}.",
                **values,
            ),
            icon=":material/block:",
        )
    left, right = st.columns([3, 2])
    with left:
        accuracies = ranking.sort_values(["layer", "head"])["accuracy"].to_numpy()
        grid = accuracies.reshape(choice.model.layers, choice.model.attention_heads)

        def figure():
            return head_grid(grid, name=t("Aciertos"), layer=t("Capa"), head=t("Cabeza"), chosen=(layer, head), top=1)

        chart(figure(), "relation", t("Aciertos de cada cabeza en «{relation}»", relation=t(RELATIONS[relation].label)))
    with right:
        shown = _table(ranking)
        ui.table(
            shown.head(10),
            hide_index=True,
            alt=t("Las diez mejores cabezas para esta relación"),
            digits=1,
            shares=(t("Aciertos"), t("Distancia fija"), t("Al elegir")),
        )
        downloads("relacion", lambda: _table(ranking), figure)
    st.markdown(t("**La mejor, en tu frase**"))
    st.markdown(_own_sentence(choice, layer, head))
    st.button(
        t("Ver en la figura la capa {layer}, cabeza {head}", layer=layer + 1, head=head + 1),
        on_click=show_head,
        args=(layer, head),
        icon=":material/visibility:",
    )
    st.caption(
        t(
            "Como en Clark y otros (2019): cuenta la palabra que más atención recibe, sin las marcas ni la palabra que "
            "mira. Las cabezas se eligen en {sentences} frases y se miden en otras {sentences} de {bank} (Universal "
            "Dependencies). Falta «pronombre → antecedente»: estos datos no dicen a quién se refiere un pronombre.",
            sentences=table["sentences"],
            bank=table["languages"][lang]["treebank"],
        )
    )


def _own_sentence(choice: Choice, layer: int, head: int) -> str:
    """Each word of the first text and the word this head makes it look at most."""
    words = [w for w in choice.encoding.words if w.segment == 0]
    if len(words) < 2:
        return t("Hace falta una frase de al menos dos palabras.")
    _, looked = most_attended(choice.encoding, [(w.start, w.end) for w in words])
    shown = zip(words, looked[layer, head], strict=True)
    return " · ".join(f"{md(word.text)} → **{md(words[k].text)}**" for word, k in shown if word.text[0].isalnum())


def _table(ranking: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            t("Capa"): ranking["layer"] + 1,
            t("Cabeza"): ranking["head"] + 1,
            t("Aciertos"): ranking["accuracy"],
            t("Distancia fija"): ranking["baseline"],
            t("Al elegir"): ranking["chosen_on"],
            t("Casos"): ranking["n"],
        }
    )
