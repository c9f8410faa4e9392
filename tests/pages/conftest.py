from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT


@pytest.fixture
def visit() -> Callable[..., AppTest]:
    """``visit("context", lang="en", layer="3")`` runs the app and then that page, with a query string."""

    def run(file: str, lang: str = "es", **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        for key, value in {"lang": lang, **query}.items():
            at.query_params[key] = value
        at.run()
        for key, value in query.items():  # the home page dropped those that it does not know
            at.query_params[key] = value
        if file != "home":
            at.switch_page(f"pages/{file}/page.py").run()
        assert not at.exception, at.exception
        return at

    return run
