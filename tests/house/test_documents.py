"""What the documents say of the checkout is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from ui.road import ROAD

README = (ROOT / "README.md").read_text("utf-8")
TREE = re.search(r"```\n(app\.py .*?)```", README, re.DOTALL)[1]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def named_in_the_tree() -> list[str]:
    """Paths of the drawing, those of an indented line inside the folder above it."""
    paths, folder = [], ""
    for line in TREE.splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = name
        paths.append(name if not line.startswith(" ") else folder + name)
    return paths


@pytest.mark.parametrize("path", named_in_the_tree())
def test_what_the_readme_draws_is_there(path):
    if "<chapter>" not in path:
        assert (ROOT / path).exists()


def test_the_readme_draws_every_folder():
    folders = {path.split("/")[0] for path in TRACKED if "/" in path and not path.startswith(".")}
    assert folders <= {path.rstrip("/") for path in named_in_the_tree()}


def test_every_chapter_has_its_rooms():
    chapters = re.findall(r"^\| `(\w+)` \| `/(\w+)` ", README, re.MULTILINE)
    assert {(stop.file, stop.path) for stop in ROAD if stop.path} == set(chapters)
    for chapter, _ in chapters:
        for room in ("viz", "pages", "tests/viz", "tests/pages"):
            assert (ROOT / room / chapter).is_dir(), f"{room}/{chapter}"
        assert (ROOT / "locale" / "en" / f"{chapter}.po").is_file()


def test_the_python_of_the_readme_runs():
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})


def test_the_reference_names_every_room():
    pages = "\n".join(path.read_text("utf-8") for path in (ROOT / "docs" / "reference").glob("*.md"))
    rooms = {f"viz.{Path(path).parts[1]}" for path in TRACKED if re.fullmatch(r"viz/\w+/__init__\.py", path)}
    readers = {f"viz.{name}" for name in ("load", "bert", "gpt", "elmo")}
    assert set(re.findall(r"^::: ([\w.]+)$", pages, re.MULTILINE)) == rooms | readers


def test_the_reference_is_made_and_loads_nothing_from_elsewhere(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    made = [path.read_text("utf-8") for path in tmp_path.rglob("*.html")]
    assert len(made) > 10
    assert "viz.words.analogy.solve" in "".join(made), "submodules are shown"
    for page in made:
        assert not re.search(r"<(script|img|iframe)[^>]+src=\"?(https?:)?//", page)
        assert not re.search(r"<link[^>]+rel=\"?(stylesheet|preconnect)[^>]+href=\"?(https?:)?//", page)
