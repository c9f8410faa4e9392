"""Clasificar in a browser: an upload, a click on the confusion matrix, a training with its queue and its end."""

import re
from urllib.parse import quote

from playwright.sync_api import expect

THINGS = ("libro", "hotel", "plato", "disco", "curso", "reloj", "viaje", "perro", "banco", "piano")
DEGREES = ("muy", "bastante", "siempre", "hoy", "poco", "casi", "algo", "nada", "tan", "más")
ROWS = [f"El {a} me pareció {b} {c},{c}" for c in ("bueno", "malo") for a in THINGS for b in DEGREES]
# The same, so long that a training on them outlasts another visitor's arrival on any machine.
LONG_ROWS = [f"{' y '.join([text] * 14)},{label}" for text, label in (row.split(",") for row in ROWS)]
LONG = 120_000


def open_own_texts(page, server, rows=ROWS):
    page.goto(f"{server}/clasificar?lang=es&k_set={quote('Mis textos')}")
    table = {"name": "opiniones.csv", "mimeType": "text/csv", "buffer": "\n".join(["texto,etiqueta", *rows]).encode()}
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="Usar estos textos").click(timeout=LONG)
    expect(page.get_by_text("vecino más parecido")).to_be_visible(timeout=LONG)


def step(page, name: str):
    page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name)).first.click()


def test_upload_and_a_click_on_the_confusion_matrix(page, server):
    page.set_viewport_size({"width": 1280, "height": 1800})
    open_own_texts(page, server)
    step(page, "2 · Extraer rasgos")
    matrix = page.locator(".st-key-c_chart_k_confusion")
    cells = matrix.locator(".textpoint text")
    expect(cells).to_have_count(4, timeout=LONG)
    for n, (true, predicted) in ((0, ("bueno", "bueno")), (3, ("malo", "malo"))):
        box = cells.nth(n).bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*middle)
        page.wait_for_timeout(600)  # Plotly takes a click for what it is hovering over, and looks now and then
        page.mouse.click(*middle)
        expect(page.get_by_text(f"textos eran «{true}» y dijo «{predicted}»")).to_be_visible(timeout=LONG)


def test_training_queue_leaving_and_stopping(page, server, chromium):
    first = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES")
    other = first.new_page()
    other.set_default_timeout(LONG)
    open_own_texts(other, server, LONG_ROWS)
    step(other, "3 · Ajustar")
    expect(other.get_by_role("button", name="Empezar a ajustar")).to_be_visible(timeout=LONG)
    other.get_by_role("slider").first.press("End")  # ten epochs
    other.get_by_role("button", name="Empezar a ajustar").click()
    expect(other.get_by_text(re.compile("Paso [1-9]"))).to_be_visible(timeout=LONG)

    page.goto(f"{server}/clasificar?lang=es&k_step={quote('3 · Ajustar')}")
    expect(page.get_by_text("Hay un ajuste en marcha")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Empezar a ajustar").click()
    expect(page.get_by_text("En cola: 1 por delante")).to_be_visible(timeout=LONG)

    first.close()  # nobody is watching the first one any more
    expect(page.get_by_role("button", name="Parar")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Parar").click()
    expect(page.get_by_text(re.compile("^(Parado|Se paró|No se ha entrenado nada: se paró)"))).to_be_visible(
        timeout=LONG
    )


def test_nothing_overflows_on_a_phone(page, server):
    page.set_viewport_size({"width": 390, "height": 844})
    open_own_texts(page, server)
    signs = {"2 · Extraer rasgos": "¿En qué se equivoca?", "4 · Usar": "Las neuronas", "3 · Ajustar": "Semilla"}
    for name, sign in signs.items():
        step(page, name)
        expect(page.get_by_text(sign).first).to_be_visible(timeout=LONG)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
