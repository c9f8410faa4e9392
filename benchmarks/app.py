"""How long a visitor waits, and what our batching buys: ``python -m benchmarks.app``.

Everything in one run on one machine: cold start to the first picture (a real server and a real Chromium), one edit
and one layer move on the palo lesson, a class of thirty that opens a page at once, 30 and 200 sentences beside a plain
transformers loop, neighbours beside gensim.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import torch
import transformers
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

import viz
from benchmarks.table import median_seconds, show
from viz.context.figures.sense_map import sense_map
from viz.context.lessons import load_lessons
from viz.context.study import Study, study
from viz.kit.paths import EMBEDDED, MODELS
from viz.model.store import Store

ROOT = Path(__file__).parent.parent
CLASS_PAGES = ("contexto", "ocultas", "atencion", "palabras")


@contextmanager
def served() -> Iterator[int]:
    """The app on a free port, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def first_picture() -> tuple[float, float]:
    """Seconds from starting the server to its first answer, and from there to the palo map on a first visit."""
    from playwright.sync_api import sync_playwright

    start = time.perf_counter()
    with served() as port:
        answered = time.perf_counter()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="es-ES")
            visited = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}/contexto")
            page.wait_for_selector(".st-key-c_chart_map .js-plotly-plot .point", timeout=120_000)
            drawn = time.perf_counter()
            browser.close()
    return answered - start, drawn - visited


def classroom(visitors: int = 30) -> list[tuple[str, str, str]]:
    """All visitors open the same pages at the same moment, speaking Streamlit's protocol: no browser draws anything."""
    from websockets.sync.client import connect

    seconds: dict[str, list[float]] = {path: [] for path in CLASS_PAGES}

    def visit() -> None:
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        with connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=60) as line:
            for path, found in seconds.items():
                everybody.wait()
                ask = BackMsg()
                ask.rerun_script.query_string, ask.rerun_script.page_name = "lang=es", path
                start = time.perf_counter()
                line.send(ask.SerializeToString())
                answer = ForwardMsg()
                while answer.WhichOneof("type") != "script_finished":
                    answer.ParseFromString(line.recv(timeout=300))
                assert answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
                found.append(time.perf_counter() - start)

    with served() as port:
        everybody = threading.Barrier(visitors, timeout=300)
        with ThreadPoolExecutor(visitors) as class_:
            for visitor in [class_.submit(visit) for _ in range(visitors)]:
                visitor.result()
    return [(path, f"{np.median(found):.1f} s", f"{max(found):.1f} s") for path, found in seconds.items()]


def draw(found: Study, layer: int) -> go.Figure:
    """What the page computes for one view of one layer."""
    senses, _ = found.groups(layer)
    found.separation(layer)
    return sense_map(found.plane.points, found.occurrences, senses, shown=layer, play="▶")


def interactions() -> list[tuple[str, str]]:
    """One edit and one layer move on the palo lesson, without the browser."""
    store, glove = Store(viz.load_model()), viz.load_static("es")
    lesson = next(iter(load_lessons("es").values()))
    start = time.perf_counter()
    found = study(store, glove, lesson.rows, lesson.word)
    draw(found, found.best_layer)
    first = time.perf_counter() - start
    count = iter(range(10_000))

    def edit():
        changed = study(store, glove, [(f"Un palo número {next(count)}.", "madera"), *lesson.rows[1:]], lesson.word)
        draw(changed, 7)

    def layer_move():
        draw(found, 7)

    return [
        (f"palo lesson, {len(lesson.rows)} sentences, first time", f"{first * 1000:.0f} ms"),
        ("one edit of one sentence", f"{median_seconds(edit) * 1000:.0f} ms"),
        ("one layer move", f"{median_seconds(layer_move) * 1000:.1f} ms"),
    ]


def batching() -> list[tuple[str, str, str, str]]:
    """``Model.encode`` beside one plain transformers call a sentence, attentions and hidden states kept by both."""
    model = viz.load_model()
    plain = transformers.BertModel.from_pretrained(MODELS / EMBEDDED, attn_implementation="eager", dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODELS / EMBEDDED)
    sentences = [s.replace("[", "").replace("]", "") for x in load_lessons("es").values() for s, _ in x.rows]

    def loop(texts):
        with torch.inference_mode():
            for text in texts:
                plain(**tokenizer(text, return_tensors="pt"), output_hidden_states=True, output_attentions=True)

    rows = []
    for count in (30, 200):
        texts = sentences[:count]
        ours = median_seconds(lambda texts=texts: model.encode(texts), times=3)
        theirs = median_seconds(lambda texts=texts: loop(texts), times=3)
        rows.append((f"{count} sentences", f"{ours:.2f} s", f"{theirs:.2f} s", f"{theirs / ours:.1f}×"))
    return rows


def neighbours() -> list[tuple[str, str, str, str]]:
    """``neighbours`` beside gensim's ``most_similar`` on the same vectors, after asserting equal answers."""
    from gensim.models import KeyedVectors

    rows = []
    for lang, word in (("es", "palo"), ("en", "stick")):
        ours = viz.load_static(lang)
        theirs = KeyedVectors(ours.matrix.shape[1])
        theirs.add_vectors(list(ours.words), np.asarray(ours.matrix, dtype=np.float32))
        assert [w for w, _ in ours.neighbours(word, 10)] == [w for w, _ in theirs.most_similar(word, topn=10)]
        a = median_seconds(lambda o=ours, w=word: o.neighbours(w, 10), times=21)
        b = median_seconds(lambda o=theirs, w=word: o.most_similar(w, topn=10), times=21)
        shape = f"{ours.matrix.shape[0]:,} × {ours.matrix.shape[1]}"
        rows.append((f"neighbours of «{word}», {shape}", f"{a * 1000:.1f} ms", f"{b * 1000:.1f} ms", f"{b / a:.1f}×"))
    return rows


def main() -> None:
    answered, drawn = first_picture()
    show(
        "A visitor waits",
        ["what", "time"],
        [
            ("server start to its first answer", f"{answered:.1f} s"),
            ("first visit to the palo map on screen", f"{drawn:.1f} s"),
            *interactions(),
        ],
    )
    show("Thirty visitors at once", ["page", "median", "slowest"], classroom())
    show("Batching", ["what", "viz", "plain transformers, one by one", "ratio"], batching())
    show("Neighbours", ["what", "viz", "gensim", "ratio"], neighbours())


if __name__ == "__main__":
    main()
