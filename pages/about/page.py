"""About Paperlens: what is installed, its versions, its licence."""

import streamlit as st

from core.cards import Card, installed
from core.i18n import _, join_list, translate
from core.text.markdown import escape_markdown
from pages.about.installed import corpora, damaged_files, hide_paths, model_rows, versions
from pages.components.outputs import header, show_problems


def show_installed(cards: list[Card]) -> None:
    """Models by task, and the corpora."""
    megabytes = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(
        model_rows(cards),
        column_config={"MB": megabytes},
        hide_index=True,
        height="content",
        key="installed",
    )
    if names := join_list(f"{escape_markdown(name)} ({size:,.1f} MB)" for name, size in corpora()):
        st.markdown(_("**Corpora in the data folder:** {names}.").format(names=names))
        return
    st.markdown(
        _(
            "**Corpora in the data folder:** none. `python -m core download arxiv` and "
            "`python -m core download scicite` get them. Words, lengths, text search and training "
            "need one; all else works without."
        )
    )


def check_files(cards: list[Card]) -> None:
    """A button that compares every file of every model with its checksum."""
    hint = _("Compares each with the checksum on its card, as is done whenever a model is loaded.")
    if st.button(_("Check every file of every model"), icon=":material/verified:", help=hint):
        problems = damaged_files(cards)
        show_problems(problems)
        if not problems:
            st.success(_("Every file is the one its card describes."), icon=":material/check:")


header(_("About"), _("What is installed here, in which versions, and under which licence."))
cards, problems = installed()
show_problems([hide_paths(translate(problem)) for problem in problems])
show_installed(cards)
libraries = join_list(
    f"{escape_markdown(name)} {escape_markdown(number)}" for name, number in versions().items()
)
st.caption(_("Versions: {versions}.").format(versions=libraries))
check_files(cards)
st.subheader(_("Licence and privacy"), anchor=False)
st.markdown(
    _(
        "Paperlens is free software under the MIT licence. Papers are classified on this server. "
        "Nothing is sent elsewhere but an arXiv id that you ask to look up."
    )
)
st.subheader(_("Report a problem"), anchor=False)
st.markdown(
    _(
        "Tell whoever runs this server what you did, what you saw, and the versions above. The "
        "address of a page holds its options, but not your text."
    )
)
