"""Clasificar: a softmax layer on BERT, then the whole of BERT fine-tuned, live, on the reader's own texts."""

import ui
from pages.classify import features, look, take, tune, use
from pages.classify.data import choose_data, limits_text
from pages.classify.lab import open_lab
from ui import N_, t

STEPS = {
    "look": N_("1 · Mirar"),
    "features": N_("2 · Extraer rasgos"),
    "tune": N_("3 · Ajustar"),
    "use": N_("4 · Usar"),
    "take": N_("5 · Llevar"),
}


def main() -> None:
    ui.start(
        t("Clasificar"),
        t(
            "Lo primero que se hace con BERT: un texto entra, sale un vector, y **una capa con softmax** dice si es "
            "spam. Más etiquetas, más neuronas. Luego se ajusta el modelo entero y se mira si mereció la pena."
        ),
    )
    ui.question(t("¿Cuánto pone BERT y cuánto la capa? Compáralo con contar palabras, y después ajústalo."))
    tune.say_if_lost()
    data = choose_data()
    if data:
        lab = open_lab(data)
        step = ui.choose(t("Paso"), STEPS, "k_step", width="stretch")
        {"look": look, "features": features, "tune": tune, "use": use, "take": take}[step].show(lab)
    ui.limits(limits_text())
    ui.next_stop("classify")


main()
