"""Compare terms: similarity heatmaps, neighbours, analogies and maps from a text embedding."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core.embeddings import clustering, hub_module, projection, similarity, term_list
from core.embeddings.clustering import Dendrogram
from core.embeddings.hub_module import Module
from core.embeddings.module_table import ModuleError
from core.embeddings.term_list import MAX_TERMS, NO_GROUP, NOTEBOOK, Change, Selection
from core.embeddings.vectors import Table, TermError
from core.files.export import csv_bytes
from core.i18n import listed, phrase, phrases, say
from core.plots import heatmap
from core.text import markdown
from pages import components

HEATMAP, NEAR, ANALOGY, ODD, MAP = VIEWS = phrases(
    "Heatmap", "Neighbours", "Analogy", "Odd one out", "Map"
)
INNER, COSINE = phrases("Inner product over maximum", "Cosine")
MEASURES = {INNER: "inner", COSINE: "cosine"}
LEGENDS = {INNER: phrase("inner product over maximum"), COSINE: phrase("cosine")}
ENTERED, GROUPED, CLUSTERED = ORDERS = phrases("As entered", "By group", "Clustered")
FORMS = {"PNG": "image/png", "SVG": "image/svg+xml", "PDF": "application/pdf"}
ADDRESS = "terms"
ASKED = phrases("As this", "is to this", "so is this to …")
NEIGHBOURS = 20


# The chosen terms. They live in the session and in the page's address.


def chosen() -> Selection:
    """The terms; on coming to the page those of the address, if it has any."""
    lines = st.query_params.get_all(ADDRESS)
    # Streamlit forgets what is not on screen, so on coming here the form has no state.
    if lines and "new_terms" not in st.session_state:
        keep(term_list.from_lines(lines))
    elif "selection" not in st.session_state:
        keep(Change(NOTEBOOK))
    return st.session_state.selection


def keep(change: Change) -> None:
    """Make a change the session's."""
    st.session_state.selection = change.selection
    st.session_state.notes = change.notes
    # Table and text of the terms start anew from them; under their old keys they would keep their
    # own state.
    st.session_state.edition = st.session_state.get("edition", 0) + 1


def tell_address(now: Selection) -> None:
    """Let the address open these terms; on the way back from another page it has lost them."""
    # An address without terms shows the notebook's: an empty line stands for none.
    lines = [] if now == NOTEBOOK else now.lines() or [""]
    if not lines:
        st.query_params.pop(ADDRESS, None)
    elif st.query_params.get_all(ADDRESS) != lines:
        st.query_params[ADDRESS] = lines


def add() -> None:
    """Take what the form holds."""
    text, group = st.session_state.new_terms, st.session_state.new_group
    keep(term_list.add(chosen(), text, group))


def edited() -> None:
    """Take the changes made in the table of terms."""
    changes = st.session_state[f"table-{st.session_state.edition}"]
    begun = not any(cells.get("term") for cells in changes["added_rows"])
    if begun and not changes["edited_rows"] and not changes["deleted_rows"]:
        # A new row is empty at first; the table keeps it until its term is typed.
        return
    rows = [list(pair) for pair in chosen()]
    for row, cells in changes["edited_rows"].items():
        rows[int(row)] = [
            cells.get("term", rows[int(row)][0]),
            cells.get("group", rows[int(row)][1]),
        ]
    kept = [pair for i, pair in enumerate(rows) if i not in set(changes["deleted_rows"])]
    new = [[cells.get("term"), cells.get("group")] for cells in changes["added_rows"]]
    keep(term_list.collect((term or "", group or NO_GROUP) for term, group in kept + new))


def take_lines() -> None:
    """Take all terms from the text of groups."""
    keep(term_list.from_lines(st.session_state[f"text-{st.session_state.edition}"].split("\n")))


def take_file() -> None:
    """Take the terms of an uploaded file."""
    file = st.session_state.upload
    if file is None:
        return
    try:
        keep(term_list.from_file(file.name, file.getvalue()))
    except TermError as problem:
        st.session_state.notes = (str(problem),)


def edit(terms_now: Selection) -> None:
    """Everything that changes the choice of terms."""
    with st.form("add_form", clear_on_submit=True):
        st.text_input(
            say("Add terms"),
            key="new_terms",
            placeholder=term_list.EXAMPLE,
            help=say("Several at once: put commas or semicolons between them."),
        )
        st.text_input(say("To group"), key="new_group", placeholder=NO_GROUP)
        st.form_submit_button(say("Add"), icon=":material/add:", on_click=add)
    st.data_editor(
        pd.DataFrame({"term": terms_now.terms, "group": terms_now.groups}, dtype=str),
        key=f"table-{st.session_state.edition}",
        num_rows="dynamic",
        hide_index=True,
        height=396,
        on_change=edited,
        column_config={
            "term": st.column_config.TextColumn(say("Term"), max_chars=200),
            "group": st.column_config.TextColumn(
                say("Group"), max_chars=term_list.MAX_GROUP_LENGTH
            ),
        },
    )
    with st.expander(say("Paste or upload many"), icon=":material/upload:"):
        with st.form("text_form"):
            st.text_area(
                say("A line a group"),
                "\n".join(terms_now.lines()),
                key=f"text-{st.session_state.edition}",
                height=150,
                help=say("`Symptoms: cough, fever`. A line without a colon has no group."),
            )
            st.form_submit_button(say("Use these"), on_click=take_lines)
        st.file_uploader(
            say("A CSV file, a term a row; a second column may hold its group"),
            type=["csv", "tsv", "txt"],
            key="upload",
            on_change=take_file,
        )
    with st.container(horizontal=True):
        st.button(
            say("The notebook's terms"),
            icon=":material/restart_alt:",
            on_click=keep,
            args=(Change(NOTEBOOK),),
        )
        st.button(
            say("Clear"), icon=":material/delete:", on_click=keep, args=(Change(Selection()),)
        )


# The modules.


@st.cache_resource(show_spinner=False, max_entries=3)
def load(source: str, key: str, written: float) -> Module:
    """A module, read once for all users; `written` is when, so that a new one is read anew."""
    loaded = hub_module.load(source, key)
    if loaded.table:
        # The first search builds these; let the spinner pay for them.
        loaded.table.knows("")
        _ = loaded.table.unit
    return loaded


def written(source: str) -> float:
    """When a module's folder was last written; 0 for a handle."""
    saved = Path(source) / hub_module.SAVED_MODEL
    return saved.stat().st_mtime if saved.is_file() else 0.0


def modules() -> list[Module]:
    """The modules picked: one, or two side by side. Those that cannot be used say why."""
    places = {
        place.label: place
        for place in hub_module.available()
        if place.key != hub_module.SHIPPED or Path(place.source).is_dir()
    }
    if not places:
        st.error(
            say(
                "No embedding is installed: the models folder lacks embedding/swivel. Restore it "
                "from the checkout, or train one with `python -m core train swivel --data PATH`."
            ),
            icon=":material/error:",
        )
        st.stop()
    labels = list(places)
    picked = labels[:1]
    if len(labels) > 1:
        picked = st.multiselect(
            say("Embedding"),
            labels,
            default=labels[:1],
            max_selections=2,
            format_func=say,
            key="module",
            bind="query-params",
            help=say("Pick two to see them side by side."),
        )
    found = []
    for label in picked or labels[:1]:
        place = places[label]
        try:
            with st.spinner(say("Loading the word vectors ...")):
                found.append(load(place.source, place.key, written(place.source)))
        except ModuleError as problem:
            st.warning(markdown.plain(str(problem)), icon=":material/error:")
    if not found:
        st.stop()
    return found


def show_facts(loaded: Module) -> None:
    """Which module is in use and what it is."""
    size = (
        say("{n:,} words", n=loaded.vocabulary) if loaded.vocabulary else say("vocabulary not told")
    )
    st.caption(
        say(
            "**{module}** · {d} dimensions, {size} · trained on {corpus} · an unknown word gets "
            "{unknown} · case counts (SARS, not sars), punctuation does not (SARS-CoV-2 is "
            "SARSCoV2)",
            module=markdown.plain(say(loaded.label)),
            d=loaded.dimension,
            size=size,
            corpus=markdown.plain(hub_module.corpus_text(loaded.trained_on)),
            unknown=say(loaded.unknown),
        )
    )


# The heatmap.


def picture(loaded: Module, now: Selection, measure: str, order: str) -> heatmap.Heatmap:
    """The similarities of the terms in the order asked for."""
    vectors = loaded.embed(now.terms)
    values = similarity.similarity(vectors, MEASURES[measure])
    known = vectors.any(axis=1)
    linkage, places = None, np.arange(len(now))
    if order == CLUSTERED:
        # Unknown terms are near none; they come last.
        there = np.flatnonzero(known)
        leaves: Dendrogram = clustering.cluster(values[np.ix_(there, there)])
        linkage = leaves.linkage
        places = np.concatenate([there[leaves.order], np.flatnonzero(~known)])
    elif order == GROUPED:
        first = {group: i for i, group in reversed(list(enumerate(now.groups)))}
        places = np.array(sorted(range(len(now)), key=lambda i: (first[now.groups[i]], i)), int)
    values = values[np.ix_(places, places)]
    groups = [now.groups[i] for i in places]
    breaks = [i for i in range(1, len(groups)) if groups[i] != groups[i - 1]]
    known = known[places]
    return heatmap.Heatmap(
        title=phrase("Similarity of terms"),
        measure=LEGENDS[measure],
        terms=tuple(now.terms[i] for i in places),
        values=values,
        # Unknown terms come last, not before those that are less similar than not at all.
        ranks=similarity.ranks(np.where(known, values, -np.inf)),
        known=tuple(known.tolist()),
        breaks=tuple(breaks) if order == GROUPED else (),
        linkage=linkage,
    )


def show_heatmap(loaded: Module, now: Selection, measure: str, order: str, place: int) -> None:
    """The heatmap, what it says of the groups, and its downloads."""
    drawn = picture(loaded, now, measure, order)
    st.plotly_chart(
        heatmap.heatmap(drawn),
        key=f"heatmap-{place}",
        config={"displaylogo": False},
        alt=say("Heatmap of the terms' similarities"),
    )
    groups = dict(now)
    known = [i for i, known in enumerate(drawn.known) if known]
    within, between = projection.group_means(
        drawn.values[np.ix_(known, known)], [groups[drawn.terms[i]] for i in known]
    )
    means = ""
    if np.isfinite(within) and np.isfinite(between):
        means = say(
            "Mean similarity within groups **{within:.2f}**, between groups **{between:.2f}**. ",
            within=within,
            between=between,
        )
    st.caption(
        means
        + say(
            "Hover over a cell for its value and ranks: of “a · b, ranks 1 and 3”, b is a's "
            "nearest term here, and a is b's third."
        )
    )
    show_downloads(drawn, place)


def show_downloads(drawn: heatmap.Heatmap, place: int) -> None:
    """The matrix as CSV, the picture as the notebook draws it."""
    # Single precision would be written with more decimals than it was rounded to.
    matrix = pd.DataFrame(drawn.shown.astype(float), columns=list(drawn.terms))
    # “term” may be one of the terms.
    matrix.insert(0, "term", list(drawn.terms), allow_duplicates=True)
    with st.container(horizontal=True):
        components.download(
            say("Download as CSV"),
            partial(csv_bytes, matrix.round(6)),
            "similarity.csv",
            "text/csv",
            key=f"csv-{place}",
        )
        for form, mime in FORMS.items():
            components.download(
                say("Picture as {form}", form=form),
                partial(heatmap.heatmap_file, drawn, form.lower()),
                f"similarity.{form.lower()}",
                mime,
                key=f"{form}-{place}",
            )


def note_unknown(loaded: Module, now: Selection) -> None:
    """Say which words of the terms have no vector, and how they may be spelled."""
    if loaded.table is None:
        nothing = [
            t for t, v in zip(now.terms, loaded.embed(now.terms), strict=True) if not v.any()
        ]
        if nothing:
            words = markdown.plain(listed(nothing))
            st.warning(say("No vector for {words}.", words=words), icon=":material/help:")
        return
    unknown = dict.fromkeys(w for term in now.terms for w in loaded.table.unknown_words(term))
    if not unknown:
        return
    words = []
    for word in list(unknown)[:20]:
        better = loaded.table.spelling(word)
        words.append(say("{word} (known: {better})", word=word, better=better) if better else word)
    told = listed(words)
    if len(unknown) > 20:
        told = say("{words} and {n} more", words=told, n=len(unknown) - 20)
    st.warning(
        markdown.plain(
            say(
                "Not in the vocabulary: {words}. A term with no known word is left blank; in a "
                "term of several words an unknown one counts as nothing.",
                words=told,
            )
        ),
        icon=":material/help:",
    )


# The other views.


def ask_term(label: str, key: str, default: str) -> str:
    """A term to look around, free to type."""
    return st.text_input(label, default, key=key, bind="query-params", max_chars=200).strip()


def show_words(found: tuple[similarity.Neighbour, ...], key: str) -> None:
    """Near words as bars, as a file, and as terms to add."""
    names = [word.word for word in found]
    st.plotly_chart(
        heatmap.term_bars(names, [word.similarity for word in found], say("cosine similarity")),
        key=f"bars-{key}",
        config={"displayModeBar": False},
    )
    table = pd.DataFrame(
        {
            "rank": [word.rank for word in found],
            "word": names,
            "cosine": [round(word.similarity, 6) for word in found],
        }
    )
    with st.container(horizontal=True):
        components.download(
            say("Download as CSV"),
            csv_bytes(table),
            "words.csv",
            "text/csv",
            key=f"words-{key}",
        )
        st.button(
            say("Add the first five to the heatmap"),
            key=f"take-{key}",
            icon=":material/add:",
            on_click=lambda: keep(term_list.add(chosen(), "\n".join(names[:5]), say(NEAR))),
        )


def show_neighbours(loaded: Module, now: Selection, place: int) -> None:
    """The nearest words of the vocabulary to a term."""
    term = ask_term(say("Words nearest to"), f"near{place or ''}", now.terms[0] if now else "")
    if not term:
        st.info(say("Type a term to see the words nearest to it."), icon=":material/help:")
        return
    search(loaded, place, lambda table: similarity.neighbours(table, term, NEIGHBOURS))


def show_analogy(loaded: Module, place: int) -> None:
    """The fourth word of an analogy."""
    columns = st.columns(3)
    asked = []
    for column, label, key, default in zip(columns, ASKED, "abc", term_list.ANALOGY, strict=True):
        with column:
            asked.append(ask_term(say(label), f"{key}{place or ''}", default))
    if not all(asked):
        st.info(say("An analogy takes three terms."), icon=":material/help:")
        return
    search(loaded, place, lambda table: similarity.analogy(table, *asked, top=10))


def search(
    loaded: Module,
    place: int,
    look: Callable[[Table], tuple[similarity.Neighbour, ...]],
) -> None:
    """Show the words that a search of the vocabulary gives, or why it gives none."""
    if loaded.table is None:
        st.info(say("This module does not tell its vocabulary, so it cannot be searched."))
        return
    try:
        show_words(look(loaded.table), str(place))
    except TermError as problem:
        st.info(markdown.plain(str(problem)), icon=":material/help:")


def show_odd_one(loaded: Module, now: Selection, place: int) -> None:
    """How near each term is to all others; the farthest is the odd one."""
    try:
        means = similarity.odd_one_out(loaded.embed(now.terms))
    except TermError as problem:
        st.info(markdown.plain(str(problem)), icon=":material/help:")
        return
    # Terms without a vector have no mean; they are not odd but unknown.
    order = [i for i in np.argsort(means) if np.isfinite(means[i])]
    st.markdown(markdown.plain(say("The odd one out is {term}.", term=now.terms[order[0]])))
    st.plotly_chart(
        heatmap.term_bars(
            [now.terms[i] for i in order],
            [float(means[i]) for i in order],
            say("mean cosine similarity to the others"),
        ),
        key=f"odd-{place}",
        config={"displayModeBar": False},
    )


def show_map(loaded: Module, now: Selection, place: int) -> None:
    """The terms as points in two or three dimensions."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.segmented_control(
            say("Method"), projection.MAPS, default="PCA", required=True,
            key=f"method{place or ''}", bind="query-params",
            wrap=True,
        )  # fmt: skip
        solid = st.toggle(say("Three dimensions"), key=f"solid{place or ''}", bind="query-params")
    known = [i for i, vector in enumerate(loaded.embed(now.terms)) if vector.any()]
    if not known:
        st.info(say("No term is known, so there is nothing to map."), icon=":material/help:")
        return
    names = tuple(now.terms[i] for i in known)
    try:
        with st.spinner(say("Drawing the map ...")):
            of = (loaded.source, loaded.key, written(loaded.source))
            points, explained = positions(of, names, method, 3 if solid else 2)
    except TermError as problem:
        st.info(markdown.plain(str(problem)), icon=":material/help:")
        return
    titles = [f"{method} {n}" for n in range(1, points.shape[1] + 1)]
    if explained:
        titles = [
            say("{axis} ({share:.0%} of variance)", axis=axis, share=share)
            for axis, share in zip(titles, explained, strict=True)
        ]
    st.plotly_chart(
        heatmap.term_map(points, names, [now.groups[i] for i in known], titles),
        key=f"map-{place}",
    )
    if len(known) < len(now):
        st.caption(say("Unknown terms have no place on the map."))


@st.cache_data(show_spinner=False, max_entries=64)
def positions(
    of: tuple[str, str, float], names: tuple[str, ...], method: str, dimensions: int
) -> tuple[np.ndarray, tuple[float, ...] | None]:
    """Places on a map; t-SNE takes a second, so they are kept. of: what `load` takes."""
    return projection.project(load(*of).embed(names), method, dimensions)


components.through_router()
st.title(say("Compare terms"), anchor=False)
st.caption(
    say(
        "How near do biomedical terms lie in an embedding of COVID-19 literature? Add terms, and "
        "see them as a heatmap, with their neighbours, or on a map."
    )
)
now = chosen()
tell_address(now)
left, right = st.columns([2, 5])
with left:
    edit(now)
with right:
    picked = modules()
    view = st.segmented_control(
        say("Show"), VIEWS, default=HEATMAP, required=True, format_func=say, key="view",
        bind="query-params", wrap=True,
    )  # fmt: skip
    if view == HEATMAP:
        with st.container(horizontal=True):
            measure = st.segmented_control(
                say("Measure"), list(MEASURES), default=INNER, required=True, format_func=say,
                key="measure", bind="query-params", wrap=True,
                help=say(
                    "The notebook divides inner products by the largest one, so that long "
                    "vectors count for more and only the longest has 1 on the diagonal; the "
                    "cosine takes all vectors for equally long."
                ),
            )  # fmt: skip
            order = st.segmented_control(
                say("Order"), ORDERS, default=ENTERED, required=True, format_func=say, key="order",
                bind="query-params", wrap=True,
            )  # fmt: skip
    for line in st.session_state.get("notes", ()):
        st.warning(markdown.plain(line), icon=":material/info:")
    if not len(now) and view in (HEATMAP, ODD, MAP):
        st.info(
            say("Add terms on the left, up to {most}, or take the notebook's.", most=MAX_TERMS),
            icon=":material/grid_on:",
        )
        st.stop()
    for place, (column, loaded) in enumerate(zip(st.columns(len(picked)), picked, strict=True)):
        with column:
            note_unknown(loaded, now)
            if view == HEATMAP:
                show_heatmap(loaded, now, measure, order, place)
            elif view == NEAR:
                show_neighbours(loaded, now, place)
            elif view == ANALOGY:
                show_analogy(loaded, place)
            elif view == ODD:
                show_odd_one(loaded, now, place)
            else:
                show_map(loaded, now, place)
            show_facts(loaded)
