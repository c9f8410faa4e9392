"""Our attention figure against bertviz's head_view: python -m benchmarks.attention

The same attention of 12 layers of 12 heads at 14 and at 128 tokens: bytes, time to make, and time from opening the
file in Chromium, with the network off, until the lines or maps are on screen. bertviz is measured as it is for
bytes and making; for the screen it gets its scripts inlined (viz/figures/bertviz_classic.py), since as it is it
shows nothing without a network. At 128 tokens Chromium may need minutes for it: 120 s is where waiting ends.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bertviz
import torch
from playwright.sync_api import TimeoutError as Late
from playwright.sync_api import sync_playwright

import viz
from tests.browser.conftest import BROWSER, FLAGS
from viz.attention.classic import offline

TEXT = "El mozo ató la vela al palo del barco antes de la tormenta. "
LENGTHS = (14, 128)
REPEATS = 5
WAIT = 120_000  # milliseconds
PAINTED = "new Promise(go => requestAnimationFrame(() => requestAnimationFrame(() => go(performance.now()))))"


def main() -> None:
    model = viz.load_model()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        print("| tokens | figure | bytes | made in (s) | on screen after (s) |")
        print("|---|---|---|---|---|")
        for length in LENGTHS:
            encoding = model.encode(TEXT * 20, max_tokens=length)[0]
            layers = [torch.from_numpy(layer.copy())[None] for layer in encoding.attentions]
            makers = {
                "ours": lambda e=encoding: viz.attention_html(e),
                "bertviz": lambda e=encoding, a=layers: bertviz.head_view(a, list(e.tokens), html_action="return").data,
            }
            made, seconds = in_turn(makers)
            pages = {"ours": made["ours"], "bertviz": offline(made["bertviz"])}
            for name, ready in (("ours", "html[data-ready]"), ("bertviz", "svg #attention line")):
                path = Path(folder) / f"{name}.html"
                path.write_text(pages[name], "utf-8")
                shown = on_screen(browser, path, ready)
                size = len(made[name].encode())
                print(f"| {length} | {name} | {size:,} | {seconds[name]:.3f} | {shown} |", flush=True)
            size, pace = (len(made["bertviz"]) / len(made["ours"]), seconds["bertviz"] / seconds["ours"])
            print(f"| {length} | ours is | {size:.0f} times smaller | {pace:.1f} times faster | |", flush=True)
        browser.close()


def in_turn(makers: dict[str, Callable[[], str]]) -> tuple[dict[str, str], dict[str, float]]:
    """What each makes, and its best time of five; turn about, so that a busy machine is busy for both."""
    made, seconds = {}, dict.fromkeys(makers, float("inf"))
    for _ in range(REPEATS):
        for name, make in makers.items():
            start = time.perf_counter()
            made[name] = make()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return made, seconds


def on_screen(browser, path: Path, ready: str) -> str:
    """Seconds from the start of navigation until ``ready`` is there and painted; best of three if they are short."""
    best = float("inf")
    for _ in range(3):
        context = browser.new_context(offline=True)
        page = context.new_page()
        try:
            page.goto(path.as_uri(), wait_until="commit", timeout=WAIT)
            page.wait_for_selector(ready, state="attached", timeout=WAIT)
            best = min(best, page.evaluate(PAINTED) / 1000)
        except Late:
            return f"more than {WAIT // 1000}"
        finally:
            context.close()
        if best > 10:
            break
    return f"{best:.2f}"


if __name__ == "__main__":
    main()
