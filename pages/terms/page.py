"""Compare terms: similarity heatmap, neighbours, analogies and a map from a text embedding."""

import streamlit as st

from core.embeddings.term_list import MAX_TERMS
from core.embeddings.vectors import TermError
from core.i18n import _, translate
from core.messages import N_
from core.text.markdown import escape_markdown
from pages.components.inputs import pick
from pages.components.outputs import header
from pages.terms import analogy, heatmap, map_view, neighbours, odd_one_out
from pages.terms.editor import current_terms, show_editor, terms_to_url
from pages.terms.embedding import note_unknown, pick_modules, show_facts

HEATMAP, NEIGHBOURS, ANALOGY = (N_("Heatmap"), N_("Neighbours"), N_("Analogy"))
VIEWS = {
    HEATMAP: heatmap.show,
    NEIGHBOURS: neighbours.show,
    ANALOGY: analogy.show,
    N_("Odd one out"): odd_one_out.show,
    N_("Map"): map_view.show,
}

header(
    _("Compare terms"),
    _(
        "How near do biomedical terms lie in an embedding of COVID-19 literature? Add terms, and "
        "see them as a heatmap, with their neighbours, or on a map."
    ),
)
terms = current_terms()
terms_to_url(terms)
left, right = st.columns([2, 5])
with left:
    show_editor(terms)
with right:
    modules = pick_modules()
    view = pick(_("Show"), VIEWS, "view")
    # Once for both modules.
    options = heatmap.pick_options() if view == HEATMAP else ()
    for note in st.session_state.get("notes", ()):
        st.warning(escape_markdown(translate(note)), icon=":material/info:")
    if not len(terms) and view not in (NEIGHBOURS, ANALOGY):
        text = _("Add terms on the left, up to {most}, or take the notebook's.").format(
            most=MAX_TERMS
        )
        st.info(text, icon=":material/grid_on:")
        modules = []
    columns = st.columns(max(1, len(modules)))
    for index, (column, module) in enumerate(zip(columns, modules, strict=False)):
        with column:
            note_unknown(module, terms)
            try:
                VIEWS[view](module, terms, index, *options)
            except TermError as problem:
                st.info(escape_markdown(translate(problem)), icon=":material/help:")
            show_facts(module)
