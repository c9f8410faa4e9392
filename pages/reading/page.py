"""Cómo lee BERT: word pieces, the three embeddings, one layer from inside, and architectures in numbers."""

import pandas as pd
import streamlit as st

import ui
import viz
from ui import decimal, md, percent, t
from ui.exports import chart, downloads
from ui.models import current_model, current_store, embedded_model
from viz.kit.strip import strip
from viz.reading.architectures import NAMED, Architecture, flops, from_config, parameters, total_parameters
from viz.reading.figures import attention_bars, masks, parameter_bars, position_map
from viz.reading.inputs import compare_orders, inputs_of, position_similarity, swap_words
from viz.reading.layer_walk import share_seen_by_causal, walk
from viz.reading.token_cost import cost, load_pairs, read_tokenizer, total
from viz.reading.wordpiece import wordpiece_of, words_of

MAX_CHARACTERS = 300
MAX_TOKENS = 64
MAX_TOKENIZER = 20  # MB

VIEWS = {
    "pieces": t("Piezas"),
    "inputs": t("Entrada"),
    "layer": t("Una capa por dentro"),
    "architecture": t("Arquitecturas"),
}


def main() -> None:
    ui.start(
        t("Cómo lee BERT"),
        t(
            "De letras a números y a través de las capas: piezas de palabra, tres embeddings que se suman, y una capa "
            "por dentro, con los números de verdad."
        ),
    )
    ui.question(
        t("¿Qué palabra de la frase se parte en más piezas, y por qué? Cambia la frase hasta que salga un [UNK].")
    )
    text = st.text_input(
        t("Tu frase"),
        t("El paleontólogo perdió el as de ese palo jugando con un tahúr."),
        max_chars=MAX_CHARACTERS,
        key=f"r_text_{ui.language()}",
        bind="query-params",
    )
    view = st.segmented_control(
        t("Qué quieres ver"),
        list(VIEWS),
        format_func=VIEWS.get,
        default="pieces",
        required=True,
        key=f"r_view_{ui.language()}",
        bind="query-params",
    )
    try:
        if not text.strip():
            raise viz.Problem("El texto está vacío: escribe al menos una palabra.")
        {"pieces": _pieces, "inputs": _inputs, "layer": _layer, "architecture": _architecture}[view](text)
    except viz.Problem as problem:
        ui.fail(problem)
    ui.limits(
        t(
            "Frases de hasta {characters} letras; en «Entrada» y «Una capa por dentro» se leen los primeros {tokens} "
            "tokens. Un tokenizer.json propio, hasta {mb} MB.",
            characters=MAX_CHARACTERS,
            tokens=MAX_TOKENS,
            mb=MAX_TOKENIZER,
        )
    )
    ui.next_stop("reading")


# --- pieces


def _pieces(text: str) -> None:
    model = current_model()
    try:
        _cut(model, text)
    except viz.Problem as problem:
        ui.fail(problem)
    st.subheader(t("La misma frase en otros tokenizadores"), anchor=False)
    backends = {each.name: each.tokenizer.backend_tokenizer for each in (embedded_model(), model)}
    label = t("Compara con otro: su tokenizer.json")
    file = st.file_uploader(label, type="json", max_upload_size=MAX_TOKENIZER, key="r_file")
    if file:
        try:
            backends[file.name] = read_tokenizer(file.getvalue(), file.name)
        except viz.Problem as problem:
            ui.fail(problem)
    _compare(backends, text)


def _cut(model: viz.Model, text: str) -> None:
    cutter = wordpiece_of(model.tokenizer)
    traces = [cutter.cut(word) for word in words_of(model.tokenizer, text)]
    st.markdown(
        " ".join(
            f":{'red' if trace.unknown else 'blue' if n % 2 else 'green'}-background[{md(piece)}]"
            for n, trace in enumerate(traces)
            for piece in trace.pieces
        )
    )
    most = max(traces, key=lambda trace: len(trace.steps))
    options = [f"{n + 1} · {trace.word}" for n, trace in enumerate(traces)]
    trace = traces[_pick(st, t("Palabra, paso a paso"), options, traces.index(most), "r_word")]
    table = pd.DataFrame(
        [
            {t("Paso"): n, t("¿Está?"): "✓" if step.found else "✗", t("Se busca"): step.piece}
            for n, step in enumerate(trace.steps, start=1)
        ]
    )
    st.dataframe(table, hide_index=True, height=min(38 * (len(table) + 1), 330), alt=t("Búsquedas de WordPiece"))
    pieces = sum(len(x.pieces) for x in traces)
    seen = t(
        "{words} palabras y signos dan {pieces} piezas. WordPiece busca el trozo más largo que esté entre sus {size} "
        "entradas, desde la izquierda, y sigue con lo que queda; «{prefix}» dice que la pieza continúa una palabra y "
        "no la empieza.",
        words=len(traces),
        pieces=pieces,
        size=decimal(len(cutter.vocabulary), 0),
        prefix=md(cutter.prefix),
    )
    if trace.unknown:
        seen += " " + t(
            "«{word}» acaba en {unknown}: hay en ella un carácter que no es pieza, y se pierde entera.",
            word=md(trace.word),
            unknown=md(cutter.unknown),
        )
    else:
        seen += " " + t(
            "Búsquedas para «{word}»: {steps}; piezas: {n} ({pieces}).",
            word=md(trace.word),
            steps=len(trace.steps),
            n=len(trace.pieces),
            pieces=md(" + ".join(trace.pieces)),
        )
    ui.what_you_see(seen)
    rows = [
        {"word": x.word, "step": n, "tried": step.piece, "found": step.found}
        for x in traces
        for n, step in enumerate(x.steps, start=1)
    ]
    downloads("r_pieces", pd.DataFrame(rows))


def _compare(backends: dict, text: str) -> None:
    pairs = load_pairs()
    left, right = st.columns(2)
    options = {"max_chars": MAX_CHARACTERS, "bind": "query-params"}
    es = left.text_input(t("Una frase en español"), pairs[0][0], key="r_es", **options)
    en = right.text_input(t("La misma en inglés"), pairs[0][1], key="r_en", **options)
    rows = []
    for name, backend in backends.items():
        counts = {"es": total(backend, [pair[0] for pair in pairs]), "en": total(backend, [pair[1] for pair in pairs])}
        rows.append(
            {
                "tokenizer": name,
                "sentence": len(cost(backend, text).pieces),
                "es": len(cost(backend, es).pieces),
                "en": len(cost(backend, en).pieces),
                "pairs_es": counts["es"],
                "pairs_en": counts["en"],
                "ratio": counts["es"] / max(counts["en"], 1),
            }
        )
    table = pd.DataFrame(rows)
    st.dataframe(
        table.assign(ratio=table["ratio"].map(decimal)),
        hide_index=True,
        alt=t("Tokens por tokenizador"),
        column_config={
            "tokenizer": t("Tokenizador"),
            "sentence": t("Tu frase"),
            "es": t("En español"),
            "en": t("En inglés"),
            "pairs_es": t("{n} frases, español", n=len(pairs)),
            "pairs_en": t("{n} frases, inglés", n=len(pairs)),
            "ratio": t("español / inglés"),
        },
    )
    for name, backend in backends.items():
        st.caption(f"**{md(name)}**: " + " · ".join(md(piece) for piece in cost(backend, text).pieces[:80]))
    last = rows[-1]
    ui.what_you_see(
        t(
            "Para «{name}», decir lo mismo en español cuesta {ratio} veces lo que en inglés ({es} frente a {en} tokens "
            "en {n} pares de frases). Más tokens son más cálculo y menos texto dentro del límite.",
            name=md(last["tokenizer"]),
            ratio=decimal(last["ratio"]),
            es=last["pairs_es"],
            en=last["pairs_en"],
            n=len(pairs),
        )
    )
    downloads("r_cost", table)


# --- inputs


def _inputs(text: str) -> None:
    store = current_store()
    first = _words(store, text)
    token = _pick(st, t("Token"), _token_names(first), min(1, len(first.tokens) - 1), "r_token_in")
    parts = inputs_of(store.model, first)
    shown = [(t("token"), parts.token)]
    if parts.segment is not None:
        shown.append((t("+ segmento"), parts.segment))
    shown += [(t("+ posición"), parts.position), (t("= suma"), parts.total), (t("LayerNorm"), parts.normed)]
    rows = {name: part[token] for name, part in shown}

    def figure():
        return strip(list(rows.values()), list(rows))

    chart(figure(), "r_inputs", t("Los embeddings que se suman para un token, como tiras de color."))
    table = pd.DataFrame(rows)
    spread = table.abs().mean()
    ui.what_you_see(
        t(
            "La entrada de «{token}» es la suma, celda a celda, de sus embeddings. De media, una celda vale {word} en "
            "el del token y {position} en el de la posición {n} (sin signo); LayerNorm los devuelve a una escala "
            "común: {normed}.",
            token=md(first.tokens[token]),
            word=decimal(spread.iloc[0], 3),
            position=decimal(spread[t("+ posición")], 3),
            n=token,
            normed=decimal(spread.iloc[-1], 3),
        )
    )
    downloads("r_inputs", table, figure)
    try:
        _swap(store, first)
    except viz.Problem as problem:
        ui.fail(problem)
    st.subheader(t("¿Se parecen las posiciones vecinas?"), anchor=False)
    cosines = position_similarity(store.model, MAX_TOKENS)
    chart(position_map(cosines), "r_positions", t("Coseno entre los embeddings de las primeras posiciones"))
    ui.what_you_see(
        t(
            "Coseno medio entre posiciones contiguas: {near}; entre posiciones a 20 de distancia: {far}. Nadie le dijo "
            "al modelo que la 5 va junto a la 6: si aquí se ve una diagonal clara, lo aprendió leyendo.",
            near=decimal(cosines.diagonal(1).mean()),
            far=decimal(cosines.diagonal(20).mean()),
        )
    )
    downloads("r_positions", pd.DataFrame(cosines).rename(columns=str), lambda: position_map(cosines))


def _words(store, text: str):
    """The encoding of a text of at least two words, cut at the limit, and said so."""
    encoding = store.encode([text])[0]
    if len(encoding.tokens) > MAX_TOKENS or encoding.cut:
        raise viz.Problem("La frase tiene más de {limit} tokens: acórtala.", limit=MAX_TOKENS)
    return encoding


def _swap(store, before) -> None:
    st.subheader(t("¿Qué cambia si cambia el orden?"), anchor=False)
    movable = [n for n, word in enumerate(before.words) if word.text.isalnum()]
    if len(movable) < 2:
        raise viz.Problem("Para cambiar el orden hacen falta dos palabras distintas.")
    names = [f"{n + 1} · {before.words[n].text}" for n in movable]
    left, right = st.columns(2)
    one = movable[_pick(left, t("Cambia de sitio…"), names, min(1, len(names) - 2), "r_swap1")]
    two = movable[_pick(right, t("…y esta"), names, len(names) - 1, "r_swap2")]
    changed = swap_words(before, one, two)
    rows = compare_orders(before, store.encode([changed])[0], one, two)
    st.markdown(f"{md(before.text)}  \n→ {md(changed)}")
    table = pd.DataFrame([{"word": r.word, "moved": r.moved, "input": r.first, "output": r.last} for r in rows])
    st.dataframe(
        _three_decimals(table, "input", "output"),
        hide_index=True,
        alt=t("Coseno de cada palabra consigo misma en los dos órdenes"),
        column_config={
            "word": t("Palabra"),
            "moved": t("Cambió de sitio"),
            "input": t("Coseno a la entrada"),
            "output": t("Coseno a la salida"),
        },
    )
    least = min(rows, key=lambda r: r.last)
    still = [r for r in rows if not r.moved]
    seen = t(
        "Un vector estático no cambiaría: coseno 1 en todas. Aquí la que más cambia a la salida es «{word}» "
        "({cosine}).",
        word=md(least.word),
        cosine=decimal(least.last, 3),
    )
    if still:
        first, last = (sum(getattr(r, end) for r in still) / len(still) for end in ("first", "last"))
        seen += " " + t(
            "Las que no se movieron entran con {first} de media y salen con {cosine}: cambió su contexto.",
            first=decimal(first, 3),
            cosine=decimal(last, 3),
        )
    ui.what_you_see(seen)
    downloads("r_swap", table)


# --- one layer


def _layer(text: str) -> None:
    store = current_store()
    model, encoding = store.model, _words(store, text)
    names = _token_names(encoding)
    left, middle, right = st.columns(3)
    token = _pick(left, t("Token"), names, min(1, len(names) - 1), "r_token")
    layer = middle.slider(t("Capa"), 1, model.layers, min(6, model.layers), key="r_layer", bind="query-params")
    head = right.slider(t("Cabeza"), 1, model.attention_heads, 1, key="r_head", bind="query-params")
    label = t("Con máscara causal (como el decodificador de OpenAI: solo mira a la izquierda)")
    causal = st.toggle(label, key="r_causal", bind="query-params")
    both = walk(model, encoding, layer, token, head - 1)
    left_only = walk(model, encoding, layer, token, head - 1, causal=True)
    w = left_only if causal else both
    st.markdown(_story(w, encoding.tokens[token], layer, head))
    bars = attention_bars(w.weights, encoding.tokens, t("atención"))
    chart(bars, "r_weights", t("Cómo reparte el token su atención"))
    table = pd.DataFrame(
        {
            "token": encoding.tokens,
            "score": w.scores,
            "weight": w.weights,
            "value_1": w.values[:, 0],
            "value_2": w.values[:, 1],
        }
    )
    with st.expander(t("La cuenta, token a token")):
        st.dataframe(
            _three_decimals(table, *table.columns[1:]),
            hide_index=True,
            column_config={
                "token": t("Token"),
                "score": t("consulta · clave / √d"),
                "weight": t("peso"),
                "value_1": t("valor, 1.ª celda"),
                "value_2": t("valor, 2.ª celda"),
            },
            alt=t("Puntuación, peso y valor de cada token"),
        )
    steps = {
        t("entra"): w.x,
        t("atención"): w.attention,
        t("suma y norma"): w.after_attention,
        t("feed-forward"): w.feed_forward,
        t("sale"): w.out,
    }
    chart(strip(list(steps.values()), list(steps)), "r_walk", t("El vector del token en cada paso de la capa"))
    chart(_both(both, left_only, encoding), "r_masks", t("La atención de la cabeza con las dos máscaras"))
    top = max(range(len(w.weights)), key=lambda n: w.weights[n])
    ui.what_you_see(
        t(
            "En la capa {layer}, cabeza {head}, «{token}» mira sobre todo a «{top}» ({weight}). De toda la atención "
            "que esta cabeza reparte mirando a los dos lados, la máscara causal solo dejaría ver el {share}: lo demás "
            "está a la derecha, y el decodificador de OpenAI no puede verlo.",
            layer=layer,
            head=head,
            token=md(encoding.tokens[token]),
            top=md(encoding.tokens[top]),
            weight=percent(float(w.weights[top])),
            share=percent(share_seen_by_causal(both.all_weights)),
        )
    )
    st.caption(
        t(
            "La máscara se pone aquí a un modelo que aprendió sin ella, y solo en esta capa: lo que entra ya viene de "
            "capas que miraron a los dos lados. Enseña qué tapa la máscara, no lo que calcularía un decodificador "
            "entrenado así."
        )
    )
    downloads("r_layer", table, lambda: _both(both, left_only, encoding))


def _both(both, left_only, encoding):
    titles = t("Los dos lados"), t("Solo la izquierda")
    return masks(both.all_weights, left_only.all_weights, encoding.tokens, titles)


def _story(w, token: str, layer: int, head: int) -> str:
    lines = (
        t("Entra el vector de «{token}», {n} números: {numbers}", token=md(token), n=len(w.x), numbers=_first(w.x)),
        t(
            "La cabeza {head} saca de él una **consulta** de {n} números: {numbers}",
            head=head,
            n=len(w.query),
            numbers=_first(w.query),
        ),
        t(
            "La compara con la **clave** de cada token (producto, entre √{n}) y un softmax convierte las {tokens} "
            "puntuaciones en pesos que suman 1.",
            n=len(w.query),
            tokens=len(w.scores),
        ),
        t("La **suma ponderada** de los valores es la salida de la cabeza: {numbers}", numbers=_first(w.head_output)),
        t(
            "Todas las cabezas juntas, por la matriz de salida: {numbers}. **Residual y norma**: se suma a lo que "
            "entró y se normaliza: {after}",
            numbers=_first(w.attention),
            after=_first(w.after_attention),
        ),
        t(
            "**Feed-forward**: se ensancha a {wide} números ({active} de ellos positivos) y vuelve a {n}. Otra vez "
            "residual y norma, y sale: {numbers}",
            wide=decimal(len(w.inner), 0),
            active=decimal(int((w.inner > 0).sum()), 0),
            n=len(w.out),
            numbers=_first(w.out),
        ),
    )
    return "\n".join(f"{n}. {line}" for n, line in enumerate(lines, start=1))


def _first(vector) -> str:
    return "(" + "; ".join(decimal(float(x)) for x in vector[:4]) + "; …)"


# --- architectures


def _architecture(text: str) -> None:
    model = embedded_model()
    tokens = len(model.tokenizer(text)["input_ids"])
    ours = from_config("bert-es-en", model.config)
    columns = st.columns(5)
    layers = columns[0].slider(t("Capas"), 1, 48, 12, key="r_a_layers", bind="query-params")
    heads = columns[2].select_slider(t("Cabezas"), [1, 2, 4, 8, 12, 16], 12, key="r_a_heads", bind="query-params")
    size = columns[1].select_slider(t("Por cabeza"), [16, 32, 64, 128], 64, key="r_a_size", bind="query-params")
    times = columns[3].slider(t("Feed-forward ×"), 1, 8, 4, key="r_a_ff", bind="query-params")
    thousands = columns[4].slider(t("Vocabulario (miles)"), 1, 250, 31, key="r_a_vocab", bind="query-params")
    hidden = heads * size
    mine = Architecture(t("La tuya"), "encoder", layers, hidden, heads, hidden * times, thousands * 1000)
    everyone = (*NAMED, ours, mine)
    names = {
        "embeddings": t("embeddings"),
        "attention": t("atención"),
        "cross_attention": t("atención cruzada"),
        "feed_forward": t("feed-forward"),
        "norms": t("normas"),
        "pooler": t("pooler"),
    }

    def figure():
        return parameter_bars(everyone, names, t("millones de parámetros"))

    chart(figure(), "r_parameters", t("Parámetros de cada arquitectura, por partes"))
    rows = [
        {
            "name": a.name,
            "layers": a.layers,
            "hidden": a.hidden,
            "heads": a.heads,
            "feed_forward": a.feed_forward,
            "vocabulary": a.vocabulary,
            "parameters": total_parameters(a),
            "megabytes": total_parameters(a) * 4 / 2**20,
            "gigaflops": flops(a, tokens) / 1e9,
        }
        for a in everyone
    ]
    table = pd.DataFrame(rows)
    large = ("feed_forward", "vocabulary", "parameters", "megabytes")
    whole = {column: table[column].map(lambda x: decimal(x, 0)) for column in large}
    st.dataframe(
        table.assign(**whole, gigaflops=table["gigaflops"].map(lambda x: decimal(x, 2))),
        hide_index=True,
        column_config={
            "name": t("Arquitectura"),
            "layers": t("Capas"),
            "hidden": t("Ancho"),
            "heads": t("Cabezas"),
            "feed_forward": t("Feed-forward"),
            "vocabulary": t("Vocabulario"),
            "parameters": t("Parámetros"),
            "megabytes": t("MB (float32)"),
            "gigaflops": t("GFLOP, tu frase"),
        },
        alt=t("Números de cada arquitectura"),
    )
    parts = parameters(ours)
    ui.what_you_see(
        t(
            "El modelo incluido tiene {ours} parámetros, contados de su configuración; BERT BASE, {times} veces más. "
            "En el nuestro, {share} está en los embeddings y {ff} en las feed-forward. Leer tu frase ({tokens} tokens) "
            "le cuesta {flops} millones de operaciones.",
            ours=decimal(total_parameters(ours), 0),
            times=decimal(total_parameters(NAMED[2]) / total_parameters(ours), 1),
            tokens=tokens,
            share=percent(parts["embeddings"] / total_parameters(ours)),
            ff=percent(parts["feed_forward"] / total_parameters(ours)),
            flops=decimal(flops(ours, tokens) / 1e6, 0),
        )
    )
    st.caption(
        t(
            "Sin cabezas de tarea. El Transformer tiene además un decodificador, y sus posiciones son senos: no se "
            "aprenden ni se cuentan. Las operaciones son las de los productos de matrices (multiplicar y sumar cuentan "
            "dos)."
        )
    )
    downloads("r_architectures", table, figure)


def _three_decimals(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table.assign(**{column: table[column].map(lambda x: decimal(x, 3)) for column in columns})


def _token_names(encoding) -> list[str]:
    return [f"{n} · {token}" for n, token in enumerate(encoding.tokens)]


def _pick(where, label: str, names: list[str], default: int, key: str) -> int:
    chosen = where.selectbox(label, names, index=default, key=key, bind="query-params")
    return names.index(chosen) if chosen in names else default


main()
