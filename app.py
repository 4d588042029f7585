"""The dashboard's entry: page settings and the way to each page."""

from pathlib import Path

import streamlit as st

# A picture of our own: the browser would ask Google for one of Streamlit's.
ICON = Path(__file__).with_name("pages") / "icon.svg"
# A narrow sidebar: the names of the pages fit.
st.set_page_config(
    page_title="Paperlens",
    page_icon=str(ICON),
    layout="wide",
    initial_sidebar_state=220,
)

st.session_state.routed = True
st.navigation(
    [
        st.Page("pages/overview.py", title="Overview", icon=":material/home:", default=True),
        st.Page("pages/classify.py", title="Classify", icon=":material/label:"),
        st.Page("pages/terms.py", title="Compare terms", icon=":material/grid_on:"),
        st.Page("pages/statistics.py", title="Explore a corpus", icon=":material/bar_chart:"),
        st.Page("pages/training.py", title="Watch models learn", icon=":material/timeline:"),
        st.Page("pages/models.py", title="Compare models", icon=":material/leaderboard:"),
    ]
).run()
