import pytest

from tests.pages.conftest import plain_text as text
from ui.models import embedded_model
from viz.reading.architectures import BERT_BASE, from_config, total_parameters

VIEWS = {
    "es": ["Piezas", "Entrada", "Una capa por dentro", "Arquitecturas"],
    "en": ["Pieces", "Input", "Inside a layer", "Architectures"],
}


@pytest.mark.parametrize("lang", ["es", "en"])
def test_every_view_opens_with_a_lesson(visit, lang):
    for view in VIEWS[lang]:
        at = visit("reading", lang, **{f"r_view_{lang}": view})
        assert not at.error, (view, at.error)
        assert at.get("plotly_chart") or view == VIEWS[lang][0]


def test_pieces_follow_the_sentence(visit):
    at = visit("reading", r_text_es="El palo ☃.")
    assert "[UNK]" in text(at)
    words = at.selectbox(key="r_word")
    assert words.options == ["1 · El", "2 · palo", "3 · ☃", "4 · ."]
    words.set_value("3 · ☃").run()
    assert "☃" in text(at) and not at.exception


def test_one_forward_pass_an_interaction(visit):
    model = embedded_model()
    at = visit("reading", r_view_es="Una capa por dentro", r_text_es="Una frase nueva para contar pasadas.")
    after = model.forwards
    at.slider(key="r_layer").set_value(3).run()
    at.slider(key="r_head").set_value(5).run()
    at.toggle(key="r_causal").set_value(True).run()
    assert model.forwards == after and not at.exception
    assert "capa 3, cabeza 5" in text(at)


def test_swapping_words(visit):
    at = visit("reading", r_view_es="Entrada", r_text_es="La niña mira al perro.")
    assert "La perro mira al niña." in text(at)
    at.selectbox(key="r_swap1").set_value("5 · perro").run()  # the same word twice
    assert "dos palabras" in at.error[0].value and len(at.get("plotly_chart")) == 2


def test_sizes_are_counted(visit):
    at = visit("reading", r_view_es="Arquitecturas")
    ours = total_parameters(from_config("x", embedded_model().config))
    assert f"{ours:,}".replace(",", ".") in text(at)
    table = at.dataframe[0].value.set_index("name")
    assert table.loc["BERT BASE", "parameters"] == f"{total_parameters(BERT_BASE):,}".replace(",", ".")
    at.slider(key="r_a_layers").set_value(24).run()
    assert at.dataframe[0].value.iloc[-1]["layers"] == 24


@pytest.mark.parametrize(
    "view, charts, tables", [(VIEWS["es"][0], 0, 2), (VIEWS["es"][1], 2, None), (VIEWS["es"][2], 3, 1)]
)
@pytest.mark.parametrize("sentence", ["😀😀", "שלום עולם", "</script><b>alert(1)</b>", "palabra " * 37])
def test_hostile_sentences(visit, view, charts, tables, sentence):
    """All that the view has for a tame sentence; but where there are no two words to swap, it says so."""
    at = visit("reading", r_view_es=view, r_text_es=sentence)
    assert len(at.get("plotly_chart")) == charts
    if tables is None:
        assert [("dos palabras" in error.value) for error in at.error] == [True] * (1 - len(at.dataframe))
    else:
        assert len(at.dataframe) == tables and not at.error


@pytest.mark.parametrize("view", VIEWS["es"][:3])
def test_an_empty_sentence_is_asked_for(visit, view):
    at = visit("reading", r_view_es=view, r_text_es="   ")
    assert "vacío" in at.error[0].value and not at.get("plotly_chart")
