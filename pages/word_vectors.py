import streamlit as st
import ui
ui.start("word_vectors", "x")
st.slider("capa",0,12,5,key="layer",bind="query-params")
ui.next_stop("word_vectors")
