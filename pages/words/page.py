"""Palabras como números: strips, neighbours, analogies, a map and an axis of static word vectors."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

import ui
import viz
from ui import decimal, md, percent, t
from ui.exports import chart, downloads
from viz.kit.strip import strip
from viz.words.analogy import accuracy, solve, solve_all
from viz.words.axis import axis
from viz.words.figures import axis_plot, parallelogram, word_map
from viz.words.neighbourhood import neighbourhood
from viz.words.static import MAX_NUMBERS, MAX_WORDS, StaticVectors, read_upload
from viz.words.word_lists import WordLists, known, load_word_lists, split_words
from viz.words.word_map import MAX_POINTS, pca_map, tsne_map

MAX_STRIPS = 8
MAX_AXIS = 60
MAX_FILE = 50  # MB

SOURCES = {
    "es": t("GloVe en español (200 números)"),
    "en": t("GloVe en inglés, 6B (50 números)"),
    "own": t("Un archivo mío…"),
}
VIEWS = {"strips": t("Tiras y vecinas"), "analogies": t("Analogías"), "map": t("Mapa"), "axis": t("Eje y sesgos")}


def main() -> None:
    ui.start(
        t("Palabras como números"),
        t(
            "Antes de BERT, cada palabra era **un** vector: una lista de números, siempre la misma, diga lo que diga "
            "la frase. GloVe los aprende contando qué palabras aparecen cerca de cuáles."
        ),
    )
    ui.question(
        t(
            "«palo» tiene un solo vector para el de madera, el de la baraja y el de golf. ¿A cuál se parece más? "
            "Cambia la lista y mira sus vecinas."
        )
    )
    left, right = st.columns([2, 3])
    source = left.selectbox(
        t("Vectores"),
        list(SOURCES),
        format_func=SOURCES.get,
        key=f"w_source_{ui.language()}",
        bind="query-params",
        index=list(SOURCES).index(ui.language()),
    )
    view = right.segmented_control(
        t("Qué quieres ver"),
        list(VIEWS),
        format_func=VIEWS.get,
        default="strips",
        required=True,
        key=f"w_view_{ui.language()}",
        bind="query-params",
        wrap=True,
    )
    tongue = ui.language() if source == "own" else source
    lists = load_word_lists(tongue)
    try:
        vectors = _uploaded() if source == "own" else _open(source)
        if vectors:
            {"strips": _strips, "analogies": _analogies, "map": _map, "axis": _axis}[view](vectors, lists, tongue)
    except viz.Problem as problem:
        ui.fail(problem)
    ui.limits(
        t(
            "Hasta {strips} tiras, {points} palabras en el mapa y {axis} en el eje; un archivo propio, hasta {mb} MB, "
            "{words} palabras y {numbers} millones de números. Nada de lo que subes se guarda.",
            strips=MAX_STRIPS,
            points=MAX_POINTS,
            axis=MAX_AXIS,
            mb=MAX_FILE,
            words=decimal(MAX_WORDS, 0),
            numbers=MAX_NUMBERS // 1_000_000,
        )
    )
    ui.next_stop("words")


def _open(source: str) -> StaticVectors:
    with st.spinner(t("Abriendo los vectores…"), show_time=True):
        vectors = viz.load_static(source)
        _ = vectors.unit  # made at the first search; here the wait is announced
    st.caption(_size(vectors))
    return vectors


def _size(vectors: StaticVectors) -> str:
    words, dimensions = vectors.matrix.shape
    return t(
        "{name}: {words} palabras, {dimensions} números cada una.",
        name=md(vectors.name),
        words=decimal(words, 0),
        dimensions=dimensions,
    )


def _uploaded() -> StaticVectors | None:
    file = st.file_uploader(
        t("Archivo de vectores: texto de GloVe, word2vec o fastText (.txt, .vec), o .npz con «words» y «vectors»"),
        type=["txt", "vec", "npz"],
        max_upload_size=MAX_FILE,
        key="w_file",
    )
    if file is None:
        st.info(t("Cada línea, una palabra y sus números, separados por espacios. Mientras tanto, elige GloVe arriba."))
        return None
    if st.session_state.get("w_own", (None,))[0] != file.file_id:
        bar = st.progress(0.0, t("Leyendo…"))

        def progress(lines: int) -> None:
            bar.progress(min(lines / MAX_WORDS, 1.0), t("{lines} líneas", lines=decimal(lines, 0)))

        st.session_state["w_own"] = (file.file_id, read_upload(file, file.name, progress))
        bar.empty()
    vectors = st.session_state["w_own"][1]
    st.caption(_size(vectors))
    if vectors.skipped:
        st.warning(
            t(
                "Se dejaron fuera {n} líneas que no son una palabra y sus números, o que no caben; las primeras malas: "
                "{lines}.",
                n=decimal(vectors.skipped, 0),
                lines=", ".join(map(str, vectors.malformed)) or "–",
            )
        )
    return vectors


def _strips(vectors: StaticVectors, lists: WordLists, tongue: str) -> None:
    text = st.text_input(
        t("Palabras"),
        ", ".join(known(lists.strips, vectors)[0]) or vectors.words[0],
        key=f"w_words_{tongue}",
        bind="query-params",
        max_chars=300,
    )
    if tongue == "es":
        st.button(t("¿Y «palo» en los vectores ingleses?"), on_click=_palo_in_english, icon=":material/translate:")
    words = _with_vector(split_words(text, MAX_STRIPS), vectors)
    if not words:
        return
    found = neighbourhood(vectors, words)

    def figure():
        return strip(found.vectors, words, agree=found.agree_share, agree_name=t("coinciden"))

    chart(figure(), "w_strip", t("Los números de cada palabra como celdas de color: azul negativo, rojo positivo."))
    first, near = md(words[0]), found.neighbours[0]
    seen = t(
        "Cada tira son los {n} números de una palabra. Las vecinas de «{word}» son {near} (coseno del primero: "
        "{cosine}).",
        n=found.vectors.shape[1],
        word=first,
        near=_quoted(w for w, _ in near[:5]),
        cosine=decimal(near[0][1]),
    )
    if found.nearest_to_first:
        other, cosine, cells = found.nearest_to_first
        seen += " " + t(
            "De las que están aquí, la más parecida a «{word}» es «{other}» ({cosine}): coinciden en {cells} celdas. "
            "Abajo, en verde, dónde tienen las demás casi el mismo valor que «{word}», lejos de cero: más oscuro, más "
            "palabras.",
            word=first,
            other=md(other),
            cosine=decimal(cosine),
            cells=cells,
        )
    ui.what_you_see(seen)
    left, right = st.columns([3, 2])
    left.markdown("**" + t("Vecinas más próximas") + "**")
    table = pd.DataFrame(
        {word: [f"{w} · {decimal(c)}" for w, c in near] for word, near in zip(words, found.neighbours, strict=True)}
    )
    left.dataframe(table, hide_index=True, alt=t("Las diez vecinas de cada palabra, con su coseno"))
    right.markdown("**" + t("Coseno entre ellas") + "**")
    right.dataframe(
        pd.DataFrame(found.cosines, index=list(words), columns=list(words)).map(decimal),
        alt=t("Coseno de cada par de palabras"),
    )
    rows = [
        {"word": word, "neighbour": w, "cosine": c}
        for word, near in zip(words, found.neighbours, strict=True)
        for w, c in near
    ]
    downloads("w_strip", pd.DataFrame(rows), figure)


def _palo_in_english() -> None:
    st.session_state[f"w_source_{ui.language()}"] = "en"
    st.session_state["w_words_en"] = "palo, stick, stanford, beijing"


def _analogies(vectors: StaticVectors, lists: WordLists, tongue: str) -> None:
    with st.container(horizontal=True):
        for n, row in enumerate(lists.featured):
            st.button("{} : {} :: {} : {}".format(*row), key=f"w_pick_{n}", on_click=_pick, args=(tongue, row))
    columns = st.columns(4)
    labels = (t("a es a…"), t("b como…"), t("c es a…"), t("d, si la sabes"))
    a, b, c, d = (
        column.text_input(label, default, key=f"w_{name}_{tongue}", bind="query-params", max_chars=60).strip()
        for column, label, default, name in zip(columns, labels, lists.featured[0], "abcd", strict=True)
    )
    try:
        _one_analogy(vectors, a, b, c, d)
    except viz.Problem as problem:
        ui.fail(problem)
    if st.toggle(t("Medir un lote de analogías por clases"), key="w_batch", bind="query-params"):
        _batch(vectors, lists)


def _pick(tongue: str, row: tuple[str, ...]) -> None:
    for name, word in zip("abcd", row, strict=True):
        st.session_state[f"w_{name}_{tongue}"] = word


def _one_analogy(vectors: StaticVectors, a: str, b: str, c: str, d: str) -> None:
    if not (a and b and c):
        raise viz.Problem("Una analogía necesita tres palabras: a, b y c.")
    found = solve(vectors, a, b, c, d)

    def figure():
        return parallelogram(found, total=f"{b} − {a} + {c}", away=t("a {distance} del plano"))

    chart(figure(), "w_analogy", t("Paralelogramo de la analogía en el plano de sus tres palabras."))
    answer, cosine = found.answers[0]
    seen = t(
        "La suma «{b}» − «{a}» + «{c}» cae lo más cerca de **«{answer}»** (coseno {cosine}), sin contar las tres "
        "palabras de entrada.",
        a=md(a),
        b=md(b),
        c=md(c),
        answer=md(answer),
        cosine=decimal(cosine),
    )
    if found.rank:
        right = t("Acierta:") if found.rank == 1 else t("Falla:")
        seen += " " + t(
            "{right} la esperada, «{d}», es la n.º {rank} de {n} palabras (coseno {cosine}).",
            right=right,
            d=md(d),
            rank=decimal(found.rank, 0),
            n=decimal(len(vectors.words), 0),
            cosine=decimal(found.cosine),
        )
    winner = found.honest[0][0]
    seen += " " + t(
        "La variante honesta deja competir también a las tres de entrada, y gana «{winner}».", winner=md(winner)
    )
    if found.honest_rank:
        seen += " " + t("Ahí «{d}» queda en el puesto {rank}.", d=md(d), rank=decimal(found.honest_rank, 0))
    seen += " " + t(
        "En el dibujo, «{answer}» está a {away} del plano; la longitud de cada vector es 1.",
        answer=md(answer),
        away=decimal(found.away["answer"]),
    )
    ui.what_you_see(seen)
    columns = {t("Sin las de entrada"): found.answers, t("Con las de entrada"): found.honest}
    table = pd.DataFrame({name: [f"{w} · {decimal(x)}" for w, x in rows] for name, rows in columns.items()})
    st.dataframe(table, hide_index=True, alt=t("Las diez palabras más próximas a la suma, de dos maneras"))
    rows = [
        {"a": a, "b": b, "c": c, "inputs_excluded": excluded, "rank": n, "word": w, "cosine": x}
        for excluded, ranked in ((True, found.answers), (False, found.honest))
        for n, (w, x) in enumerate(ranked, start=1)
    ]
    downloads("w_analogy", pd.DataFrame(rows), figure)


def _batch(vectors: StaticVectors, lists: WordLists) -> None:
    with st.spinner(t("Resolviendo analogías…"), show_time=True):
        results = {kind: solve_all(vectors, rows) for kind, rows in lists.analogies.items()}
    everything = [result for group in results.values() for result in group]
    table = []
    for kind, group in [*results.items(), (t("todas"), everything)]:
        a = accuracy(group)
        table.append(
            {
                t("Clase"): kind,
                t("Medidas"): f"{a.measured} / {a.asked}",
                t("Acierta"): percent(a.first),
                t("Entre las 5 primeras"): percent(a.top5),
                t("Acierta, variante honesta"): percent(a.honest),
            }
        )
    st.dataframe(pd.DataFrame(table), hide_index=True, alt=t("Aciertos por clase de analogía"))
    whole = accuracy(everything)
    ui.what_you_see(
        t(
            "De {asked} analogías, {measured} tienen sus cuatro palabras en el vocabulario. Acierta {first} si las de "
            "entrada no pueden ganar y {honest} si pueden: buena parte del éxito de las analogías es esa regla.",
            asked=whole.asked,
            measured=whole.measured,
            first=percent(whole.first),
            honest=percent(whole.honest),
        )
    )
    rows = [
        {
            "kind": kind,
            **dict(zip("abcd", r.words, strict=True)),
            "answer": r.answer,
            "rank": r.rank,
            "rank_with_inputs": r.honest_rank,
        }
        for kind, group in results.items()
        for r in group
    ]
    downloads("w_batch", pd.DataFrame(rows))


def _map(vectors: StaticVectors, lists: WordLists, tongue: str) -> None:
    names = list(lists.maps)
    left, right = st.columns([3, 2])
    name = left.selectbox(t("Lista"), names, key=f"w_list_{tongue}", bind="query-params")
    near = right.segmented_control(
        t("Proyección"), ["PCA", "t-SNE"], default="PCA", required=True, key="w_projection", bind="query-params"
    )
    text = st.text_area(
        t("Palabras del mapa"),
        " ".join(known(lists.maps[name], vectors)[0]),
        max_chars=6000,
        height=110,
        key=f"w_map_{tongue}_{names.index(name)}",
        bind="query-params",
    )
    words = _with_vector(split_words(text, MAX_POINTS), vectors)
    if near == "PCA":
        points, explained = pca_map(vectors, words)
        seen = t(
            "Las dos direcciones en que más difieren estas {n} palabras guardan el {share} de sus diferencias: dos "
            "puntos juntos aquí pueden estar lejos en lo que el plano no enseña.",
            n=len(words),
            share=percent(explained),
        )
    else:
        with st.spinner(t("Buscando el mapa…"), show_time=True):
            points = _tsne(vectors, vectors.name, words)
        seen = t(
            "t-SNE coloca juntas las palabras vecinas ({n} aquí). **Cuidado**: las distancias entre grupos y el tamaño "
            "de los grupos no significan nada, y otra semilla daría otro dibujo.",
            n=len(words),
        )
    chart(word_map(points, words), "w_map", t("Mapa de palabras en dos dimensiones"))
    ui.what_you_see(seen)
    table = pd.DataFrame({"word": words, "x": points[:, 0], "y": points[:, 1]})
    downloads("w_map", table, lambda: word_map(points, words))


@st.cache_data(max_entries=30, show_spinner=False)
def _tsne(_vectors: StaticVectors, name: str, words: tuple[str, ...]):
    return tsne_map(_vectors, words)


def _axis(vectors: StaticVectors, lists: WordLists, tongue: str) -> None:
    left, right = st.columns(2)
    ends = {"key": f"w_low_{tongue}", "value": lists.axis[0]}, {"key": f"w_high_{tongue}", "value": lists.axis[1]}
    low = left.text_input(t("De…"), **ends[0], bind="query-params", max_chars=60).strip()
    high = right.text_input(t("…a"), **ends[1], bind="query-params", max_chars=60).strip()
    text = st.text_area(
        t("Palabras sobre el eje"),
        " ".join(known(lists.axis_words, vectors)[0]),
        height=110,
        max_chars=2000,
        key=f"w_places_{tongue}",
        bind="query-params",
    )
    words = _with_vector(split_words(text, MAX_AXIS), vectors)
    found = axis(vectors, low, high, words)

    def figure():
        return axis_plot(found, ordinary=t("90 % de las palabras frecuentes"))

    chart(figure(), "w_axis", t("Dónde cae cada palabra entre los dos extremos del eje."))
    if found.positions:
        (bottom, lowest), (top, highest) = found.positions[0], found.positions[-1]
        beyond = [w for w, x in found.positions if not found.ordinary[0] <= x <= found.ordinary[1]]
        ui.what_you_see(
            t(
                "La más cercana a «{low}» es «{bottom}» ({lowest}) y la más cercana a «{high}», «{top}» ({highest}); 0 "
                "es estar a igual distancia de las dos. {beyond} de {n} caen fuera de donde está el 90 % de las "
                "palabras frecuentes, cuya mediana es {centre}: el cero no siempre es el centro.",
                low=md(low),
                high=md(high),
                bottom=md(bottom),
                top=md(top),
                lowest=decimal(lowest),
                highest=decimal(highest),
                beyond=len(beyond),
                n=len(words),
                centre=decimal(found.centre),
            )
        )
    st.markdown(
        t(
            "**¿Por qué pasa esto?** El vector de una palabra sale de la compañía que tuvo en los textos. Si en ellos "
            "«taxista» va más veces con palabras de hombres, su vector se inclina hacia ahí: es el sesgo de los "
            "textos, no un hecho sobre las personas, y pasa a todo lo que se construya encima. En español se mezcla "
            "con el género gramatical: compara «enfermero» y «enfermera»; por eso la lista trae sobre todo palabras "
            "que valen para los dos."
        )
    )
    table = pd.DataFrame(found.positions, columns=["word", "place"])
    st.dataframe(
        table.assign(place=table["place"].map(decimal)),
        hide_index=True,
        height=220,
        column_config={"word": t("Palabra"), "place": t("Lugar en el eje")},
        alt=t("Lugar de cada palabra en el eje"),
    )
    downloads("w_axis", table, figure)


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(t("«{word}»", word=md(word)) for word in words)


def _with_vector(words: tuple[str, ...], vectors: StaticVectors) -> tuple[str, ...]:
    """The words that have a vector; the others are named, never dropped in silence."""
    found, missing = known(words, vectors)
    if missing:
        st.warning(
            t(
                "No están en el vocabulario de {name}: {words}. Un vector fijo solo existe para las palabras vistas.",
                name=md(vectors.name),
                words=_quoted(w[:40] for w in missing[:10]),
            )
        )
    return found


main()
