"""The real hub client against a small hub on loopback."""

from dataclasses import replace

import numpy as np
import pytest

import viz
from tests.hub import Hub
from tests.viz import tiny
from viz.model import hub


def test_size_is_known_before_the_download(online):
    found = hub.describe("gente/bert-enano")
    assert found.bytes == sum(map(len, (Hub.repos["gente/bert-enano"][name] for name in found.files)))
    assert "model.safetensors" in found.files and not Hub.served


def test_download_and_open(online):
    seen = []
    model = viz.load_model("gente/bert-enano", progress=lambda done, total: seen.append((done, total)))
    assert model.abilities == {"mlm", "nsp"} and model.name == "gente/bert-enano"
    assert np.isfinite(model.encode("el palo")[0].hidden_states).all()
    total = hub.describe("gente/bert-enano").bytes
    assert seen[-1] == (total, total) and seen == sorted(seen) and len(seen) > 2
    before = len(Hub.served)
    viz.load_model("gente/bert-enano")
    assert len(Hub.served) == before, "the second time comes from the cache"


def test_resumes_where_it_broke(online, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1024)
    found = hub.describe("gente/bert-enano")
    Hub.cut.add("model.safetensors")
    try:
        hub.fetch(found)
    except viz.Problem as problem:
        assert "sigue donde quedó" in str(problem)
        hub.fetch(found)
    starts = [start for name, start in Hub.served if name == "model.safetensors"]
    assert starts[0] == 0 and starts[-1] > 0
    folder = hub.fetch(found)
    assert (folder / "model.safetensors").read_bytes() == Hub.repos["gente/bert-enano"]["model.safetensors"]


@pytest.mark.parametrize(
    "model, sentence",
    [
        ("gente/nadie", "No existe ningún modelo"),
        ("gente/sin-safetensors", "safetensors"),
        ("gente/gpt", "no es un codificador"),
        ("gente/raro", "no es un codificador"),
        ("../../etc/passwd", "no es un identificador"),
        ("a b", "no es un identificador"),
    ],
)
def test_clear_refusals(online, model, sentence):
    with pytest.raises(viz.Problem, match=sentence):
        viz.load_model(model)
    assert not any(name.endswith("safetensors") for name, _ in Hub.served), "weights moved before the refusal"


def test_allow_list(online):
    with pytest.raises(viz.Problem, match="no permite"):
        viz.load_model("gente/bert-enano", allowed={"otra/cosa"})
    assert viz.load_model("gente/bert-enano", allowed={"gente/bert-enano"}).layers == 3


def test_offline_says_so_and_what_was_fetched_still_opens(online, monkeypatch):
    viz.load_model("gente/bert-enano")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert viz.load_model("gente/bert-enano").layers == 3
    with pytest.raises(viz.Problem, match="No hay conexión"):
        viz.load_model("gente/otro")


def test_a_head_that_the_file_lacks_is_not_a_head(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny.save("bert", tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {k: v for k, v in weights.items() if "seq_relationship" not in k},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    assert viz.load_model(folder).abilities == {"mlm"}
    save_file(
        {k: v for k, v in weights.items() if not k.startswith("cls.")}, folder / "model.safetensors", {"format": "pt"}
    )
    assert viz.load_model(folder).abilities == set()


def test_folder_without_a_model(tmp_path):
    with pytest.raises(viz.Problem, match=r"config\.json"):
        viz.load_model(tmp_path)


def test_a_model_over_the_limit_is_refused_before_it_moves(online, monkeypatch):
    found = hub.describe("gente/bert-enano")
    big = replace(found, bytes=1025 * 2**20)
    with pytest.raises(viz.Problem, match=r"pesa 1025 MB.* 1024 MB.*PALOSCOPIO_MAX_MODEL_MB"):
        hub._small_enough(big)
    monkeypatch.setenv("PALOSCOPIO_MAX_MODEL_MB", "2000")
    assert hub._small_enough(big) is big
    monkeypatch.setenv("PALOSCOPIO_MAX_MODEL_MB", "0")
    with pytest.raises(viz.Problem, match="hasta 0 MB"):
        viz.load_model("gente/bert-enano")
    assert not Hub.served


def test_a_revision_opens_and_an_unknown_one_is_a_sentence(online):
    assert viz.load_model("gente/bert-enano", revision="refs/pr/1").layers == 3
    with pytest.raises(viz.Problem, match="no tiene la revisión «otra»"):
        viz.load_model("gente/bert-enano", revision="otra")
    with pytest.raises(viz.Problem, match="no es una rama"):
        viz.load_model("gente/bert-enano", revision="../x")
