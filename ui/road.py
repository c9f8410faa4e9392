"""The chapter's road: every page, in the order of the course."""

from dataclasses import dataclass
from pathlib import Path

from ui.i18n import N_

PAGES = Path(__file__).parent.parent / "pages"


@dataclass(frozen=True)
class Stop:
    """``file`` under pages/, ``path`` in the URL; ``title`` and ``lead``, what one does there, in Spanish."""

    file: str
    path: str
    title: str
    icon: str
    lead: str

    @property
    def script(self) -> Path:
        return PAGES / self.file / "page.py"


ROAD = (
    Stop("home", "", N_("Inicio"), ":material/home:", N_("El problema, en una imagen.")),
    Stop(
        "words",
        "palabras",
        N_("Palabras como números"),
        ":material/view_week:",
        N_("Word2Vec y GloVe: mira los 200 números de «palo», sus vecinas, y resuelve analogías en el plano."),
    ),
    Stop(
        "context",
        "contexto",
        N_("El contexto importa"),
        ":material/bubble_chart:",
        N_("De ELMo a BERT: un vector para cada aparición. Mueve la capa y mira cómo se separan los sentidos."),
    ),
    Stop(
        "reading",
        "lectura",
        N_("Cómo lee BERT"),
        ":material/dataset:",
        N_("El Transformer por dentro: WordPiece, tres embeddings, una capa paso a paso, y lo que puede ver GPT."),
    ),
    Stop(
        "masked",
        "ocultas",
        N_("Palabras ocultas"),
        ":material/password:",
        N_("La tarea con la que aprendió: esconde palabras, adivina tú también, y compárate con BERT."),
    ),
    Stop(
        "next_sentence",
        "sigue",
        N_("¿Sigue o no sigue?"),
        ":material/read_more:",
        N_("La otra tarea: decidir si una frase sigue a otra, y ordenar un párrafo barajado."),
    ),
    Stop(
        "attention",
        "atencion",
        N_("Atención"),
        ":material/visibility:",
        N_("Las cabezas de cada capa: qué mira cada una, cuál encuentra el sujeto, y qué pasa si la apagas."),
    ),
    Stop(
        "classify",
        "clasificar",
        N_("Clasificar"),
        ":material/category:",
        N_("De ULM-FiT a BERT: spam o no spam, con [CLS] y softmax, y luego el ajuste fino, en vivo."),
    ),
    Stop(
        "features",
        "vectores",
        N_("¿Qué vector usar?"),
        ":material/stacks:",
        N_("BERT como extractor de rasgos: seis maneras de elegir un vector, medidas con tus datos."),
    ),
)
