"""The real hub client against a small hub on loopback."""

import json
import re
import threading
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

import viz
from tests.viz import tiny
from viz import hub

COMMIT = "1" * 40


class Hub(BaseHTTPRequestHandler):
    """The four requests that the client makes: model info, HEAD and GET of a file, and GET of a range of it."""

    repos: dict[str, dict[str, bytes]] = {}
    cut: set[str] = set()  # files whose next download breaks off half-way
    served: list[tuple[str, int]] = []

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        if info := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/\w+)?", self.path.split("?")[0]):
            return self._info(info[1])
        if file := re.fullmatch(r"/([^/]+/[^/]+)/resolve/\w+/(.+)", self.path):
            return self._file(file[1], file[2])
        self._reply(404, b"")

    def _info(self, repo):
        if repo not in self.repos:
            return self._reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        files = [{"rfilename": name, "size": len(data)} for name, data in self.repos[repo].items()]
        self._reply(200, json.dumps({"id": repo, "sha": COMMIT, "siblings": files}).encode())

    def _file(self, repo, name):
        data = self.repos[repo].get(name)
        if data is None:
            return self._reply(404, b"", {"X-Error-Code": "EntryNotFound"})
        etag = sha256(data).hexdigest() if name.endswith("safetensors") else sha1(data).hexdigest()
        start = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self.served.append((name, start)) if self.command == "GET" else None
        self._reply(206 if start else 200, data[start:], headers, broken=self.command == "GET" and name in self.cut)
        if self.command == "GET":
            self.cut.discard(name)

    def _reply(self, status, body, headers=None, broken=False):
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) // 2] if broken else body)
        self.close_connection = True

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    files = {p.name: p.read_bytes() for p in tiny.save("bert", tmp_path_factory.mktemp("hub") / "bert").iterdir()}
    config = json.loads(files["config.json"])
    Hub.repos = {
        "gente/bert-enano": files,
        "gente/sin-safetensors": {"config.json": files["config.json"], "pytorch_model.bin": b"x"},
        "gente/gpt": {**files, "config.json": json.dumps(config | {"model_type": "gpt2"}).encode()},
        "gente/raro": {**files, "config.json": json.dumps(config | {"model_type": "mio", "auto_map": {}}).encode()},
    }
    http = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()


@pytest.fixture
def online(server, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", server)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    Hub.served.clear()
    Hub.cut.clear()


def test_size_is_known_before_the_download(online):
    found = hub.describe("gente/bert-enano")
    assert found.bytes == sum(map(len, (Hub.repos["gente/bert-enano"][name] for name in found.files)))
    assert "model.safetensors" in found.files and not Hub.served


def test_download_and_open(online):
    seen = []
    model = viz.load_model("gente/bert-enano", progress=lambda done, total: seen.append((done, total)))
    assert model.heads == {"mlm", "nsp"} and model.name == "gente/bert-enano"
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
    assert viz.load_model(folder).heads == {"mlm"}
    save_file(
        {k: v for k, v in weights.items() if not k.startswith("cls.")}, folder / "model.safetensors", {"format": "pt"}
    )
    assert viz.load_model(folder).heads == set()


def test_folder_without_a_model(tmp_path):
    with pytest.raises(viz.Problem, match=r"config\.json"):
        viz.load_model(tmp_path)
