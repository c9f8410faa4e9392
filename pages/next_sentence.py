import streamlit as st
import ui
ui.start("next_sentence", "x")
st.slider("capa",0,12,5,key="layer",bind="query-params")
ui.next_stop("next_sentence")
