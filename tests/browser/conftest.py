"""A real server and a real Chromium, both without a way out of the machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# Streamlit looks for its server below a deep link first and at the root next; Chromium logs the first as an error.
EXPECTED = ("/_stcore/health", "/_stcore/host-config")


def pytest_collection_modifyitems(items):
    if BROWSER is None:
        here = [item for item in items if "tests/browser" in item.path.as_posix()]
        for item in here:
            if os.environ.get("CI") == "true":
                item.add_marker(pytest.mark.xfail(run=False, strict=True, reason="CI must have Chromium"))
            else:
                item.add_marker(pytest.mark.skip(reason="no Chromium found: install Debian's package chromium"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of the app, started as the README says, anew for each page's tests; an error in its log fails."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with running("app.py", log) as address:
        yield address
    said = log.read_text()
    assert "Traceback" not in said, said[said.index("Traceback") :][:20_000]


@contextmanager
def running(script: str, log: Path) -> Iterator[str]:
    """The address of a server of ``script``; what it says goes into ``log``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    paths = [ROOT / "tests" / "browser" / "server_site", ROOT]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}", "--server.address=127.0.0.1"]
    with log.open("w") as file:  # no pipe: nobody reads it, and a full one would stop the server
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            break
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.25)
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=120_000)  # busy machines are slow, not wrong
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A Spanish-speaking visitor at 1280×800; the test fails on a console error or an outside request."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES")
    context.set_default_timeout(120_000)
    visit = context.new_page()
    wrong = []
    visit.on("console", lambda m: wrong.append(m.text) if m.type == "error" and not _expected(m) else None)
    visit.on("pageerror", lambda error: wrong.append(str(error)))
    visit.on("request", lambda r: wrong.append(r.url) if _outside(r.url) else None)
    yield visit
    context.close()
    assert not wrong, wrong


def _expected(message) -> bool:
    return any(message.location.get("url", "").endswith(path) for path in EXPECTED)


def _outside(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:", "chrome"))
