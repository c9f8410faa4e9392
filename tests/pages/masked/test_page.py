"""The masked-words page as a visitor meets it, without a browser."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.pages.conftest import text
from viz.masked.cloze import hide
from viz.masked.game import ROUND, draw
from viz.masked.lessons import load_cloze

SECTIONS = {
    "es": ("Huecos", "Sorpresa", "Pares mínimos", "Contexto izquierdo", "Cómo se entrenó", "¿Tú o BERT?"),
    "en": ("Gaps", "Surprise", "Minimal pairs", "Left context", "How it was trained", "You or BERT?"),
}
HOSTILE = ["</script><img src=x onerror=alert(1)>", "שלום 🎈", "*a* [b](c) `d` $x$", "palabra " * 20, "[MASK]"]


@pytest.mark.parametrize("lang", SECTIONS)
def test_every_section_in_its_language(visit, lang):
    at = visit("masked", lang)
    assert at.info, "a question to answer by doing"
    for section in ("gaps", "surprise", "pairs", "sides", "training", "game"):
        at.segmented_control(key="mw_section").set_value(section).run()
        assert not at.exception and not at.error, (section, at.error)
        assert at.info
        if section != "game":
            seen = next(m.value for m in at.markdown if ("Qué se ve" if lang == "es" else "What you see") in m.value)
            assert re.search(r"\d", seen)
        if lang == "en":
            assert not re.search(r"\b(hueco|frase|palabra|puesto)s?\b", text(at)), text(at)


def test_the_section_comes_from_the_link(visit):
    for name in ("pairs", "Pares mínimos", "Minimal pairs"):
        for lang in ("es", "en"):
            at = visit("masked", lang, mw_section=name)
            assert at.session_state["mw_section"] == "pairs" and at.query_params["mw_section"] == "pairs"
    assert visit("masked", mw_section="¿Vos o BERT?").session_state["mw_section"] == "game"


def test_ready_texts_follow_the_language_and_own_ones_stay(visit):
    at = visit("masked", "es")
    at.session_state["lang"] = "en"
    at.run()
    assert at.text_input(key="mw_text").value == load_cloze("en").sentences[0].text
    assert at.pills(key="mw_hidden").value == ["stick"]
    at.text_input(key="mw_text").set_value("Mi gato duerme.").run()
    at.session_state["lang"] = "es"
    at.run()
    assert at.text_input(key="mw_text").value == "Mi gato duerme."


def test_hidden_words_and_candidates_come_from_the_link(visit, bert):
    sentence = "El mar y la playa son del mar."
    at = visit("masked", mw_text=sentence, mw_hidden="playa", mw_candidates="playa, montañita")
    assert at.pills(key="mw_hidden").value == ["playa"]
    table = at.dataframe[0].value
    assert list(table["palabra"]) == sorted(table["palabra"], key=lambda w: len(bert.tokenizer.tokenize(w)))
    assert "«playa»" in text(at)
    at.pills(key="mw_hidden").set_value(["mar", "mar²"]).run()
    assert "Hueco 2" in text(at) and "Los huecos juntos" in [h.value for h in at.header]
    assert not at.exception and not at.error


def test_hidden_words_stay_in_a_changed_text_while_they_are_in_it(visit):
    at = visit("masked", mw_text="El mar y la playa.", mw_hidden="mar")
    at.text_input(key="mw_text").set_value("El mar y la arena.").run()
    assert at.pills(key="mw_hidden").value == ["mar"] and at.query_params["mw_hidden"] == "mar"
    at.text_input(key="mw_text").set_value("El bosque.").run()
    assert at.pills(key="mw_hidden").value == [] and "pulsa una palabra" in text(at)
    ready = load_cloze("es").sentences[1]
    at.selectbox(key="mw_ready").set_value(ready.text).run()
    assert at.text_input(key="mw_text").value == ready.text and at.selectbox(key="mw_ready").value is None
    assert len(at.pills(key="mw_hidden").value) == len(ready.hidden)


def test_the_chosen_gap_goes_with_the_gaps(visit):
    at = visit("masked", mw_text="El mar y la playa.", mw_hidden="mar")
    at.pills(key="mw_hidden").set_value(["mar", "playa"]).run()
    at.segmented_control(key="mw_gap").set_value(2).run()
    assert at.query_params["mw_gap"] == "2"
    at.pills(key="mw_hidden").set_value(["mar", "y"]).run()
    assert at.segmented_control(key="mw_gap").value == 1 and "mw_gap" not in at.query_params


@pytest.mark.parametrize("shown", ["\u200b", "\u200b,\u00ad", "\ufeff , \u2060"])
def test_invisible_candidates_are_told(visit, shown):
    at = visit("masked", mw_text="El [MASK] seco.", mw_candidates=shown)
    assert "no se puede escribir" in text(at)


@pytest.mark.parametrize("shown", ["\U0001f40d\u200b"])
def test_candidates_that_leave_no_piece_are_told(visit, shown):
    at = visit("masked", mw_text="El [MASK] seco.", mw_candidates=shown)
    assert "no puede escribir" in text(at)


def test_a_mask_beyond_what_is_read(visit):
    long = "a , " * 70
    at = visit("masked", mw_text=long + "el [MASK].")
    assert "más allá de las 128 piezas" in text(at) and "pulsa una palabra" not in text(at)
    at.text_input(key="mw_text").set_value(long + "el mar.").run()
    assert "quedaron fuera" in text(at) and not at.error


def test_one_pass_for_simple_gaps_and_none_again(visit):
    at = visit("masked", mw_text="El mar y la playa.", mw_hidden="mar")
    from ui.models import current_model  # the same object for all sessions

    model = current_model()
    assert len(hide(model, "El mar y la playa.", [1]).masks) == 1
    before = model.forwards
    at.pills(key="mw_hidden").set_value(["la"]).run()
    assert model.forwards == before + 1
    at.pills(key="mw_hidden").set_value(["mar"]).run()
    assert model.forwards == before + 1


def test_a_mask_written_in_the_text(visit):
    at = visit("masked", mw_text="El [MASK] del mar.")
    assert "Hueco 1" in text(at) and not at.error


@pytest.mark.parametrize("bad", HOSTILE)
def test_any_text(visit, bad):
    at = visit("masked", mw_text=bad)
    for section in ("surprise", "sides", "gaps"):
        at.segmented_control(key="mw_section").set_value(section).run()
        assert not at.exception


def test_empty_text_says_so(visit):
    at = visit("masked")
    at.text_input(key="mw_text").set_value("   ").run()
    assert "vacío" in at.error[0].value


def test_too_many_gaps_for_a_joint_reading(visit):
    at = visit("masked", mw_text="uno dos tres cuatro cinco seis")
    at.pills(key="mw_hidden").set_value(["uno", "dos", "tres", "cuatro", "cinco"]).run()
    assert "hasta 4 huecos" in at.error[0].value and "Hueco 5" in text(at)


def test_a_new_draw_changes_the_damage(visit):
    at = visit("masked", mw_section="Cómo se entrenó")
    first = at.dataframe[0].value
    next(b for b in at.button if b.label == "Otro sorteo").click().run()
    assert at.number_input(key="mw_draw").value == 2
    assert not first.equals(at.dataframe[0].value)


def test_own_pair(visit):
    at = visit("masked", mw_section="Pares mínimos", mw_a="La casa es roja.", mw_b="La casa es rojo.")
    assert "Gana «La casa es roj" in text(at).replace("\\", "")


@pytest.mark.parametrize("lang", SECTIONS)
def test_the_game_to_its_end(visit, lang):
    at = visit("masked", lang, mw_section=SECTIONS[lang][-1], mw_seed="7")
    riddles = draw(load_cloze(lang).riddles, 7)
    for n, riddle in enumerate(riddles):
        assert riddle.sentence.split("___")[0].strip()[:12] in text(at).replace("\\", "")
        at.text_input(key="mw_word").set_value(riddle.word if n % 2 else (riddle.others or ("zzz",))[0])
        next(b for b in at.button if b.proto.is_form_submitter).click().run()
        assert not at.exception
    half = sum(2 if n % 2 else int(bool(riddle.others)) for n, riddle in enumerate(riddles))
    assert at.metric[0].value == f"{half} / {2 * ROUND}"
    assert re.fullmatch(r"\d+ / 20", at.metric[1].value)
    assert len(at.dataframe[0].value) == ROUND
    query = {key: value for key, (value,) in parse_qs(urlsplit(at.code[0].value).query).items()}
    assert query == {"lang": lang, "mw_section": "game", "mw_seed": "7"}
    at.number_input(key="mw_seed").set_value(8).run()
    assert not at.metric, "another number is another game"


def test_a_model_without_the_head_is_told_apart(visit, monkeypatch):
    import ui.models

    current = ui.models.current_model

    def headless():
        from dataclasses import replace

        return replace(current(), abilities=frozenset(), name="mudo")

    monkeypatch.setattr(ui.models, "current_model", headless)
    at = visit("masked")
    assert "«mudo» no trae la cabeza" in at.error[0].value
    at.toggle(key="mw_embedded").set_value(True).run()
    assert "Hueco 1" in text(at)
