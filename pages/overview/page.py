"""The landing page: what the dashboard is for."""

from pathlib import Path

import streamlit as st

from core.cards import installed
from core.i18n import _, translate
from pages.about.installed import hide_paths
from pages.classify import paper_text
from pages.classify.paper_text import FORM
from pages.components import kept
from pages.components.language import link_options
from pages.components.models import NO_MODEL, preload
from pages.components.outputs import show_problems
from pages.overview.tour import CLASSIFY_OPTIONS, DECISIONS, OPTIONS, Stop, tour, uses
from pages.overview.tour_bar import STEP

PICTURES = Path(__file__).with_name("pictures")
"""Of the cards, by page; `docs/thumbnails.py` draws them."""


def redirect_old_links() -> None:
    """Open Classify if the URL has its options, as it was once the landing page."""
    if set(CLASSIFY_OPTIONS) & set(st.query_params):
        options = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page("pages/classify/page.py", query_params=options)


def reset_bound_options() -> None:
    """Reset options but for models and how they decide, so that links open the intended view.

    Streamlit keeps the values from a URL while other pages are open, with precedence over defaults
    omitted in a link. Papers, citations and terms are kept.
    """
    for option in set(OPTIONS) - set(DECISIONS):
        st.session_state.pop(option, None)


def submit() -> None:
    """Put what was brought into the box of Classify, and submit it there."""
    kept.sync()
    paper_text.set_aside()
    kept.put(box=kept.get("start"), start="")
    st.session_state[paper_text.TWO_FIELDS] = False
    paper_text.submit()


def show_box() -> None:
    """The box of Classify, which opens it with what was brought."""
    hint = _("Paste a title and an abstract, an arXiv id or link, BibTeX or RIS.")
    label = _("Your paper")
    kept.field(st.text_area, label, "start", FORM.unpick, height=104, placeholder=hint)
    if FORM.submit_button(submit):
        st.switch_page("pages/classify/page.py", query_params=link_options({}))


def show_card(use: Stop) -> None:
    """A use of the dashboard: a card that opens its page wherever it is clicked."""
    with st.container(border=True, height="stretch", key=f"card-{use.link.page}"):
        st.image(str(PICTURES / f"{use.link.page}.svg"), width="stretch", alt=use.title)
        show_link(use)
        st.markdown(use.text)


def show_link(stop: Stop, **more: str) -> None:
    """A link to a page with its options, and more of them."""
    st.page_link(
        f"pages/{stop.link.page}/page.py",
        label=f"**{stop.title}**",
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=link_options({**stop.link.query, **more}),
    )


def show_tour() -> None:
    """The tour: its first step, and each of the others."""
    st.subheader(_("A tour in five steps"), anchor=False)
    with st.container(horizontal=True, gap="small"):
        for number, step in enumerate(tour(cards), start=1):
            show_link(step, **{STEP: str(number)})


redirect_old_links()
reset_bound_options()
st.title(_("Where does a paper belong?"), anchor=False)
st.markdown(
    _(
        "Find the right arXiv category for a paper, see how biomedical terms relate, and explore "
        "what is on arXiv. Every answer comes with its reasons."
    )
)
cards, problems = installed()
show_problems([hide_paths(translate(problem)) for problem in problems])
if not cards:
    st.error(_(NO_MODEL), icon=":material/error:")
show_box()
for column, use in zip(st.columns(3), uses(), strict=True):
    with column:
        show_card(use)
show_tour()
# So that the first answer on Classify is fast.
for card in {card.task: card for card in reversed(cards) if card.task == "primary"}.values():
    preload(card)
