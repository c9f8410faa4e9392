"""Cómo lee BERT: word pieces, the three embeddings, one layer from inside, and architectures in numbers."""

import ui
import viz
from pages.reading.architectures import draw_architectures
from pages.reading.inputs import draw_inputs
from pages.reading.layer import draw_layer
from pages.reading.pieces import draw_pieces
from pages.reading.shared import MAX_CHARACTERS, MAX_TOKENIZER, MAX_TOKENS
from ui import N_, t

VIEWS = {
    "pieces": N_("Piezas"),
    "inputs": N_("Entrada"),
    "layer": N_("Una capa por dentro"),
    "architecture": N_("Arquitecturas"),
}
SECTIONS = {
    "pieces": draw_pieces,
    "inputs": draw_inputs,
    "layer": draw_layer,
    "architecture": draw_architectures,
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
    text = ui.text_input(
        t("Tu frase"),
        t("El paleontólogo perdió el as de ese palo jugando con un tahúr."),
        max_chars=MAX_CHARACTERS,
        key="r_text",
    )
    view = ui.choose(t("Qué quieres ver"), VIEWS, "r_view")
    with ui.section():
        if not text.strip():
            raise viz.Problem("El texto está vacío: escribe al menos una palabra.")
        SECTIONS[view](text)
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


main()
