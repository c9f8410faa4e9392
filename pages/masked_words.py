import streamlit as st
import ui
ui.start("masked_words", "x")
st.slider("capa",0,12,5,key="layer",bind="query-params")
ui.next_stop("masked_words")
