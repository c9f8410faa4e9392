import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

from tests import no_network

pytest_plugins = ["tests.hub"]

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True, scope="session")
def no_outside_connections():
    no_network.install()
    yield
    no_network.uninstall()


@pytest.fixture(scope="session")
def bert():
    """The embedded model."""
    import viz

    return viz.load_model()
