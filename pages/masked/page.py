"""Palabras ocultas: BERT's training task as something to play with, from one gap to a game."""

import ui
from pages.masked import game, gaps, pairs, scores, training
from pages.masked.shared import MAX_CHARACTERS, MAX_TOKENS
from ui import N_, t
from ui.models import model_with
from viz.masked.cloze import need_masks
from viz.masked.joint import MAX_GAPS

NAMES = {
    "gaps": N_("Huecos"),
    "surprise": N_("Sorpresa"),
    "pairs": N_("Pares mínimos"),
    "sides": N_("Contexto izquierdo"),
    "training": N_("Cómo se entrenó"),
    "game": N_("¿Tú o BERT?"),
}
SECTIONS = {
    "gaps": gaps.draw,
    "surprise": scores.draw_surprise,
    "pairs": pairs.draw,
    "sides": scores.draw_sides,
    "training": training.draw,
    "game": game.draw_game,
}


def main() -> None:
    ui.start(
        t("Palabras ocultas"),
        t(
            "BERT aprendió tapando el 15 % de las palabras y adivinándolas, con todo el diccionario a su disposición. "
            "Aquí puedes hacer esa tarea, medirla y competir."
        ),
    )
    section = ui.choose(t("Sección"), NAMES, "mw_section", label_visibility="collapsed", older={"¿Vos o BERT?": "game"})
    model = model_with(need_masks, "mw_embedded")
    with ui.section():
        SECTIONS[section](model)
    ui.limits(
        t(
            "Frases de hasta {letters} letras; se leen {tokens} piezas como mucho. La lectura conjunta admite {gaps} "
            "huecos. Las probabilidades son del modelo {model}, no de la lengua.",
            letters=MAX_CHARACTERS,
            tokens=MAX_TOKENS,
            gaps=MAX_GAPS,
            model=ui.md(model.name),
        )
    )
    ui.next_stop("masked")


main()
