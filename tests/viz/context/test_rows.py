"""From what a reader types, pastes, uploads or opens by a link, to occurrences; and back out."""

import base64
import io
import zlib

import numpy as np
import pandas as pd
import pytest

import viz
from tests.viz.kit.test_text import SENTENCE, WAYS
from viz.context.lessons import dump_lesson, load_lessons, parse_lesson
from viz.context.occurrences import bracketed, find_occurrences
from viz.context.rows import MAX_BYTES, pack, parse_csv, parse_file, parse_lines, unpack
from viz.kit.encodings import decode
from viz.kit.tables import to_csv
from viz.kit.text import escape_html, mark

HOSTILE = ["</script><img src=x onerror=alert(1)>", '"><svg onload=1>', "&lt;b&gt;", "שלום palo", "🪵 palo", "a\nb"]


@pytest.mark.parametrize(
    "sentence, forms",
    [
        ("El palo seco.", ["palo"]),
        ("Palo, PALO y palo.", ["Palo", "PALO", "palo"]),
        ("Los [palos] y el palo.", ["palos"]),
        ("apaleado palomar", []),
        ("(palo)", ["palo"]),
        ("Un [palo de golf] y un [palo].", ["palo de golf", "palo"]),
        ("palo-palo", []),
        ("🪵palo🪵", ["palo"]),
    ],
)
def test_occurrences(sentence, forms):
    found, problems = find_occurrences([(sentence, "s")], "palo")
    assert [o.form for o in found] == forms
    assert [o.text[o.start : o.end] for o in found] == forms
    assert bool(problems) == (not forms)


def test_each_bad_row_says_what_is_wrong_and_the_good_ones_stay():
    rows = [("El palo.", ""), ("Nada aquí.", ""), ("", ""), ("palo " * 400, "")]
    found, problems = find_occurrences(rows, "palo")
    assert [o.row for o in found] == [0]
    assert [str(p)[:6] for p in problems] == ["Fila 2", "Fila 4"]
    with pytest.raises(viz.Problem, match="201 frases y aquí caben 200"):
        find_occurrences([("palo", "")] * 201, "palo")


@pytest.mark.parametrize("text", HOSTILE)
def test_rows_survive_every_way_out_and_in(text):
    rows = [(text, "x=1"), ("=SUMA(A1)", "@b"), ("dos, «comas»; y\ttab", "")]
    assert unpack(pack(rows)) == rows
    table = pd.DataFrame(rows, columns=["sentence", "sense"])
    assert parse_csv(decode(to_csv(table), "x.csv")[0]) == rows


def test_csv_cells_start_no_formula():
    table = pd.DataFrame({"=a": ["=1+1", "+x", "-x", "@x", "  =1", "ok"], "n": [-1.5] * 6})
    back = pd.read_csv(io.BytesIO(to_csv(table)))
    assert back.columns[0] == "'=a" and back["n"].tolist() == [-1.5] * 6
    assert all(not cell.strip().startswith(("=", "+", "-", "@")) for cell in back.iloc[:, 0])


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_text_as_text(text):
    safe = escape_html(text)
    assert not {"<", ">", '"', "'"} & set(safe)
    assert mark(text + "palo", len(text), len(text) + 4) == f"{safe}<b>palo</b>"


@pytest.mark.parametrize(
    "name, data, rows",
    [
        ("a.txt", "El palo.\n\nOtro palo | naipe\n", [("El palo.", ""), ("Otro palo", "naipe")]),
        ("a.csv", 'frase,sentido\n"Un palo, seco",madera\n', [("Un palo, seco", "madera")]),
        ("a.csv", "Un palo;madera\nDos;x\n", [("Un palo", "madera"), ("Dos", "x")]),
        ("a.csv", "id,label,text\n1,x,Un palo\n", [("Un palo", "x")]),
        (
            "a.csv",
            "frase;sentido\nEl as, el rey, ese palo, todos;baraja\n",
            [("El as, el rey, ese palo, todos", "baraja")],
        ),
        (
            "a.txt",
            "frase;sentido\nEl as, el rey, ese palo, todos;baraja\n",
            [("El as, el rey, ese palo, todos", "baraja")],
        ),
        ("a.tsv", 'Un palo\tmadera\n"Dos, dijo\tx\n', [("Un palo", "madera"), ('"Dos, dijo', "x")]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files(name, data, rows, encoding):
    assert parse_file(name, data.encode(encoding))[1] == rows


@pytest.mark.parametrize(
    "name, data, sentence",
    [
        ("a.txt", b"", "no tiene ninguna frase"),
        ("a.csv", b"\n\n", "no tiene ninguna frase"),
        ("a.csv", b"PK\x03\x04\x00\x00\x00", "no es un archivo de texto"),
        ("a.txt", b"x" * (MAX_BYTES + 1), "caben 1000 KB"),
        ("a.txt", b"palo\n" * 201, "201 frases"),
        ("a.yaml", b"word: [", "no es YAML"),
        ("a.yaml", b"hola", "falta la lista"),
        ("a.yaml", b"", "falta la lista"),
        ("a.yaml", b"a: &a [x]\nword: palo\nlanguage: es\nsenses: *a", "referencias"),
        ("a.yaml", b"[" * 5000, "referencias"),
        ("a.yaml", b"word: palo\nlanguage: es\ntitle: [x]\nsenses: [{label: a, sentences: ['[x]']}]", "no es un texto"),
        (
            "a.yaml",
            b"word: palo\nlanguage: es\ntitle: " + b"x" * 300 + b"\nsenses: [{label: a, sentences: ['[x]']}]",
            "300",
        ),
        ("a.yaml", b'word: "\\ud800"\nlanguage: es', "no es YAML"),
        ("a.yaml", b"? [a]\n: b", "no es YAML"),
        ("a.csv", b"frase,sentido\nEl as, el rey,baraja\n", "nea 2 de .* tiene 3 columnas"),
        ("a.xlsx", b"PK nada", "XLSX"),
    ],
)
def test_bad_files_get_a_sentence(name, data, sentence):
    with pytest.raises(viz.Problem, match=sentence):
        parse_file(name, data)


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()


BROKEN = ["[" * 100_000, '["ab"]', '[["a"]]', "[[1, 2]]", '{"ab": "cd"}', "5", '[["a", "b", "c"]]', "9" * 5000]


@pytest.mark.parametrize("link", ["x", "eJw=", "ñ", pack([("a", "b")])[:-6], "A" * 7000, *map(packed, BROKEN)])
def test_broken_links_get_a_sentence(link):
    with pytest.raises(viz.Problem, match="enlace"):
        unpack(link)


def test_half_a_letter_in_a_link_or_a_row_hurts_nobody():
    assert unpack(packed('[["un palo \\ud800", "a"]]')) == [("un palo \ufffd", "a")]
    assert unpack(pack([("un palo \ud800", "a\u0301")])) == [("un palo \ufffd", "á")]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_occurrences_whatever_the_way_it_is_written(way):
    (found,), _ = find_occurrences([(way, "s")], "cancio\u0301\u00adn")
    assert (found.text, found.form) == (SENTENCE, "canción")
    assert bracketed([(way, "s")], "canción") == [("Cantó una [canción], año.", "s")]
    assert parse_lines(way) == parse_csv(way + ";") == [(SENTENCE, "")]


def test_an_accent_behind_a_bracket():
    (found,), _ = find_occurrences([("la [cancio]\u0301n", "")], "x")
    assert (found.text, found.form) == ("la canción", "canció")


def test_a_title_that_looks_like_a_date_is_a_text():
    lesson = parse_lesson(
        "word: no\nlanguage: es\ntitle: 2001-13-45\nsenses: [{label: 1, sentences: ['El [no].']}]", "x"
    )
    assert (lesson.word, lesson.title, lesson.senses[0].label) == ("no", "2001-13-45", "1")


def test_a_link_is_never_longer_than_chats_allow():
    assert pack([(f"frase {n} palo {n * 7919}", "s") for n in range(20)])
    random = np.random.default_rng(0)
    assert pack([("palo " + random.bytes(60).hex(), "s") for _ in range(200)]) is None


@pytest.mark.parametrize("language, least", [("es", 18), ("en", 8)])
def test_shipped_lessons(language, least):
    lessons = load_lessons(language)
    assert len(lessons) >= least
    for lesson in lessons.values():
        found, problems = find_occurrences(lesson.rows, lesson.word)
        assert not problems and len(found) == len(lesson.rows), lesson.id
        assert lesson.language == language and lesson.question, lesson.id
        assert len(lesson.senses) >= 2 and all(len(s.sentences) >= 5 for s in lesson.senses), lesson.id
        texts = [o.text for o in found]
        assert len(set(texts)) == len(texts), lesson.id


def test_palo_has_its_six_senses():
    palo = next(iter(load_lessons("es").values()))
    assert palo.word == "palo" and len(palo.senses) == 6 and all(len(s.sentences) >= 6 for s in palo.senses)


def test_a_lesson_taken_home_loads_again():
    rows = [('El palo: "seco"', "madera"), ("Un [palo] # y otro", ""), ("- palo", "golpe"), ("sin la palabra", "x")]
    again = parse_lesson(dump_lesson("palo", "es", bracketed(rows, "palo")), "mía")
    assert again.word == "palo"
    assert sorted(again.rows) == sorted(
        [('El [palo]: "seco"', "madera"), ("Un [palo] # y otro", "?"), ("- [palo]", "golpe")]
    )


@pytest.mark.parametrize(
    "broken, sentence",
    [
        ("word: palo\nsenses: []", "falta la lista"),
        ("senses: [{label: a, sentences: ['[x]']}]", "falta el campo «word»"),
        ("word: x\nlanguage: es\nsenses: [{sentences: ['[x]']}]", "sentido 1 le falta el campo «label»"),
        ("word: x\nlanguage: es\nsenses: [{label: a, sentences: [x]}]", "entre .corchetes."),
        ("word: x\nlanguage: es\nsenses: [{label: a, sentences: []}]", "no tiene frases"),
        (
            "word: x\nlanguage: es\nsenses: [{label: a, sentences: ['[x]']}, {label: a, sentences: ['[x]']}]",
            "mismo nombre",
        ),
        ("a: b: c", "no es YAML"),
    ],
)
def test_lesson_errors_say_where(broken, sentence):
    with pytest.raises(viz.Problem, match=sentence):
        parse_lesson(broken, "prueba")


def test_unnamed_lines():
    assert parse_lines("a | b\n c\td \n\n|x") == [("a", "b"), ("c", "d"), ("", "x")]


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_first_lesson_has_one_form_so_one_static_vector(language):
    first = next(iter(load_lessons(language).values()))
    found, _ = find_occurrences(first.rows, first.word)
    assert {o.form.lower() for o in found} == {first.word}
