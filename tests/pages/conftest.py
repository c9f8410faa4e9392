from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

import viz
from tests.conftest import ROOT
from ui import errors


def text(at: AppTest) -> str:
    """All sentences on screen, as Markdown."""
    return "\n".join(str(e.value) for kind in (at.markdown, at.caption, at.info, at.error, at.warning) for e in kind)


def plain_text(at: AppTest) -> str:
    """The same without the backslashes that keep a reader's text from being Markdown."""
    return text(at).replace("\\", "")


@pytest.fixture
def visit(monkeypatch) -> Callable[..., AppTest]:
    """``visit("context", lang="en", layer="3")`` runs the app and then that page, with a query string.

    What a part of a page did not foresee is an exception here, not a sentence that a test could overlook.
    """
    said = errors.show

    def overlooked(error: Exception) -> bool:
        if not isinstance(error, viz.Problem):
            raise error
        return said(error)

    monkeypatch.setattr(errors, "show", overlooked)

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
