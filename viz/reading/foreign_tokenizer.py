"""A reader's ``tokenizer.json`` cuts texts in a process of its own, with limits of memory and time.

The file is data, yet it can hold a regular expression that never ends, a padding of gigabytes or a table that makes
the tokenizers library abort, which ends the whole process and not only a page.
"""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cachetools import LRUCache

from viz.kit.errors import Problem

CHILD = Path(__file__).with_name("tokenizer_process.py")
SECONDS = 10  # for reading the file and all texts of one call
MEMORY = 2 << 30  # bytes of address space; the largest vocabularies in use (a quarter of a million pieces) need half
_one = threading.Lock()  # one at a time, so that several visitors need no more memory than one
_known: LRUCache = LRUCache(2_000)  # (file, text) → pieces, or what went wrong


@dataclass(frozen=True)
class ForeignTokenizer:
    name: str
    data: bytes = field(repr=False)
    key: str  # fingerprint of the data

    def pieces(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The tokens of clean texts, special ones left out; padding and truncation are switched off.

        Raises:
            Problem: it cannot, or not within the limits.
        """
        with _one:
            missing = [text for text in dict.fromkeys(texts) if (self.key, text) not in _known]
            if missing:
                found = _run(self.data, missing, self.name)
                _known.update({(self.key, text): x for text, x in zip(missing, found, strict=True)})
            answers = [_known[self.key, text] for text in texts]
        for answer in answers:
            if isinstance(answer, Problem):
                raise answer
        return answers


def open_tokenizer(data: bytes, name: str) -> ForeignTokenizer:
    """Read once, to see that it can be.

    Raises:
        Problem: it is no tokenizer, or takes too long or too much memory.
    """
    tokenizer = ForeignTokenizer(name, data, hashlib.sha256(data).hexdigest())
    tokenizer.pieces(["a"])
    return tokenizer


def _run(data: bytes, texts: Sequence[str], name: str) -> list[tuple[str, ...] | Problem]:
    """The child's answer for each text; the same Problem for all if it ended badly."""
    problem = Problem("«{name}» no es un tokenizer.json que se pueda leer.", name=name)
    header = json.dumps({"bytes": len(data), "seconds": SECONDS, "memory": MEMORY}).encode() + b"\n"
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(CHILD)],
            input=header + data + json.dumps(texts).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            env={"TOKENIZERS_PARALLELISM": "false"},
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else {"error": "ended"}
    except subprocess.TimeoutExpired:
        slow = Problem(
            "«{name}» tarda más de {seconds} segundos con estas frases: no se usa.", name=name, seconds=SECONDS
        )
        return [slow] * len(texts)
    except (OSError, ValueError):  # no process to be had, or it was killed in the middle of its answer
        return [problem] * len(texts)
    if answer.get("error") == "encode":
        problem = Problem("«{name}» no puede partir estas frases en tokens.", name=name)
    elif answer.get("error") == "many":
        problem = Problem("«{name}» saca demasiados tokens de una frase.", name=name)
    elif answer.get("error") == "memory":
        problem = Problem("«{name}» necesita demasiada memoria.", name=name)
    return [tuple(pieces) for pieces in answer["pieces"]] if "pieces" in answer else [problem] * len(texts)
