"""The shipped sets keep their promises; a reader's table is read, or refused with a reason."""

import io
import random
from collections import Counter
from itertools import pairwise

import openpyxl
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from viz import Problem
from viz.classify.datasets import SHIPPED, check_labels, divide, load_shipped
from viz.classify.own_texts import (
    MAX_BYTES,
    MAX_CHARS,
    MAX_ROWS,
    check_rows,
    from_hub,
    guess_columns,
    hub_table,
    read_table,
)

COUNTS = {
    "correos": {
        "train": {"no spam": 148, "promoción": 152, "social": 151, "spam": 149},
        "dev": {"no spam": 33, "promoción": 32, "social": 32, "spam": 33},
        "test": {"no spam": 33, "promoción": 32, "social": 32, "spam": 33},
    },
    "resenas": {
        "train": {"negativa": 224, "positiva": 243},
        "dev": {"negativa": 49, "positiva": 51},
        "test": {"negativa": 49, "positiva": 51},
    },
    "afirmaciones": {
        "train": {"afirmación": 196, "no es afirmación": 194},
        "dev": {"afirmación": 42, "no es afirmación": 41},
        "test": {"afirmación": 42, "no es afirmación": 41},
    },
    "mail": {
        "train": {"not spam": 94, "promotion": 94, "social": 96, "spam": 96},
        "dev": {"not spam": 20, "promotion": 20, "social": 20, "spam": 21},
        "test": {"not spam": 20, "promotion": 20, "social": 20, "spam": 21},
    },
}
SETS = [shipped.id for shipped in SHIPPED]


@pytest.mark.parametrize("name", SETS)
def test_the_split_is_fixed(name):
    data = load_shipped(name)
    found = {split: dict(Counter(label for _, label in getattr(data, split))) for split in COUNTS[name]}
    assert found == COUNTS[name]


@pytest.mark.parametrize("name", SETS)
def test_no_near_duplicates_across_splits(name):
    """A test text that is almost in train would measure memory."""
    data = load_shipped(name)
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform([text for text, _ in data.rows])
    cuts = [0, len(data.train), len(data.train) + len(data.dev), len(data.rows)]
    parts = [vectors[a:b] for a, b in pairwise(cuts)]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        cosines = (parts[a] @ parts[b].T).toarray()
        row, column = divmod(int(cosines.argmax()), cosines.shape[1])
        assert cosines.max() <= 0.8, (data.rows[cuts[a] + row], data.rows[cuts[b] + column])


@pytest.mark.parametrize("name", SETS)
def test_texts_are_clean(name):
    for text, label in load_shipped(name).rows:
        assert text == text.strip() and text and "\ufffd" not in text and '""' not in text, text
        assert label in load_shipped(name).labels


def good_csv(rows: int = 12, sep: str = ",") -> str:
    return f"texto{sep}etiqueta\n" + "".join(f"Señal número {n}{sep}{'sí' if n % 2 else 'no'}\n" for n in range(rows))


@pytest.mark.parametrize(
    ("encoding", "sep"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";"), ("latin-1", "\t"), ("utf-16", ","), ("utf-8", "|")],
)
def test_encodings_and_separators(encoding, sep):
    table = read_table(good_csv(sep=sep).encode(encoding), "a.csv")
    assert table.columns == ("texto", "etiqueta")
    assert table.cells[1] == ("Señal número 1", "sí")
    assert check_rows(table, 0, 1).faults == ()


def test_a_chosen_encoding_is_obeyed_or_refused():
    assert read_table("texto,x\nñandú,1".encode("cp850"), "a.csv", "cp850").cells == (("ñandú", "1"),)
    with pytest.raises(Problem, match="no está en utf-8"):
        read_table("texto,x\nñandú,1".encode("cp1252"), "a.csv", "utf-8")


def test_quotes_line_breaks_and_row_numbers():
    table = read_table('text,label\n"dos\nlíneas, y ""coma""",a\nuna,b\n'.encode(), "a.csv")
    assert table.cells == (('dos\nlíneas, y "coma"', "a"), ("una", "b"))
    assert table.lines == (3, 4)


def test_workbook():
    book = openpyxl.Workbook()
    for row in (("texto", "etiqueta"), ("Señal", 1), (None, None), ("Otra", 2)):
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    table = read_table(data.getvalue(), "a.xlsx")
    assert table.cells == (("Señal", "1"), ("Otra", "2"))
    assert table.lines == (2, 4)


@pytest.mark.parametrize(
    ("data", "name", "match"),
    [
        (b"", "a.csv", "vacío"),
        (b"   \n", "a.csv", "vacío"),
        (b"x" * 50_000_000, "a.csv", "pesa 50.0 MB"),
        (b"text,label\n", "a.csv", "no tiene filas"),
        (b"solo\nuna\ncolumna\n", "a.csv", "una columna"),
        (b"\x89PNG\x00\x01\x02", "a.csv", "no es un archivo de texto"),
        (b"texto,x\n\x81\x8d\xf1,1\n", "a.csv", "codificación"),
        (b"no es un zip", "a.xlsx", "XLSX"),
        (b"a,b\n" + b"x,y\n" * (MAX_ROWS + 1), "a.csv", "filas"),
        (b'a,b\n"' + b"x" * 200_000, "a.csv", "comilla"),
    ],
)
def test_what_is_no_table(data, name, match):
    with pytest.raises(Problem, match=match):
        read_table(data, name)


def test_a_workbook_that_unpacks_to_gigabytes():
    import zipfile

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b"0" * 70_000_000)
    assert len(data.getvalue()) < MAX_BYTES
    with pytest.raises(Problem, match="descomprimido"):
        read_table(data.getvalue(), "a.xlsx")


def test_row_by_row():
    broken = b"texto,etiqueta\n" + b"".join(
        [
            b"Bien escrito,a\n",
            b",a\n",
            b"Sin etiqueta,\n",
            b"\xc3\xb1o\xc3\xb1o ca\xf1a,a\n",
            b"una sola\n",
            b"x" * 5000 + b",a\n",
            b"\xf0\x9f\x98\x80\xf0\x9f\x98\x80,a\n",
            b"  bien  ESCRITO ,b\n",
            b"Otro,b\n",
            b"</script><img src=x>,b\n",
            "مرحبا,b\n".encode(),
        ]
    )
    checked = check_rows(read_table(broken, "a.csv"), 0, 1)
    assert [row[0] for row in checked.rows] == ["Bien escrito", "Otro", "</script><img src=x>", "مرحبا"]
    faults = {line: str(problem) for line, problem in checked.faults}
    assert list(faults) == [3, 4, 5, 6, 7, 8, 9]
    for line, word in {
        3: "vacío",
        4: "no tiene etiqueta",
        5: "rotas",
        6: "columnas",
        7: str(MAX_CHARS),
        8: "letras",
        9: "ya estaba",
    }.items():
        assert word in faults[line]


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([], "Ninguna"),
        ([("a", "x")] * 10, "una sola etiqueta"),
        ([("a", str(n)) for n in range(21)], "21 etiquetas"),
        ([("a", "x")] * 10 + [("b", "y")] * 2, r"muy pocos textos \(2\)"),
    ],
)
def test_labels_that_cannot_be_learnt(rows, match):
    with pytest.raises(Problem, match=match):
        check_labels(rows)


def test_columns_are_guessed():
    table = read_table(b"id,clase,mensaje\n1,a,un mensaje largo\n2,b,otro mensaje\n3,a,y otro\n", "a.csv")
    assert guess_columns(table) == (2, 1)


def test_division_is_stratified_and_repeatable():
    rows = [(f"texto {n}", "abc"[n % 3]) for n in range(60)]
    data = divide(rows, "a.csv", "es")
    assert data == divide(rows, "a.csv", "es")
    assert sorted(data.rows) == sorted(rows)
    assert [len(data.train), len(data.dev), len(data.test)] == [42, 9, 9]
    for split in (data.dev, data.test):
        assert set(Counter(label for _, label in split).values()) == {3}
    assert data.only(["a", "b"]).labels == ("a", "b")


def test_the_smallest_set_can_be_divided():
    rows = [(f"texto {n}", "ab"[n % 2]) for n in range(12)]
    data = divide(rows, "a.csv", "es")
    assert all({label for _, label in getattr(data, split)} == {"a", "b"} for split in ("train", "dev", "test"))


@pytest.mark.parametrize("sizes", [(6, 6, 6, 30), (6, 6), (6,) * 20, (6, 300), (7, 8, 9, 100, 6)])
def test_whatever_meets_the_minimum_is_divided(sizes):
    rows = [(f"texto {label} {n}", f"l{label}") for label, size in enumerate(sizes) for n in range(size)]
    check_labels(rows)
    data = divide(rows, "a.csv", "es")
    assert sorted(data.rows) == sorted(rows)
    for split in (data.train, data.dev, data.test):
        assert len({label for _, label in split}) == len(sizes)
    assert len(data.train) >= 0.6 * len(rows)


def test_random_tables_are_divided():
    dice = random.Random(0)
    for _ in range(100):
        sizes = [dice.randint(6, 40) for _ in range(dice.randint(2, 20))]
        rows = [(f"{label} {n}", str(label)) for label, size in enumerate(sizes) for n in range(size)]
        data = divide(rows, "a.csv", "es", seed=dice.randrange(9))
        assert all(len({row[1] for row in getattr(data, s)}) == len(sizes) for s in ("train", "dev", "test"))
    with pytest.raises(Problem, match=r"muy pocos textos \(5\)"):
        divide([("a", "x")] * 9 + [("b", "y")] * 5, "a.csv", "es")


def test_empty_columns_are_no_label():
    table = read_table(b"v1,v2,,,\n" + b"ham,un texto largo,,,\nspam,otro texto,,,\n" * 5, "a.csv")
    assert table.columns == ("v1", "v2") and guess_columns(table) == (1, 0)
    rare = b"v1,v2,,\n" + b"ham,un texto largo,,\nspam,otro texto,,\n" * 5 + b"ham,con cola,resto,\n"
    table = read_table(rare, "a.csv")
    assert table.columns == ("v1", "v2", "#3") and guess_columns(table) == (1, 0)
    assert not check_rows(table, 1, 0).faults[10:] and len(check_rows(table, 1, 0).rows) == 3


def test_a_row_wider_than_the_heading_is_said():
    table = read_table(b"texto,etiqueta\nUn texto,a\nOtro, con coma,b\nMas,c\n", "a.csv")
    checked = check_rows(table, 0, 1)
    assert [line for line, _ in checked.faults] == [3] and len(checked.rows) == 2


def test_hub_sets(monkeypatch):
    class Names:
        names = ("mala", "buena")

    table = hub_table([{"text": "Uno", "label": 1}, {"text": "Dos", "label": 0}], {"label": Names()})
    assert table.cells == (("Uno", "buena"), ("Dos", "mala"))
    with pytest.raises(Problem, match="no permite"):
        from_hub("otro/conjunto", allowed={"este/conjunto"})
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(Problem, match="instalar"):
        from_hub("este/conjunto")
