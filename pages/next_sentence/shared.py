"""What the sections share."""

import ui
import viz
from ui import t
from viz.next_sentence.prediction import follow

MAX_CHARACTERS = 300
MAX_TOKENS = 128
KINDS = ("next", "topic", "random")
LAST_SEED = 9999


def kind_names() -> dict[str, str]:
    return {"next": t("sigue de verdad"), "topic": t("mismo tema, no sigue"), "random": t("al azar")}


@ui.cache_data(max_entries=200)
def probabilities(model: viz.Model, pairs: tuple[tuple[str, str], ...]) -> list[float]:
    return follow(model, pairs, MAX_TOKENS).tolist()
