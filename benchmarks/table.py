"""Timings and their table, the same for every benchmark."""

import statistics
import time
from collections.abc import Callable, Sequence


def median_seconds(run: Callable[[], object], times: int = 5, warm_up: int = 1) -> float:
    """Median wall time of ``run`` in seconds, after ``warm_up`` uncounted runs."""
    for _ in range(warm_up):
        run()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def show(title: str, heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Print a Markdown table and return it."""
    lines = [
        f"### {title}",
        "",
        "| " + " | ".join(heading) + " |",
        "|" + "|".join([":--"] + ["--:"] * (len(heading) - 1)) + "|",
    ]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    table = "\n".join(lines) + "\n"
    print(table, flush=True)
    return table
