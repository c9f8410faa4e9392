"""The server's start, in a process of its own: here the libraries have long been imported."""

import subprocess
import sys

from tests.conftest import ROOT

START = """
import asyncio, sys
from host.warm_up import LIBRARIES, warm_up

async def start():
    assert not set(LIBRARIES) & set(sys.modules)
    async with warm_up(None):
        assert set(LIBRARIES) <= set(sys.modules)
        import transformers
        transformers.AutoModelForSequenceClassification

asyncio.run(start())
"""


def test_no_page_is_served_before_the_libraries_are_there():
    subprocess.run([sys.executable, "-c", START], cwd=ROOT, check=True)
