import streamlit as st
import ui
ui.start("Paloscopio", "x")
ui.next_stop("home")
