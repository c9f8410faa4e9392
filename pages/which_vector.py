import streamlit as st
import ui
ui.start("which_vector", "x")
st.slider("capa",0,12,5,key="layer",bind="query-params")
