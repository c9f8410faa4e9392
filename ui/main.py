"""The script that draws every page: set-up, language, model, and the road from page to page."""

import streamlit as st

import ui
from ui.document import describe
from ui.models import choose_model
from ui.road import ROAD

st.set_page_config(page_title="Paloscopio", page_icon=str(ui.STATIC / "icon.svg"), layout="wide")

with st.sidebar:
    ui.choose_language()
page = st.navigation(
    [
        st.Page(stop.script, title=ui.t(stop.title), icon=stop.icon, url_path=stop.path, default=not stop.path)
        for stop in ROAD
    ]
)
with st.sidebar:
    choose_model()
    describe(page.title if page.url_path else "")
page.run()
