"""The form for a citation to classify, and the notes on a text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.i18n import _, translate
from core.messages import Message
from core.text.input_checks import Reading
from pages.components import inputs, kept


@dataclass(frozen=True)
class TextForm:
    """Keys of the two fields, the submitted text and the example; the examples."""

    fields: tuple[str, str]
    submitted: str
    example: str
    examples: Mapping[str, tuple[str, str]]

    def text(self) -> tuple[str, str] | None:
        """The submitted text, None if there is none."""
        return tuple(kept.get(self.submitted, ())) or None

    def typed(self) -> list[str]:
        """The texts in the fields."""
        return [kept.get(key, "") for key in self.fields]

    def fill(self, texts: Sequence[str]) -> None:
        """Put texts into the form and submit them."""
        kept.put(**dict(zip(self.fields, texts, strict=True)), **{self.submitted: list(texts)})

    def submit(self) -> None:
        """Submit the typed text, which is not an example any more."""
        kept.sync()
        kept.put(**{self.submitted: self.typed()})
        self.unpick()

    def unpick(self) -> None:
        """The text is no example any more."""
        st.session_state[self.example] = None

    def show_examples(self, fill: Callable[[Sequence[str]], None] | None = None) -> None:
        """The examples to pick from; a picked one fills the form and is submitted.

        fill: called with its texts instead of this form's own `fill`.
        """
        inputs.tell_unknown(self.example, map(_, self.examples))
        name = st.pills(
            _("Try an example"),
            list(self.examples),
            format_func=_,
            key=self.example,
            bind="query-params",
            wrap=True,
        )
        if name and name != st.session_state.get(f"filled-{self.example}"):
            (fill or self.fill)(self.examples[name])
        st.session_state[f"filled-{self.example}"] = name

    def submit_button(self, submit: Callable[[], None] | None = None) -> bool:
        """The submit button, whether it was pressed; submit: called instead of `self.submit`."""
        return st.button(
            _("Classify"),
            type="primary",
            icon=":material/label:",
            on_click=submit or self.submit,
            # Enter presses it too, see kept.js: a shortcut of Streamlit's own is part of the name.
            key=f"submit-{self.submitted}",
        )

    def reading(self, check: Callable[[str, str], Reading], invitation: str) -> Reading | None:
        """The cleaned text with notes on it, None without a text that can be classified.

        The page then shows an invitation, or what is wrong with the text.
        """
        text = self.text()
        if not text:
            st.info(invitation, icon=":material/content_paste:")
            return None
        kept.mark_edited(list(text) != self.typed())
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
