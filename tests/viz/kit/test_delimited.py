"""One table, however a program wrote it."""

import csv
import io
import random
from itertools import product

import pytest

from viz import Problem
from viz.kit.delimited import LONGEST, MAX_COLUMNS, read_delimited

ROWS = [
    ["frase", "sentido"],
    ["El as, el rey, el caballo de ese palo, todos ganan", "baraja"],
    ["Un palo seco; otro, mojado", "madera | árbol"],
    ["Dijo: «¡palo!», y se fue", ""],
    ["", "vacía"],
]


def cells(text: str) -> list[list[str]]:
    return [row for _, row in read_delimited(text, "x.csv").rows]


@pytest.mark.parametrize(
    ("separator", "quoting", "end"),
    product(",;\t|", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC], ["\n", "\r\n"]),
)
def test_separators_and_quotes(separator, quoting, end):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=end).writerows(ROWS)
    assert cells(out.getvalue()) == ROWS
    assert read_delimited(out.getvalue(), "x.csv").separator == separator


def test_prose_of_a_treebank():
    """Sentences full of commas, colons and lone quotes, written as Excel and as a script without quoting would."""
    dice, wrong = random.Random(0), 0
    prose = [
        "Sí, claro",
        'dijo "no"',
        '"Nunca más',
        "a: b; c",
        "uno, dos, tres, y cuatro",
        "fin",
        "¿Qué, cómo?",
        "(o no)",
    ]
    for _ in range(200):
        rows = [["texto", "etiqueta"]]
        rows += [[" ".join(dice.choices(prose, k=3)), dice.choice("ab")] for _ in range(dice.randint(2, 30))]
        excel = io.StringIO()
        csv.writer(excel, delimiter=";").writerows(rows)
        wrong += cells(excel.getvalue()) != rows
        wrong += cells("".join("\t".join(row) + "\n" for row in rows)) != rows
        wrong += cells("".join("\t".join(row[::-1]) + "\n" for row in rows)) != [row[::-1] for row in rows]
    assert wrong == 0


def test_lone_quotes_swallow_no_rows():
    lines = [f"{'ab'[n % 2]}\t{chr(34) * (n % 5 == 0)}Texto número {n}" for n in range(40)]
    assert cells("\n".join(lines)) == [line.split("\t") for line in lines]


def test_line_ends_inside_quotes():
    text = 'text,label\n"dos\nlíneas, y ""coma""",a\nuna,b\n'
    assert read_delimited(text, "x").rows == (
        (1, ["text", "label"]),
        (3, ['dos\nlíneas, y "coma"', "a"]),
        (4, ["una", "b"]),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sep=;\r\nfrase;sentido\r\na, b;c\r\n", [["frase", "sentido"], ["a, b", "c"]]),
        ('frase,sentido\n"El \\"as\\" de palo, sí",x\n', [["frase", "sentido"], ['El "as" de palo, sí', "x"]]),
        (
            "v1,v2,,,\nham,hola,,,\nspam,adiós,,,\n",
            [["v1", "v2", "", "", ""], ["ham", "hola", "", "", ""], ["spam", "adiós", "", "", ""]],
        ),
        ("frase\nEl as, el rey\nUn palo\n", [["frase"], ["El as, el rey"], ["Un palo"]]),
        ("can\u0301cer;a\u00adño\n\ufeffx;y\n", [["cańcer", "año"], ["x", "y"]]),
        ("a,b\n'=1+1,c\n", [["a", "b"], ["=1+1", "c"]]),
        ("", []),
        ("\n \n", []),
    ],
)
def test_what_programs_write(text, found):
    assert cells(text) == found


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("a,b\n" + "x" * (LONGEST + 1) + ",1\n", "línea 2 de «x.csv» tiene una celda"),
        ('a,b\n"' + "x" * (LONGEST + 1), "línea 2: ¿hay una comilla"),
        (",".join("a" * (MAX_COLUMNS + 1)), "201 columnas"),
    ],
)
def test_what_is_refused(text, match):
    with pytest.raises(Problem, match=match):
        read_delimited(text, "x.csv")
