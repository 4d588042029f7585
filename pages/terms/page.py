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
from pages.terms.chips import show_chips
from pages.terms.editor import clear_notes, current_terms, show_editor, terms_to_url
from pages.terms.embedding import comparable, pick_modules, show_facts, with_estimates
from pages.terms.unknown import note_unknown, unknown_words
from pages.terms.words import pick_estimated, pick_merged

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
        "How closely are biomedical terms related in COVID-19 research? Add terms, and see them as "
        "a heatmap, with their nearest words, or on a map."
    ),
)
terms = current_terms()
terms_to_url(terms)
left, right = st.columns([2, 5])
with right:
    modules = pick_modules()
    # Notes are on the last change, which was made in another view.
    view = pick(_("Show"), VIEWS, "view", on_change=clear_notes)
    of_terms = view not in (NEIGHBOURS, ANALOGY)
with left:
    show_chips(terms, modules)
    merged = of_terms and pick_merged("merge", False)
    estimated = of_terms and pick_estimated()
    show_editor(terms)
with right:
    # Once for both modules.
    options = heatmap.pick_options() if view == HEATMAP else ()
    for note in st.session_state.get("notes", ()):
        st.warning(escape_markdown(translate(note)), icon=":material/info:")
    if not len(terms) and of_terms:
        text = _("Add terms on the left, up to {most}, or take the example.").format(most=MAX_TERMS)
        st.info(text, icon=":material/grid_on:")
        modules = []
    columns = st.columns(max(1, len(modules)))
    for index, (column, module) in enumerate(zip(columns, modules, strict=False)):
        with column:
            shown = terms
            if of_terms:
                unknown = unknown_words(module, terms, merged)
                if estimated:
                    module = with_estimates(module, unknown)
                shown = comparable(module, terms, merged)
                note_unknown(module, unknown, index)
            try:
                VIEWS[view](module, shown, index, *options)
            except TermError as problem:
                st.info(escape_markdown(translate(problem)), icon=":material/help:")
            show_facts(module)
