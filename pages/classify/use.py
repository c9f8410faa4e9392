"""Step 4: a text of one's own, its probabilities and why, the neurons at work, a threshold."""

import streamlit as st

import ui
import viz
from pages.classify.lab import Lab
from ui import N_, decimal, percent, t
from ui.exports import chart, downloads
from ui.layout import fail, what_you_see
from ui.text import md
from viz.classify import figures as draw
from viz.classify.classifier import Classifier, Frozen, Tuned
from viz.classify.explain import Explanation, integrated_gradients, occlusion
from viz.classify.own_texts import MAX_CHARS
from viz.classify.scores import nearest, threshold_table

# A hard case of each set, written for this page.
EXAMPLES = {
    "correos": "Hola, soy Marta, la del coro. El sábado hay empanadas gratis en mi casa para quien traiga guitarra.",
    "resenas": "No es que no me gustara: es que no pude soltarlo en toda la noche.",
    "afirmaciones": "Creo que el puente más bonito de la ciudad se construyó en 1932.",
    "mail": "Final notice: your free gift is waiting, says my grandmother, and it is a cake.",
}


def show(lab: Lab) -> None:
    lab.prepare()
    classifier = choose_classifier(lab)
    labels = lab.data.labels
    start = EXAMPLES.get(lab.data.name, lab.data.test[0][0])
    text = st.text_area(
        t("Escribe un texto"),
        start,
        key=f"k_text_{lab.data.key[:6]}",
        bind="query-params",
        max_chars=MAX_CHARS,
        height=90,
    ).strip()
    variant = st.text_input(
        t("Otra versión, para comparar (cambia una palabra)"), key="k_variant", bind="query-params", max_chars=MAX_CHARS
    ).strip()
    try:
        if not text:
            raise viz.Problem("El texto está vacío: escribe al menos una palabra.")
        found = classifier.read([text, variant] if variant else [text])
    except viz.Problem as problem:
        fail(problem)
        return
    first = int(found.probabilities[0].argmax())
    bars = {t("Tu texto"): found.probabilities[0]}
    if variant:
        bars[t("La otra versión")] = found.probabilities[1]
    figure = draw.probability_bars(bars, labels)
    said = ", ".join(f"{label}: {percent(p, 1)}" for label, p in zip(labels, found.probabilities[0], strict=True))
    chart(figure, "k_bars", said)
    if variant:
        shift = found.probabilities[1] - found.probabilities[0]
        k = int(abs(shift).argmax())
        st.caption(
            t(
                "Lo que más cambia: «{label}», de {a} a {b}.",
                label=md(labels[k]),
                a=percent(found.probabilities[0, k], 1),
                b=percent(found.probabilities[1, k], 1),
            )
        )

    st.header(t("¿Por qué?"), anchor=False)
    left, right = st.columns(2)
    label = left.selectbox(
        t("¿Qué palabras hablan a favor de…?"),
        range(len(labels)),
        first,
        key=f"k_why_{lab.data.key[:6]}_{first}",
        format_func=lambda k: labels[k],
    )
    methods = {"occlusion": N_("Tapar cada palabra"), "gradients": N_("Gradientes integrados")}
    method = ui.choose(t("Cómo se mide"), methods, "k_method", place=right)
    with st.spinner(t("Buscando las palabras que pesan…")):
        why = explain(classifier, text, label, method)
    st.html(draw.coloured_words(why, lambda score: t("{points} puntos", points=signed(score))))
    what_you_see(reading(why, labels[label]))
    st.caption(
        t(
            "Cuidado: los colores dicen en qué se apoya **este** clasificador con **este** texto, no si hace bien. Dos "
            "métodos pueden no coincidir, y palabras que se anulan entre sí no se ven de una en una."
        )
    )
    if why.unread:
        st.caption(t("Quedan {n} letras sin mirar: se miran {words} palabras.", n=why.unread, words=len(why.words)))

    st.header(t("Las neuronas de la última capa"), anchor=False)
    picture = draw.neurons(
        classifier.layer, found.vectors[0], found.probabilities[0], labels, rest=t("las otras {n}"), bias=t("sesgo")
    )
    chart(picture, "k_neurons", said)
    st.caption(
        t(
            "Una neurona por etiqueta. Cada línea es peso × entrada en este texto: azul suma, roja resta. Cada neurona "
            "suma lo que le llega y softmax reparte el 100 % entre las {n}. Quita o pon etiquetas arriba y cuenta las "
            "neuronas.",
            n=len(labels),
        )
    )

    st.header(t("Los textos de aprender que más se le parecen"), anchor=False)
    texts, truth = lab.data.split("train")
    vectors = train_vectors(lab, classifier)
    for row, cosine in nearest(vectors, found.vectors[0]):
        st.markdown(f"- **{md(labels[truth[row]])}** · {decimal(cosine)} · {md(texts[row])}")
    downloads("k_use", None, lambda: figure)

    _threshold(lab, classifier, labels)


def choose_classifier(lab: Lab) -> Tuned | Frozen:
    """Which of the trained classifiers; the fine-tuned one exists once step 3 has been done."""
    kinds = lab.classifiers()
    names = {"tuned": t("El ajustado en esta sesión"), "frozen": t("BERT congelado + una capa")}
    kind = st.segmented_control(
        t("Clasificador"),
        list(kinds),
        default=next(iter(kinds)),
        required=True,
        format_func=names.__getitem__,
        key=f"k_kind_{len(kinds)}",
        help=t("El ajustado aparece cuando termina un ajuste en el paso 3."),
    )
    return kinds[kind]()


def explain(classifier: Classifier, text: str, label: int, method: str) -> Explanation:
    return _explain(repr((classifier.layer.bias.tobytes(), text, label, method)), classifier, text, label, method)


@st.cache_data(max_entries=100, show_spinner=False)
def _explain(key: str, _classifier: Classifier, _text: str, _label: int, _method: str) -> Explanation:
    return (occlusion if _method == "occlusion" else integrated_gradients)(_classifier, _text, _label)


def train_vectors(lab: Lab, classifier: Classifier):
    """Frozen vectors are at hand; those of a fine-tuned model are read once."""
    texts = lab.data.split("train")[0]
    if classifier.layer.weight.shape[1] == lab.size and classifier.model is lab.model:
        return classifier.read(texts).vectors
    with st.spinner(t("El modelo ajustado lee los textos de aprender…"), show_time=True):
        return _tuned_vectors(lab.job_id, classifier, texts)


@st.cache_data(max_entries=8, show_spinner=False)
def _tuned_vectors(job_id: str, _classifier: Classifier, _texts: list[str]):
    return _classifier.read(_texts).vectors


def reading(why: Explanation, label: str) -> str:
    strongest = int(why.scores.argmax())
    against = int(why.scores.argmin())
    parts = [
        t(
            "La palabra que más empuja hacia «{label}» es «{word}» ({points} puntos).",
            label=md(label),
            word=md(why.words[strongest].text),
            points=signed(why.scores[strongest]),
        )
    ]
    if why.scores[against] < 0:
        parts.append(
            t(
                "La que más la aleja es «{word}» ({points}).",
                word=md(why.words[against].text),
                points=signed(why.scores[against]),
            )
        )
    if why.baseline is None:
        parts.append(
            t(
                "Se tapa cada palabra con [MASK] y se mira cuánto baja la probabilidad, que es {p}.",
                p=percent(why.probability, 1),
            )
        )
    else:
        parts.append(
            t(
                "Con todas las palabras tapadas la probabilidad es {a} y con el texto entero {b}: los colores reparten "
                "esa diferencia y suman {sum} puntos.",
                a=percent(why.baseline, 1),
                b=percent(why.probability, 1),
                sum=signed(why.scores.sum()),
            )
        )
    return " ".join(parts)


def signed(score: float) -> str:
    """A share as signed percentage points."""
    return f"{'−' if score < 0 else '+'}{decimal(100 * abs(float(score)), 1)}"


def _threshold(lab: Lab, classifier: Classifier, labels: tuple[str, ...]) -> None:
    st.header(t("¿A partir de qué probabilidad?"), anchor=False)
    left, right = st.columns(2)
    positive = left.selectbox(
        t("La etiqueta que se quiere cazar"),
        range(len(labels)),
        labels.index("spam") if "spam" in labels else 0,
        key=f"k_positive_{lab.data.key[:6]}",
        format_func=lambda k: labels[k],
    )
    limit = right.slider(t("Umbral"), 0.0, 1.0, 0.5, 0.01, key="k_threshold", bind="query-params")
    table = _curve(lab, classifier, positive)
    row = table.iloc[round(100 * limit)]
    figure = draw.threshold(table, limit, precision=t("precisión"), recall=t("exhaustividad"), x_title=t("umbral"))
    chart(figure, "k_threshold_chart", t("Precisión y exhaustividad según el umbral"))
    what_you_see(
        t(
            "Llamando «{label}» a todo lo que llega a {limit}, de {called} textos señalados lo son {found}: precisión "
            "{precision}. Se escapan {missed} de {all}: exhaustividad {recall}. Sube el umbral y verás moverse las "
            "dos.",
            label=md(labels[positive]),
            limit=percent(limit),
            called=int(row["found"] + row["false"]),
            found=int(row["found"]),
            precision=percent(row["precision"]) if row["found"] + row["false"] else "–",
            missed=int(row["missed"]),
            all=int(row["found"] + row["missed"]),
            recall=percent(row["recall"]),
        )
    )
    downloads("k_thresholds", lambda: table, lambda: figure)


def _curve(lab: Lab, classifier: Classifier, positive: int):
    if classifier.model is lab.model:
        found = lab.frozen_fit().test
    else:
        found = _tuned_test(lab.job_id, classifier, lab.data.split("test")[0])
    return threshold_table(lab.truth("test") == positive, found[:, positive])


@st.cache_data(max_entries=8, show_spinner=False)
def _tuned_test(job_id: str, _classifier: Classifier, _texts: list[str]):
    return _classifier.read(_texts).probabilities
