"""The chapter's road: every page, in the order of the course."""

from dataclasses import dataclass
from pathlib import Path

PAGES = Path(__file__).parent.parent / "pages"


@dataclass(frozen=True)
class Stop:
    """``file`` under pages/, ``path`` in the URL, ``title`` in Spanish (pages translate it)."""

    file: str
    path: str
    title: str
    icon: str

    @property
    def script(self) -> Path:
        return PAGES / f"{self.file}.py"


ROAD = (
    Stop("home", "", "Inicio", ":material/home:"),
    Stop("word_vectors", "palabras", "Palabras como números", ":material/view_week:"),
    Stop("context", "contexto", "El contexto importa", ":material/bubble_chart:"),
    Stop("how_bert_reads", "lectura", "Cómo lee BERT", ":material/dataset:"),
    Stop("masked_words", "ocultas", "Palabras ocultas", ":material/password:"),
    Stop("next_sentence", "sigue", "¿Sigue o no sigue?", ":material/read_more:"),
    Stop("attention", "atencion", "Atención", ":material/visibility:"),
    Stop("classify", "clasificar", "Clasificar", ":material/category:"),
    Stop("which_vector", "vectores", "¿Qué vector usar?", ":material/stacks:"),
)
