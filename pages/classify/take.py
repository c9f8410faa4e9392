"""Step 5: the classifier, its predictions, the texts and a notebook, to keep."""

import streamlit as st

from pages.classify.data import is_shipped
from pages.classify.lab import Lab
from pages.classify.tune import measured
from pages.classify.use import choose_classifier
from ui.i18n import percent, t
from viz.classify.classifier import Classifier, Frozen, Tuned
from viz.classify.export import frozen_folder, notebook, predictions, table_of, tuned_folder
from viz.classify.scores import Score
from viz.kit.tables import to_csv


def show(lab: Lab) -> None:
    lab.prepare()
    classifier = choose_classifier(lab)
    if isinstance(classifier, Tuned):
        st.markdown(t("Una carpeta que se abre con `transformers` sin nada nuestro, con su ficha."))
    else:
        st.markdown(t("La capa softmax (pesos en safetensors) y cómo se hacen sus vectores, con su ficha."))
    with st.container(horizontal=True):
        st.download_button(
            t("Clasificador (ZIP)"),
            lambda: folder(lab, classifier),
            "paloscopio-clasificador.zip",
            "application/zip",
            key="k_zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            type="primary",
        )
        st.download_button(
            t("Cuaderno (IPYNB)"),
            lambda: book(lab, classifier),
            "paloscopio-clasificar.ipynb",
            "application/x-ipynb+json",
            key="k_notebook",
            icon=":material/menu_book:",
            on_click="ignore",
            help=t("Repite este experimento con `viz`, desde la carpeta de Paloscopio."),
        )
        st.download_button(
            t("Predicciones (CSV)"),
            lambda: to_csv(predictions(classifier, lab.data)),
            "paloscopio-predicciones.csv",
            "text/csv",
            key="k_predicted",
            icon=":material/table:",
            on_click="ignore",
        )
        st.download_button(
            t("Textos (CSV)"),
            lambda: to_csv(table_of(lab.data)),
            "datos.csv",
            "text/csv",
            key="k_data",
            icon=":material/dataset:",
            on_click="ignore",
        )
    st.header(t("La ficha"), anchor=False)
    st.code(card(lab, classifier), language="markdown", wrap_lines=True)


def folder(lab: Lab, classifier: Tuned | Frozen) -> bytes:
    text = card(lab, classifier)
    return tuned_folder(classifier, text) if isinstance(classifier, Tuned) else frozen_folder(classifier, text)


def card(lab: Lab, classifier: Classifier) -> str:
    """The model card, in the reader's language, every figure measured here."""
    data = lab.data
    score = _score(lab, classifier)
    how = t(
        "Una capa softmax sobre {vector} de «{model}», sin cambiar el modelo.",
        vector=lab.vector_name,
        model=lab.model.name,
    )
    opening = t("Los pesos están en `softmax.safetensors`; la fórmula, en `classifier.json`.")
    if isinstance(classifier, Tuned):
        settings, history = classifier.result.settings, classifier.result.history
        how = t(
            "«{model}» ajustado: {epochs} épocas, {batch} textos por paso, tasa {rate}, semilla {seed}; {steps} pasos "
            "en {seconds} s. Se guardó la época {best}.",
            model=lab.model.name,
            epochs=settings.epochs,
            batch=settings.batch,
            rate=f"{settings.lr:g}",
            seed=settings.seed,
            steps=len(history.steps),
            seconds=round(history.seconds),
            best=f"{history.epochs[history.best].epoch:g}",
        )
        opening = (
            "```python\nfrom transformers import pipeline\n\n"
            'classify = pipeline("text-classification", "clasificador")\n```'
        )
    return t(
        "# Clasificador de «{name}»\n\n{how}\n\nEtiquetas: {labels}.\n\n## Datos\n\n{train} textos para aprender, "
        "{dev} para elegir y {test} para medir.\n\n## Resultado\n\nAcierto en los textos de medir: {accuracy} "
        "(intervalo del 95 %: {low} a {high}); macro-F1: {f1}.\n\n## Uso\n\n{opening}\n\n## Límites\n\nAprendido con "
        "pocos textos: sirve para aprender, no para decidir sobre personas. Se hizo con Paloscopio.\n",
        name=data.name,
        how=how,
        labels=", ".join(data.labels),
        train=len(data.train),
        dev=len(data.dev),
        test=len(data.test),
        accuracy=percent(score.accuracy, 1),
        low=percent(score.accuracy_interval[0], 1),
        high=percent(score.accuracy_interval[1], 1),
        f1=percent(score.macro_f1, 1),
        opening=opening,
    )


def book(lab: Lab, classifier: Classifier) -> bytes:
    return notebook(
        lab.data,
        shipped=is_shipped(lab.data),
        model=lab.model.name,
        pooling=lab.pooling,
        option=lab.option,
        settings=classifier.result.settings if isinstance(classifier, Tuned) else None,
        words={
            "title": t(
                "# Clasificar textos\n\nRepite el experimento de la página «Clasificar» de Paloscopio. Ábrelo en la "
                "carpeta del proyecto."
            ),
            "data": t("## Los textos y el modelo\n\nLos textos propios se leen de `datos.csv`, que la página da."),
            "frozen": t("## Una capa sobre el modelo congelado"),
            "others": t("## Lo mismo contando palabras, y con la media de GloVe"),
            "tuned": t("## Ajustar el modelo"),
            "use": t("## Usarlo, y ver por qué"),
        },
    )


def _score(lab: Lab, classifier: Classifier) -> Score:
    if isinstance(classifier, Tuned):
        return measured(lab.job_id, lab.key, classifier.result, lab).score
    return lab.frozen_fit().score
