"""The landing page: what the dashboard does, how good it is, a tour, and what is installed."""

import streamlit as st

from core import i18n
from core.cards import Card, installed
from core.i18n import say
from core.tasks import TASKS
from core.text.markdown import escape_markdown
from pages import components
from pages.content import overview
from pages.content.overview import Comparison, Link, Step, Use

# Classify was the landing page once, and links to it stand in other people's mails.
CLASSIFY = {
    "example",
    "model",
    "task",
    "own",
    "threshold",
    "kind",
    "citation",
    "intent-model",
    "many-task",
}

OPTIONS = (
    *("kind", "example", "model", "task", "own", "threshold", "citation", "intent-model"),
    *("view", "measure", "order", "module"),
    *("corpus", "path", "years", "archives", "text", "merge", "show", "level", "log", "most"),
    *("unit", "style", "colour", "labels", "of"),
    *("runs", "metric", "smoothing"),
)
"""What the pages that the links open bind to the address."""


def hand_over() -> None:
    """Open Classify where the address is one of its own."""
    if CLASSIFY & set(st.query_params):
        asked = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page("pages/classify.py", query_params=asked)


def forget() -> None:
    """Let links open what they promise.

    Streamlit keeps what an address has set while other pages are looked at, and puts it before the
    defaults of a link's address. Papers, citations and terms stay.
    """
    for option in OPTIONS:
        if option in st.session_state:
            del st.session_state[option]


def show_link(link: Link) -> None:
    """A link to a page in a certain state."""
    st.page_link(
        f"pages/{link.page}.py",
        label=f":primary[**{link.label}**]",
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=components.address(link.query),
    )


def show_use(use: Use) -> None:
    """A use as a card, its links at the foot."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"#### {use.icon} {use.title}")
        st.markdown(use.sentence)
        with st.container(horizontal=True, gap="xsmall"):
            for link in use.links:
                show_link(link)


def show_comparison(found: Comparison) -> None:
    """Our figures beside a published one, and what they are measured on."""
    st.markdown(say("**{title}**, {measure}", title=found.title, measure=found.measure))
    if found.figures:
        with st.container(horizontal=True):
            for one in found.figures:
                st.metric(
                    one.label,
                    one.value,
                    one.difference,
                    delta_color="inverse" if one.lower else "normal",
                    delta_description=say("vs {published}", published=one.published),
                    width="content",
                )
    else:
        st.markdown(say("These models are not installed."))
    st.caption(found.says)


def show_step(number: int, step: Step) -> None:
    """A stop of the tour: its number, what to look at, where."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(say("**{n}. {title}.** {look}", n=number, title=step.title, look=step.look))
    with right:
        show_link(step.link)


def show_installed(cards: list[Card]) -> None:
    """Models by task, the corpora, the versions."""
    st.dataframe(
        overview.model_rows(cards),
        column_config={"MB": st.column_config.NumberColumn(format="%.1f")},
        hide_index=True,
        height="content",
        key="installed",
    )
    corpora = overview.corpora()
    if corpora:
        names = i18n.listed(f"{escape_markdown(name)} ({size:,.1f} MB)" for name, size in corpora)
        st.markdown(say("**Corpora in the data folder:** {names}.", names=names))
    else:
        st.markdown(
            say(
                "**Corpora in the data folder:** none. `python -m core download arxiv` and "
                "`python -m core download scicite` get them; every page works without."
            )
        )
    told = i18n.listed(
        f"{escape_markdown(name)} {escape_markdown(v)}" for name, v in overview.versions().items()
    )
    st.caption(say("Versions: {told}.", told=told))
    if st.button(
        say("Check every file of every model"),
        icon=":material/verified:",
        help=say(
            "Compares each with the checksum on its card, as is done whenever a model is loaded."
        ),
    ):
        wrong = overview.damaged(cards)
        components.show_problems([escape_markdown(words) for words in wrong])
        if not wrong:
            st.success(say("Every file is the one its card describes."), icon=":material/check:")


components.through_router()
hand_over()
forget()
st.title("Paperlens", anchor=False)
st.markdown(
    say(
        "Sort papers into arXiv’s categories, compare biomedical terms and explore corpora, "
        "reasons and figures included."
    )
)
cards, problems = installed()
components.show_problems([escape_markdown(overview.tidy(problem)) for problem in problems])
if not cards:
    st.error(say(components.NO_MODEL), icon=":material/error:")
for column, use in zip(st.columns(3), overview.uses(), strict=True):
    with column:
        show_use(use)
st.subheader(say("Our figures beside the published ones"), anchor=False)
with st.container(border=True):
    for column, found in zip(st.columns(3), overview.comparisons(cards), strict=True):
        with column:
            show_comparison(found)
show_link(Link("models", say("Every model and figure")))
st.subheader(say("A tour in five steps"), anchor=False)
for number, step in enumerate(overview.tour(cards), start=1):
    show_step(number, step)
st.subheader(say("What is installed"), anchor=False)
show_installed(cards)
# The first answer on Classify is then as quick as all others.
for card in cards:
    if card.task in ("archive", "subject") and card.name == TASKS[card.task].default:
        components.warm(card)
