"""The parts that every page is made of, in the order a reader meets them."""

import streamlit as st

from ui.i18n import t
from ui.road import ROAD
from ui.text import md
from viz.kit.errors import Problem


def start(title: str, lead: str) -> None:
    """Title and one or two sentences that say what this page is for."""
    st.title(title, anchor=False)
    st.markdown(lead)


def question(text: str) -> None:
    """The one question that the learner can answer by doing."""
    st.info(text, icon=":material/help:")


def what_you_see(text: str) -> None:
    """Two or three sentences that read the picture, their numbers computed."""
    with st.container(border=True):
        st.markdown(f"**{t('Qué se ve')}.** {text}")


def limits(text: str) -> None:
    """What this page accepts and where it stops."""
    st.caption(f":material/straighten: {text}")


def fail(problem: Problem) -> None:
    """A clear sentence in the user's language; what the user typed appears literally."""
    st.error(problem_text(problem), icon=":material/error:")


def problem_text(problem: Problem) -> str:
    values = {k: md(v) if isinstance(v, str) else v for k, v in problem.values.items()}
    return t(problem.template, **values)


def next_stop(file: str) -> None:
    """A link to the stop after ``file`` on the road, for a learner who walks it page by page."""
    files = [stop.file for stop in ROAD]
    if files.index(file) + 1 < len(ROAD):
        stop = ROAD[files.index(file) + 1]
        st.divider()
        st.page_link(stop.script, label=t("Siguiente: {title}", title=t(stop.title)), icon=":material/arrow_forward:")
