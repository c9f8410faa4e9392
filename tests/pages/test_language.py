"""Spanish is the source; English must be complete and say the same things about the same values."""

import re

import pytest
from babel.messages.extract import extract_from_dir

from tests.conftest import ROOT
from ui.i18n import LOCALE, catalogue

KEYWORDS = {"t": None, "Problem": None, "N_": None, "FeatureOption": (2,)}


def messages() -> set[str]:
    found = set()
    for folder in ("ui", "pages", "viz"):
        for _, _, message, _, _ in extract_from_dir(ROOT / folder, keywords=KEYWORDS):
            found.add(message if isinstance(message, str) else message[0])
    return found


@pytest.mark.parametrize("lang", [path.name for path in LOCALE.iterdir() if path.is_dir()])
def test_every_message_is_translated(lang):
    known = catalogue(lang)._catalog
    fallback = catalogue(lang)._fallback
    while fallback:
        known = {**getattr(fallback, "_catalog", {}), **known}
        fallback = getattr(fallback, "_fallback", None)
    missing = sorted(message for message in messages() if not known.get(message))
    assert not missing, f"{len(missing)} without translation into {lang}: {missing[:20]}"


@pytest.mark.parametrize("lang", [path.name for path in LOCALE.iterdir() if path.is_dir()])
def test_translations_keep_the_values(lang):
    for message in messages():
        fields = set(re.findall(r"{(\w*)", message))
        assert set(re.findall(r"{(\w*)", catalogue(lang).gettext(message))) == fields, message
