"""Paloscopio: ``streamlit run app.py``.

The server runs ui/main.py rather than this file because Streamlit takes a pages/ folder beside the script for its
old, automatic navigation until the first visit is over, and would greet a first visitor who comes by a link to a
page with "Page not found".
"""

import runpy
from pathlib import Path

import streamlit as st

from host.warm_up import warm_up
from ui.errors import show

MAIN = Path(__file__).parent / "ui" / "main.py"

app = st.App(MAIN, lifespan=warm_up, on_script_error=show)

if __name__ == "__main__":  # as a plain script: Streamlit's AppTest
    runpy.run_path(str(MAIN))
