"""A small hub on loopback, for the real hub client."""

import json
import re
import threading
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from tests.viz import tiny

COMMIT = "1" * 40


class Hub(BaseHTTPRequestHandler):
    """The four requests that the client makes: model info, HEAD and GET of a file, and GET of a range of it."""

    repos: ClassVar[dict[str, dict[str, bytes]]] = {}
    cut: ClassVar[set[str]] = set()  # files whose next download breaks off half-way
    served: ClassVar[list[tuple[str, int]]] = []
    asked: ClassVar[list[str]] = []  # the path of every request

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.asked.append(self.path)
        if info := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/([\w%.-]+))?", self.path.split("?")[0]):
            return self._info(info[1], info[2])
        if file := re.fullmatch(r"/([^/]+/[^/]+)/resolve/\w+/(.+)", self.path):
            return self._file(file[1], file[2])
        self._reply(404, b"")

    def _info(self, repo, revision):
        if revision not in (None, COMMIT, "main", "refs%2Fpr%2F1"):
            return self._reply(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
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


@pytest.fixture(scope="session")
def small_hub(tmp_path_factory):
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
def online(small_hub, monkeypatch, tmp_path):
    """The hub client talks to the small hub and keeps its files in a folder of this test."""
    monkeypatch.setenv("HF_ENDPOINT", small_hub)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    Hub.served.clear()
    Hub.asked.clear()
    Hub.cut.clear()
