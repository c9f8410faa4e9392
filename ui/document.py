"""What the browser is told of a page: its title, its language, and Streamlit's own words in that language."""

import streamlit as st

from ui.i18n import language, t

# Streamlit has no setting for its words (streamlit/streamlit#1353). The English is hidden from the eye and from screen
# readers alike; the limit, which its second line tells, is in the label of each of our uploaders.
STYLE = """<style>
[data-testid="stFileUploaderDropzone"] button p {{ display: none; }}
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"]::after {{ content: "{upload}"; }}
[data-testid="stFileUploaderDropzoneInstructions"] {{ visibility: hidden; }}
</style>"""
SCRIPT = "<script>document.documentElement.lang = '{lang}'</script>"


def describe(title: str) -> None:
    """For the page that is about to be drawn. ``title`` is empty on the first one."""
    st.set_page_config(page_title=" · ".join(filter(None, (title, "Paloscopio"))))
    style = STYLE.format(upload=t("Subir archivo")) if language() != "en" else ""
    st.html(style + SCRIPT.format(lang=language()), unsafe_allow_javascript=True)  # ours alone, nothing of a reader's
