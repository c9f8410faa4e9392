"""Where the files of a checkout lie: the one place that climbs out of the package."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MODELS = ROOT / "models"
LESSONS = ROOT / "lessons"
EMBEDDED = "bert-es-en"  # the folder in MODELS that opens when nothing else is asked for
