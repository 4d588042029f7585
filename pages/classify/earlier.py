"""The last answers of the visit, and a text that was set aside."""

import streamlit as st

from core.i18n import _
from core.text.markdown import escape_markdown
from pages.classify import paper_text
from pages.components import kept

MAX_TITLE = 60


def show_aside() -> None:
    """The way back to a text in whose place another one came."""
    aside = kept.get("aside")
    if not aside or paper_text.is_example(aside[1:]):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="aside"):
        st.markdown(_("Your text was set aside."), width="content")
        st.button(_("Restore"), icon=":material/undo:", on_click=paper_text.restore)
        st.button(
            _("Dismiss"), icon=":material/close:", type="tertiary", on_click=paper_text.forget_aside
        )


def show_earlier() -> None:
    """The last answers, to open again."""
    answers = kept.get("answers", [])
    if not answers or (len(answers) == 1 and answers[0][:2] == kept.get("paper")):
        return
    with st.expander(_("Earlier answers of this visit"), icon=":material/history:"):
        for number, (title, abstract, label) in enumerate(answers):
            text = " ".join((title or abstract).split())
            short = text[:MAX_TITLE] + ("…" if len(text) > MAX_TITLE else "")
            st.button(
                f"**{escape_markdown(label)}** {escape_markdown(short)}",
                key=f"earlier-{number}",
                type="tertiary",
                on_click=paper_text.open_paper,
                args=(title, abstract),
            )
