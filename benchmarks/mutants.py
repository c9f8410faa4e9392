"""Can the tests fail? Small faults, one at a time, in a copy of the tree, against the tests beside the module.

python -m benchmarks.mutants --modules viz/context/senses.py viz/classify/scores.py --seconds 300 --seed 0

Prints each fault that the tests did not notice, and the share that they did. The working tree is never written to.
"""

import argparse
import ast
import copy
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "models", "checkpoints", "shared")
COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
COMPARE |= {ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
OPERATE = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "argmin": "argmax", "argmax": "argmin"}


def faults(node: ast.AST) -> Iterator[ast.AST]:
    """The node with one small fault, in every way there is."""
    other = copy.deepcopy(node)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        other.ops[0] = COMPARE[type(node.ops[0])]()
        yield other
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATE:
        other.op = OPERATE[type(node.op)]()
        yield other
    elif isinstance(node, ast.BoolOp):
        other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield other
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield other.operand
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        other.value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield other
    elif isinstance(node, ast.IfExp):
        other.body, other.orelse = other.orelse, other.body
        yield other
    elif isinstance(node, ast.Name | ast.Attribute):
        field = "id" if isinstance(node, ast.Name) else "attr"
        if getattr(node, field) in NAMES:
            setattr(other, field, NAMES[getattr(node, field)])
            yield other
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        other.args[0], other.args[1] = other.args[1], other.args[0]
        yield other


def mutants(source: str) -> list[tuple[int, str, str, str]]:
    """Line, what stood there, what stands there now, and the whole source with it, fault by fault."""
    found = []
    for node in ast.walk(ast.parse(source)):
        was = ast.get_source_segment(source, node) if hasattr(node, "lineno") else None
        if was is None or isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        lines = source.splitlines(keepends=True)
        start = len("".join(lines[: node.lineno - 1]).encode()) + node.col_offset
        for fault in faults(node):
            now, whole = f"({ast.unparse(fault)})" if isinstance(node, ast.expr) else "", source.encode()
            changed = (whole[:start] + now.encode() + whole[start + len(was.encode()) :]).decode()
            try:
                compile(changed, "mutant", "exec")
            except SyntaxError:  # inside a pattern or an f-string
                continue
            found.append((node.lineno, was, now, changed))
    return found


def tests_beside(module: Path) -> Path:
    """tests/viz/<chapter> for viz/<chapter>/….py."""
    return Path("tests", *module.parts[:2]) if len(module.parts) > 2 else Path("tests", module.parts[0])


def passes(tree: Path, tests: Path, limit: float) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", str(tests)]
    try:
        return subprocess.run(command, cwd=tree, capture_output=True, timeout=limit).returncode == 0
    except subprocess.TimeoutExpired:
        return False  # a loop without end is noticed too


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", nargs="+", required=True, help="files under viz/, from the root of the tree")
    parser.add_argument("--tests", help="what to run in place of the folder beside the module")
    parser.add_argument("--seconds", type=float, default=600, help="no new fault is put in after so long")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        (tree / "models").symlink_to(ROOT / "models")
        planned = [(Path(m), *mutant) for m in asked.modules for mutant in mutants((ROOT / m).read_text("utf-8"))]
        random.Random(asked.seed).shuffle(planned)
        tests = {module: Path(asked.tests) if asked.tests else tests_beside(module) for module, *_ in planned}
        limits = {}
        for place in set(tests.values()):
            began = time.monotonic()
            if not passes(tree, place, 3600):
                sys.exit(f"{place} fails before any fault is put in")
            limits[place] = 60 + 3 * (time.monotonic() - began)
        began, tried, killed = time.monotonic(), 0, 0
        for module, line, was, now, changed in planned:
            if time.monotonic() - began > asked.seconds:
                break
            plain = (tree / module).read_text("utf-8")
            (tree / module).write_text(changed, "utf-8")
            noticed = not passes(tree, tests[module], limits[tests[module]])
            (tree / module).write_text(plain, "utf-8")
            tried, killed = tried + 1, killed + noticed
            if not noticed:
                print(f"SURVIVED {module}:{line}  {was}  →  {now}", flush=True)
    print(f"{killed} of {tried} faults were noticed ({killed / max(tried, 1):.0%}), of {len(planned)} that there are")


if __name__ == "__main__":
    main()
