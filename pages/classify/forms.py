"""The form of a text to classify: two fields, invented examples, and what was submitted.

All of it lives in the session: coming back from elsewhere, the form is as it was left.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.i18n import _


@dataclass(frozen=True)
class TextForm:
    """Session keys of the two fields, of the submitted text and of the picked example."""

    fields: tuple[str, str]
    submitted: str
    example: str
    examples: Mapping[str, tuple[str, str]]

    def text(self) -> tuple[str, str] | None:
        """The text to classify, None before any was submitted."""
        return st.session_state.get(self.submitted)

    def fill_example(self) -> None:
        """Put the picked example into the form and submit it."""
        texts = self.examples.get(st.session_state.get(self.example) or "")
        if texts:
            st.session_state.update(zip(self.fields, texts, strict=True))
            st.session_state[self.submitted] = texts

    def submit(self) -> None:
        """Keep what was typed; it is no example any more."""
        first, second = self.fields
        st.session_state[self.submitted] = (st.session_state[first], st.session_state[second])
        st.session_state[self.example] = None

    def show_examples(self) -> None:
        """The examples to pick from; also fills a form that Streamlit has forgotten."""
        st.pills(
            _("Try an example"),
            list(self.examples),
            format_func=_,
            key=self.example,
            bind="query-params",
            wrap=True,
            on_change=self.fill_example,
        )
        if self.fields[0] not in st.session_state:
            st.session_state.update(zip(self.fields, self.text() or ("", ""), strict=True))
            # An example in the address goes before what was submitted earlier.
            self.fill_example()

    def submit_button(self) -> None:
        """The form's button."""
        st.form_submit_button(
            _("Classify"), type="primary", icon=":material/label:", on_click=self.submit
        )
