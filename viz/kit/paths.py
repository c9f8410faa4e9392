"""Where files lie, in a checkout or after ``pip install .``: the one place that climbs out of the package."""

import os
from importlib.resources import files
from pathlib import Path

from viz.kit.errors import Problem

ROOT = Path(__file__).parent.parent.parent  # of a checkout
EMBEDDED = "bert-es-en"  # the folder in MODELS that opens when nothing else is asked for
MODELS = Path(os.environ.get("PALOSCOPIO_MODELS") or ROOT / "models")

_PACKED = Path(str(files("viz") / "_lessons"))  # a wheel carries the lessons inside the package
LESSONS = _PACKED if _PACKED.is_dir() else ROOT / "lessons"


def model_folder(name: str) -> Path:
    """The folder of an embedded model or of embedded vectors.

    Raises:
        Problem: it is not there, as after ``pip install .``, which brings the library without the models; says how to
            get it.
    """
    folder = MODELS / name
    if not folder.is_dir():
        raise Problem(
            "No se encuentra «{name}» en {folder}. Los modelos no vienen con «pip install»: están en la carpeta models "
            "del repositorio (git clone --depth 1). Di dónde la tienes con la variable PALOSCOPIO_MODELS.",
            name=name,
            folder=str(MODELS),
        )
    return folder
