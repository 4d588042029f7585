"""The landing page: uses of the dashboard, its accuracy, a tour, and installed models."""

import streamlit as st

from core.cards import Card, installed
from core.i18n import _, join_list, translate
from core.text.markdown import escape_markdown
from pages.components.language import link_options
from pages.components.models import NO_MODEL, preload
from pages.components.outputs import show_problems
from pages.overview.comparisons import Comparison, comparisons
from pages.overview.installed import corpora, damaged_files, hide_paths, model_rows, versions
from pages.overview.tour import CLASSIFY_OPTIONS, OPTIONS, Link, link, tour, uses


def redirect_old_links() -> None:
    """Open Classify if the URL has its options, as it was once the landing page."""
    if set(CLASSIFY_OPTIONS) & set(st.query_params):
        options = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page("pages/classify/page.py", query_params=options)


def reset_bound_options() -> None:
    """Reset options, so that links open the intended view.

    Streamlit keeps the values from a URL while other pages are open, with precedence over defaults
    omitted in a link. Papers, citations and terms are kept.
    """
    for option in OPTIONS:
        st.session_state.pop(option, None)


def show_link(link: Link) -> None:
    """A link to a page with its options."""
    st.page_link(
        f"pages/{link.page}/page.py",
        label=f":primary[**{link.label}**]",
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=link_options(link.query),
    )


def show_comparison(comparison: Comparison) -> None:
    """Our figures beside a published one, and the test data."""
    st.markdown(
        _("**{title}**, {measure}").format(title=comparison.title, measure=comparison.measure)
    )
    with st.container(horizontal=True):
        for figure in comparison.figures:
            st.metric(
                figure.label,
                figure.value,
                figure.difference,
                delta_color="inverse" if figure.lower else "normal",
                delta_description=_("vs {published}").format(published=figure.published),
                width="content",
            )
    if not comparison.figures:
        st.markdown(_("These models are not installed."))
    st.caption(comparison.note)


def show_installed(cards: list[Card]) -> None:
    """Models by task, the corpora, the versions."""
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
    else:
        text = _(
            "**Corpora in the data folder:** none. `python -m core download arxiv` and "
            "`python -m core download scicite` get them; every page works without."
        )
        st.markdown(text)
    libraries = join_list(
        f"{escape_markdown(name)} {escape_markdown(number)}" for name, number in versions().items()
    )
    st.caption(_("Versions: {told}.").format(told=libraries))
    hint = _("Compares each with the checksum on its card, as is done whenever a model is loaded.")
    if st.button(_("Check every file of every model"), icon=":material/verified:", help=hint):
        problems = damaged_files(cards)
        show_problems(problems)
        if not problems:
            st.success(_("Every file is the one its card describes."), icon=":material/check:")


redirect_old_links()
reset_bound_options()
st.title("Paperlens", anchor=False)
text = _(
    "Sort papers into arXiv’s categories, compare biomedical terms and explore corpora, "
    "reasons and figures included."
)
st.markdown(text)
cards, problems = installed()
show_problems([hide_paths(translate(problem)) for problem in problems])
if not cards:
    st.error(_(NO_MODEL), icon=":material/error:")
for column, use in zip(st.columns(3), uses(), strict=True):
    with column, st.container(border=True, height="stretch"):
        st.markdown(f"#### {use.icon} {use.title}")
        st.markdown(use.text)
        with st.container(horizontal=True, gap="xsmall"):
            for one in use.links:
                show_link(one)
st.subheader(_("Our figures beside the published ones"), anchor=False)
with st.container(border=True):
    for column, comparison in zip(st.columns(3), comparisons(cards), strict=True):
        with column:
            show_comparison(comparison)
show_link(link("models", _("Every model and figure")))
st.subheader(_("A tour in five steps"), anchor=False)
for number, step in enumerate(tour(cards), start=1):
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(_("**{n}. {title}.** {look}").format(n=number, title=step.title, look=step.text))
    with right:
        show_link(*step.links)
st.subheader(_("What is installed"), anchor=False)
show_installed(cards)
# So that the first answer on Classify is fast.
for card in {card.task: card for card in reversed(cards) if card.task == "primary"}.values():
    preload(card)
