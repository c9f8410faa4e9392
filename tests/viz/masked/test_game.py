"""The rules of the game and the material it is played with."""

import re

import pytest

from tests.viz import tiny
from viz.load import load_model
from viz.masked.cloze import Query, hide, predict
from viz.masked.game import GAP, ROUND, Riddle, draw, play, points, whole_words
from viz.masked.lessons import contrast, load_cloze
from viz.next_sentence.lessons import load_next

RIDDLE = Riddle("Hacía mucho ___.", "frío", ("viento", "año"))
LANGUAGES = ("es", "en")


@pytest.mark.parametrize(
    ("answer", "worth"),
    [
        ("frío", 2),
        ("Frio", 2),
        ("  FRÍO. ", 2),
        ("viento", 1),
        ("«Viento»", 1),
        ("año", 1),
        ("ano", 0),
        ("calor", 0),
        ("", 0),
        ("frío viento", 0),
        ("</script>", 0),
        ("🎈", 0),
    ],
)
def test_points(answer, worth):
    assert points(answer, RIDDLE) == worth


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_seed_is_a_game(language):
    riddles = load_cloze(language).riddles
    assert draw(riddles, 7) == draw(riddles, 7)
    assert draw(riddles, 7) != draw(riddles, 8)
    assert len(draw(riddles, 7)) == len(set(draw(riddles, 7))) == ROUND


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_the_model_answers_its_best_whole_word(kind, tmp_path):
    model = load_model(tiny.save(kind, tmp_path))
    riddles = [Riddle("el ___ gana", "as", ()), Riddle("cortó un ___ seco", "palo", ())]
    before = model.forwards
    answers = play(model, riddles)
    assert model.forwards == before + 1
    allowed = whole_words(model.tokenizer).tolist()
    for riddle, answer in zip(riddles, answers, strict=True):
        cloze = hide(model, GAP.sub("[MASK]", riddle.sentence))
        (p,) = predict(model, [Query(cloze.ids, cloze.segments, cloze.masks)], lambda _, logp: logp[0].exp())
        best = max(allowed, key=lambda i: p[i])
        assert answer.word == model.tokenizer.decode([best]).strip() and answer.word.isalpha()
        assert answer.prob == pytest.approx(p[best].item(), abs=1e-6)


def test_whole_words_leave_out_what_continues_a_word(tmp_path):
    for kind, inside, outside in (("bert", "palo", "##s"), ("roberta", "Ġpalo", "palo")):
        tokenizer = load_model(tiny.save(kind, tmp_path / kind)).tokenizer
        tokens = tokenizer.convert_ids_to_tokens(whole_words(tokenizer).tolist())
        assert inside in tokens and outside not in tokens
        assert not set(tokens) & set(tokenizer.all_special_tokens)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lessons_of_masked_words(language):
    lesson = load_cloze(language)
    for sentence in lesson.sentences:
        assert all(sentence.text[a:b].isalpha() for a, b in sentence.hidden) and sentence.hidden
    for pairs in lesson.pairs.values():
        assert len(pairs) >= 5 and all(a != b and any(contrast(a, b)) for a, b in pairs)
    for riddle in lesson.riddles:
        assert len(re.findall(GAP, riddle.sentence)) == 1
        assert points(riddle.word, riddle) == 2 and all(points(other, riddle) == 1 for other in riddle.others)
    assert len(lesson.riddles) >= 2 * ROUND
    assert set(lesson.pairs) == set(load_cloze("es").pairs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lessons_of_next_sentences(language):
    lesson = load_next(language)
    kinds = [pair.kind for pair in lesson.pairs]
    assert {kinds.count(kind) for kind in ("next", "topic", "random")} == {len(kinds) // 3}
    assert all(2 <= len(p.sentences) <= 7 for p in lesson.paragraphs) and len(lesson.paragraphs) >= 4


def test_contrast():
    assert contrast("Los niños juegan aquí.", "Los niños juega aquí.") == ("juegan", "juega")
