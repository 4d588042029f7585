"""The form for a text to classify, stored in the session to survive page changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.i18n import _, translate
from core.messages import Message
from core.text.input_checks import Reading


@dataclass(frozen=True)
class TextForm:
    """Session keys of the two fields, the submitted text and the example; the examples."""

    fields: tuple[str, str]
    submitted: str
    example: str
    examples: Mapping[str, tuple[str, str]]

    def text(self) -> tuple[str, str] | None:
        """The submitted text, None if there is none."""
        return st.session_state.get(self.submitted)

    def fill(self, texts: tuple[str, str]) -> None:
        """Put texts into the form and submit them."""
        st.session_state.update(
            {
                **dict(zip(self.fields, texts, strict=True)),
                self.submitted: texts,
                self.example: None,
            }
        )

    def fill_example(self) -> None:
        """Put the picked example into the form and submit it."""
        if texts := self.examples.get(st.session_state.get(self.example) or ""):
            st.session_state.update(
                {**dict(zip(self.fields, texts, strict=True)), self.submitted: texts}
            )

    def submit(self) -> None:
        """Submit the typed text, which is not an example any more."""
        st.session_state[self.submitted] = tuple(st.session_state[key] for key in self.fields)
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
            # An example in the URL has precedence over a submitted text.
            self.fill_example()

    def submit_button(self) -> None:
        """The submit button."""
        label, icon = _("Classify"), ":material/label:"
        st.form_submit_button(label, type="primary", icon=icon, on_click=self.submit)

    def reading(self, check: Callable[[str, str], Reading], invitation: str) -> Reading | None:
        """The cleaned text with notes on it, None without a text that can be classified.

        The page then shows an invitation, or what is wrong with the text.
        """
        text = self.text()
        if not text:
            st.info(invitation, icon=":material/content_paste:")
            return None
        reading = check(*text)
        if not reading.usable:
            show_notes(reading.notes)
            return None
        return reading


def show_done(reading: Reading) -> None:
    """What was tidied in a text, in one small line."""
    if reading.done:
        # Sentences, each with its full stop: a blank is all that stands between them.
        st.caption(" ".join(map(translate, reading.done)))


def show_notes(notes: Sequence[Message]) -> None:
    """Notes on a text."""
    for note in notes:
        st.warning(translate(note), icon=":material/info:")
