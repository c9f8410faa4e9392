"""``pip install .``: what a notebook outside the checkout gets, and what it pays for."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

HEAVY = ("torch", "transformers", "streamlit", "plotly", "sklearn")


def run(code: str, folder, **env: str) -> str:
    """What a fresh Python in another folder prints."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PALOSCOPIO_MODELS")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=kept | env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder into which pip installed the wheel of this checkout; what it stands on is already here."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", target, ROOT], check=True, timeout=300)
    return target


def test_vectors_of_ones_own_without_torch(installed, tmp_path):
    (tmp_path / "own.vec").write_text("palo 1 0\npalos 0.9 0.1\ncasa 0 1\n", "utf-8")
    code = f"""
import json, sys, viz
found = viz.load_static("own.vec").neighbours("palo", 1)[0][0]
print(json.dumps([viz.__file__, viz.__version__, found, [m for m in {HEAVY} if m in sys.modules]]))
"""
    file, version, found, loaded = json.loads(run(code, tmp_path, PYTHONPATH=str(installed)))
    assert file.startswith(str(installed)) and version[0].isdigit()
    assert found == "palos" and loaded == []


def test_lessons_come_along_and_models_do_not(installed, tmp_path):
    code = """
import viz
from viz.classify.datasets import load_shipped
print(len(viz.load_lessons("es")), len(load_shipped("correos").train))
for load in (viz.load_static, viz.load_model):
    try:
        load("es" if load is viz.load_static else None)
    except viz.Problem as problem:
        print(problem)
"""
    counts, vectors, model = run(code, tmp_path, PYTHONPATH=str(installed)).strip().splitlines()
    assert all(int(n) > 10 for n in counts.split())
    assert "glove-es" in vectors and "bert-es-en" in model
    assert all("PALOSCOPIO_MODELS" in said and "git clone" in said for said in (vectors, model))


def test_models_of_another_folder(installed, tmp_path):
    code = "import viz; print('palo' in viz.load_static('es'))"
    said = run(code, tmp_path, PYTHONPATH=str(installed), PALOSCOPIO_MODELS=str(ROOT / "models"))
    assert said.strip() == "True"


def test_every_public_name_is_there():
    import viz

    assert {name for name in viz.__all__ if not hasattr(viz, name)} == set() and len(viz.__all__) > 10
