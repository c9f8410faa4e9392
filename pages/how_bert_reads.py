import streamlit as st
import ui
ui.start("how_bert_reads", "x")
st.slider("capa",0,12,5,key="layer",bind="query-params")
ui.next_stop("how_bert_reads")
