"""Corpus statistics: categories, time, co-occurrence, lengths and words, from a sample to arXiv."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import settings, taxonomy
from core.corpora import blocks
from core.files.compression import FORMATS, PACKED
from core.files.export import csv_bytes
from core.files.limits import UPLOADED
from core.files.upload_store import TIME_TO_LIVE
from core.i18n import phrase, phrases, say, translated
from core.jobs import FAILED, RUNNING, STOPPED, Job
from core.plots import corpus_charts, corpus_pictures
from core.plots.corpus_charts import Bars, Columns, Grid, Picture, Spread, Tree, Trend, label_bars
from core.statistics import (
    aggregates,
    conversion,
    conversion_jobs,
    distinctive_words,
    distributions,
    label_counts,
    summaries,
)
from core.statistics.aggregates import Aggregate
from core.statistics.corpus import Corpus
from core.statistics.label_counts import Counts, Filter, StatisticsError
from core.taxonomy import label_title
from core.text.markdown import plain
from pages import components, visitor_files

UPLOAD, TYPED = phrases("Upload a file …", "Another file in the data folder …")
CATEGORIES, TIME, TOGETHER, TREEMAP, DISTRIBUTIONS, WORDS = VIEWS = phrases(
    "Categories",
    "Over time",
    "Co-occurrence",
    "Treemap",
    "Distributions",
    "Words",
)
LEVELS = {phrase("Archives"): phrase("archive"), phrase("Subjects"): phrase("subject")}
UNITS = {phrase("Year"): phrase("year"), phrase("Month"): phrase("month")}
PAPERS, SHARE = MEASURES = phrases("Papers", "Share")
LINES, AREAS = STYLES = phrases("Lines", "Stacked areas")
LIFT, SHARED = COLOURS = phrases("Lift", "Shared papers")
CLUSTERED, BY_PAPERS = ORDERS = phrases("Clustered", "By papers")
TELLING, FREQUENT = KINDS = phrases("Characteristic", "Most frequent")
FIRST_YEAR = 1991
EVERY = 0.5  # seconds between two looks at a conversion
SOON = 0.4  # seconds that a small file's conversion is waited for before a bar is drawn
MOST_LINES = 12
FIRST_LINES = 6
UPLOADED_CORPUS = "uploaded-corpus"  # of the session: the id of its upload
PROBLEM = "uploaded-corpus-problem"  # of the session: why an upload was not kept
PER_PAPER = {
    phrase("Archives a paper"): ("archive", phrase("archives of a paper")),
    phrase("Subjects a paper"): ("subject", phrase("subjects of a paper")),
}
NUMBERS = {
    phrase("Length of titles"): ("title_length", phrase("characters of the title"), 10),
    phrase("Length of abstracts"): ("abstract_length", phrase("characters of the abstract"), 100),
    phrase("Authors"): ("authors", phrase("authors of a paper"), 1),
    phrase("Versions"): ("versions", phrase("versions of a paper"), 1),
}
LICENCES = phrase("Licences")
LONG_TAIL = 0.999
"""A histogram ends where so many of the papers are in it."""

NOTHING_TO_MEASURE, NOTHING_TO_READ = phrases(
    "This corpus came as counts alone, without its papers, so there is nothing to measure.",
    "This corpus came as counts alone, without its papers, so there is nothing to read words from.",
)

HEADS = phrases(
    *("code", "name", "status", "papers", "share", "primary", "labels"),
    *("first", "second", "lift", "first name", "second name", "word", "elsewhere"),
)
"""Of the tables on the screen; in the files they stay English."""


# The corpus.


@dataclass(frozen=True, eq=False)
class Source:
    """What is looked at: counts that ship, or a corpus with its papers and what it is called."""

    aggregate: Aggregate | None = None
    corpus: Corpus | None = None
    name: str = ""

    def counts(self, wanted: Filter) -> Counts:
        """The papers of a filter by month and combination."""
        if self.corpus:
            return self.corpus.counts(wanted)
        assert self.aggregate
        return self.aggregate.counts.kept(wanted)


@st.cache_resource(show_spinner=False, max_entries=4)
def aggregate(folder: str, written: float) -> Aggregate:
    """Counts that ship; `written` is when, so that new ones are read anew."""
    return aggregates.read_aggregate(Path(folder))


@st.cache_resource(
    show_spinner=say("Opening the corpus ..."), max_entries=2, on_release=Corpus.release
)
def corpus(cached: conversion.Cached, key: str) -> Corpus:
    """A converted corpus, opened once for all users; `key` tells one conversion from another."""
    return Corpus(cached)


def choose() -> Source:
    """The corpus picked; the page ends here while there is nothing to count."""
    shipped = {}
    for folder in aggregates.aggregates():
        try:
            found = aggregate(str(folder), (folder / conversion.CARD).stat().st_mtime)
            shipped[str(found.card["title"])] = found
        except (StatisticsError, KeyError, OSError) as problem:
            st.warning(plain(str(problem)), icon=":material/error:")
    home = settings.data_folder()
    files = {str(path.relative_to(home)): path for path in label_counts.corpora()}
    picked = st.selectbox(
        say("Corpus"),
        [*shipped, *files, UPLOAD, TYPED],
        format_func=lambda option: option if option in files else say(option),
        key="corpus",
        bind="query-params",
        help=say(
            "Counts that came with Paperlens, the corpora of the data folder, or a file of yours."
        ),
    )
    if picked == UPLOAD:
        upload = uploaded()
        # What the server's keeper has put into the data folder may be of any size.
        converted = opened(upload.path, upload.name, UPLOADED.unpacked, upload.folder)
        return Source(corpus=converted, name=upload.name)
    visitor_files.hide()
    if picked in shipped:
        return Source(aggregate=shipped[picked])
    path = typed() if picked == TYPED else files[picked]
    return Source(corpus=opened(path, path.name), name=path.name)


def take() -> None:
    """Keep the file that was uploaded, in place of an earlier one."""
    visitor_files.remove(UPLOADED_CORPUS)
    file = st.session_state.upload
    problem = ""
    if file is not None:
        try:
            visitor_files.keep(conversion_jobs.UploadedCorpus, UPLOADED_CORPUS, file)
        except OSError as error:
            problem = say(
                "The file cannot be kept: {reason}", reason=error.strerror or translated(error)
            )
    st.session_state[PROBLEM] = problem


def uploaded() -> conversion_jobs.UploadedCorpus:
    """The visitor's file; the page ends here while there is none."""
    file = st.file_uploader(
        say("Papers as JSON lines, CSV, TSV or Parquet, with a column “categories”"),
        type=[ending[1:] for ending in (*FORMATS, *PACKED)],
        key="upload",
        on_change=take,
    )
    if problem := st.session_state.get(PROBLEM):
        st.error(plain(problem), icon=":material/error:")
    upload = visitor_files.current(conversion_jobs.UploadedCorpus, UPLOADED_CORPUS)
    if not upload:
        st.info(say("Upload a corpus to see what it is made of."), icon=":material/upload:")
        st.stop()
    if file is None:
        # The page was loaded anew, so the uploader has no file that could be taken out of it.
        st.caption(plain(upload.name))
        visitor_files.remove_button(UPLOADED_CORPUS)
    st.caption(
        say(
            "The file stays on this server until you remove it, bring another, or have not used it "
            "for {minutes} minutes; until then whoever has this page's address sees it.",
            minutes=round(TIME_TO_LIVE / 60),
        )
    )
    return upload


def typed() -> Path:
    """A file or a folder of shards within the data folder."""
    text = st.text_input(
        say("Its path within the data folder"),
        key="path",
        bind="query-params",
        placeholder="arxiv/arxiv-metadata-oai-snapshot.json",
        max_chars=400,
    ).strip()
    if not text:
        st.info(say("Type the path of a file, or of a folder of shards."), icon=":material/folder:")
        st.stop()
    try:
        return label_counts.inside(text)
    except StatisticsError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        st.stop()


def opened(path: Path, name: str, most: int | None = None, home: Path | None = None) -> Corpus:
    """The corpus of a path, converted first if it is not; the page ends here until it is.

    name: what the user calls it; most: bytes that it may hold once unpacked, None for any; home:
    where it is converted to, None for the folder of all corpora.
    """
    try:
        found = conversion.find(path, home)
    except blocks.CorpusError as problem:
        st.error(plain(tidy(str(problem), path, name)), icon=":material/error:")
        st.stop()
    if found is None:
        job = conversion_jobs.conversions.begin(path, most, home)
        if not job.share:
            job.wait(SOON)
        if job.status == RUNNING:
            st.fragment(show_conversion, run_every=EVERY)(job, name)
            st.stop()
        if job.status == STOPPED:
            show_failure(path, name, say("The conversion was stopped."))
        if job.status == FAILED:
            show_failure(path, name, translated(job.error))
        found = job.result
    conversion_jobs.conversions.forget(path)
    try:
        return corpus(found, found.key)
    except OSError as problem:
        show_failure(path, name, str(problem))


def tidy(words: str, path: Path, name: str) -> str:
    """An error's words with what the user calls a file in place of where it is on the server."""
    cache_folder = str(settings.statistics_folder())
    words = words.replace(say("folder {folder}", folder=cache_folder), say("server’s cache"))
    words = words.replace(say("folder {folder}", folder=path.parent), say("server’s cache"))
    words = words.replace(str(path), path.name).replace(str(path.parent), say("the folder"))
    return words.replace(path.name, name)


def show_conversion(job: Job, name: str) -> None:
    """How far a conversion is; draws the page again once it has ended."""
    if job.status != RUNNING:
        st.rerun()
    words = say("Converting {file}: {words}", file=name, words=translated(job.progress))
    st.progress(job.share, plain(words))
    st.caption(say("This is done once; the next time the corpus opens at once."))
    st.button(
        say("Stopping …") if job.stopping else say("Stop"),
        icon=":material/stop:",
        key="stop",
        on_click=job.stop,
        disabled=job.stopping,
    )


def show_failure(path: Path, name: str, words: str) -> None:
    """Why there is no corpus, and a way to try again."""
    st.error(plain(tidy(words, path, name)), icon=":material/error:")
    st.button(
        say("Try again"),
        icon=":material/refresh:",
        key="again",
        on_click=conversion_jobs.conversions.forget,
        args=(path,),
    )
    st.stop()


# The filters.


def ask_filter(source: Source) -> Filter:
    """Which papers count; all of it stands in the address."""
    last = datetime.now(UTC).year
    years = st.slider(
        say("Years"), FIRST_YEAR, last, (FIRST_YEAR, last), key="years", bind="query-params",
        help=say("By the paper’s id. Papers whose id tells no year count only with all years."),
    )  # fmt: skip
    archives = st.multiselect(
        say("Archives"), (*taxonomy.ARCHIVES, *taxonomy.RETIRED), format_func=label_title,
        key="archives", bind="query-params", placeholder=say("All archives"),
        help=say("Papers in any of these, cross-lists included."),
    )  # fmt: skip
    searchable = bool(source.corpus and source.corpus.has("text"))
    text = st.text_input(
        say("Title or abstract contains"), key="text", bind="query-params", max_chars=200,
        disabled=not searchable,
        placeholder=say(
            "graph neural network" if searchable else "needs a corpus with titles or abstracts"
        ),
        help=say("Words as they stand side by side, in any case; parts of words count too."),
    )  # fmt: skip
    merged = st.toggle(
        say("Merge retired archives"), key="merge", bind="query-params",
        help=say("Count alg-geom as math.AG, cmp-lg as cs.CL and so on, by arXiv’s own list."),
    )  # fmt: skip
    return Filter(
        None if years == (FIRST_YEAR, last) else years,
        tuple(archives),
        text.strip() if searchable else "",
        merged,
    )


def show_facts(source: Source, counts: Counts) -> None:
    """What is counted, and what to know about it."""
    archives = label_counts.by_label(counts, "archive")
    subjects = label_counts.by_label(counts, "subject")
    mean = subjects["papers"].sum() / max(1, counts.total)
    told = {
        say("Papers"): f"{counts.total:,}",
        say("Archives"): f"{len(archives)}",
        say("Subjects"): f"{len(subjects)}",
        say("Subjects a paper"): f"{mean:.2f}",
    }
    if counts.years:
        told[say("Years")] = "–".join(dict.fromkeys(map(str, counts.years)))
    components.metrics(told)
    if source.aggregate and source.aggregate.card.get("warning"):
        warning = str(source.aggregate.card["warning"])
        st.caption(say("**{warning}** More on it below.", warning=plain(say(warning))))


def show_notes(source: Source, counts: Counts) -> None:
    """Where the figures come from and what is missing from them."""
    notes = []
    if source.aggregate:
        # Of a card by another version only the title is sure.
        card = source.aggregate.card
        title, date, note = str(card["title"]), card.get("date"), str(card.get("note", ""))
        called = say(title)
        notes.append(say("{title}, counted {date}.", title=called, date=date) if date else called)
        if note:
            notes.append(say(note))
    else:
        assert source.corpus
        cached = source.corpus.cached
        notes.append(
            say(
                "Papers in {corpus} ({size}): {n:,}.",
                corpus=source.name,
                size=amount(sum(cached.files.values())),
                n=cached.papers,
            )
        )
        if cached.skipped_lines:
            notes.append(say("Lines before the header, left out: {n:,}.", n=cached.skipped_lines))
        if cached.damaged:
            places = "; ".join(map(str, cached.places)).replace(cached.source, source.name)
            notes.append(
                say(
                    "Damaged lines left out: {n:,} (first: {places}).",
                    n=cached.damaged,
                    places=places,
                )
            )
    if counts.undated:
        notes.append(say("Papers whose id tells no month: {n:,}.", n=counts.undated))
    if bare := summaries.unlabelled(counts):
        notes.append(say("Papers without a category: {n:,}.", n=bare))
    st.caption(plain(" ".join(notes)))


def amount(size: int) -> str:
    """So many bytes, as people write them."""
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{max(1, size / 1e3):,.0f} kB"


# Pieces of the views.


def show(picture: Picture, table: pd.DataFrame, name: str, **more: Any) -> None:
    """A figure and its files: the table behind it as CSV, the picture as PNG and SVG."""
    st.plotly_chart(
        corpus_charts.draw(picture),
        config={"displaylogo": False},
        alt=picture.title,
        **{"key": name, **more},
    )
    with st.container(horizontal=True):
        components.download(
            say("Download as CSV"),
            partial(csv_bytes, table.round(6)),
            f"{name}.csv",
            "text/csv",
            key=f"get-{name}.csv",
        )
        for form, mime in (("PNG", "image/png"), ("SVG", "image/svg+xml")):
            components.download(
                say("Picture as {form}", form=form),
                partial(corpus_pictures.picture_file, picture, form.lower()),
                f"{name}.{form.lower()}",
                mime,
                key=f"get-{name}.{form.lower()}",
            )


def pick(label: str, options: Any, key: str, **more: Any) -> str:
    """One of a few options, the first unless the address says another."""
    options = list(options)
    return st.segmented_control(
        label,
        options,
        format_func=say,
        default=options[0],
        required=True,
        key=key,
        bind="query-params",
        wrap=True,
        **more,
    )


def pick_level() -> tuple[str, str]:
    """Archives or subjects: as it is called, and in the code."""
    called = pick(say("Labels"), LEVELS, "level")
    return called, LEVELS[called]


def show_table(table: pd.DataFrame) -> None:
    """A table on the screen, numbers as people read them."""
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {head: say(head) for head in HEADS} | {
        "share": number(say("share"), format="percent"),
        "elsewhere": number(say("elsewhere"), format="percent"),
        "papers": number(say("papers"), format="localized"),
        "primary": number(
            say("primary"), format="localized", help=say("Papers whose first category it is.")
        ),
        "lift": number(
            say("lift"),
            format="%.2f",
            help=say("Shared papers over those expected if the two were independent: 1 is chance."),
        ),
        "z": number("z", format="%.1f"),
    }
    st.dataframe(
        label_counts.on_screen(table),
        column_config=config,
        hide_index=True,
        height=320,
        placeholder="–",
    )


# Categories.


def drill(key: str) -> None:
    """Look at the subjects of the archive whose bar was clicked."""
    points = st.session_state[key].selection.points
    if points:
        code = taxonomy.archive_of(points[0]["customdata"][1])
        st.session_state.archives = [code]
        st.session_state.level = next(called for called, own in LEVELS.items() if own == "subject")
        # The figure comes anew, without the click.
        st.session_state.clicks = st.session_state.get("clicks", 0) + 1


def show_categories(source: Source, counts: Counts, wanted: Filter) -> None:
    """Papers by archive or subject."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        called, level = pick_level()
        share = pick(say("Measure"), MEASURES, "measure") == SHARE
        log = st.toggle(say("Log scale"), key="log", bind="query-params")
    table = label_counts.by_label(counts, level)
    most = 40
    if len(table) > most:
        most = st.slider(say("Show the first"), 10, 200, 40, 10, key="most", bind="query-params")
    title = say("Papers by {level}", level=say(level))
    if len(table) > most:
        title = say("{title}, the first {n} of {total}", title=title, n=most, total=len(table))
    picture = label_bars(table, title, most, share, log)
    key = f"{called.lower()}-{st.session_state.get('clicks', 0)}"
    show(
        picture,
        table,
        called.lower(),
        key=key,
        on_select=partial(drill, key),
        selection_mode="points",
    )
    st.caption(
        say(
            "A paper counts under each of its labels, so shares add up to more than 100 %. Click a "
            "bar to see the subjects of its archive. Retired archives are grey."
        )
    )
    show_table(table)


def show_treemap(source: Source, counts: Counts, wanted: Filter) -> None:
    """Archives and their subjects as areas."""
    table = label_counts.hierarchy(counts)
    show(Tree(say("Papers by primary category"), table), table, "primary-categories")
    st.caption(say("Each paper once, under its first category. Click an archive to enter it."))


# Over time.


def show_time(source: Source, counts: Counts, wanted: Filter) -> None:
    """Labels by month or year."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        called, level = pick_level()
        unit = UNITS[pick(say("By"), UNITS, "unit")]
        share = pick(say("Measure"), MEASURES, "measure") == SHARE
        stacked = pick(say("Drawn as"), STYLES, "style") == AREAS
        log = st.toggle(say("Log scale"), key="log", bind="query-params", disabled=stacked)
    table = label_counts.over_time(counts, level, unit)
    if table.empty:
        st.info(say("No paper here has an id that tells its month."), icon=":material/event_busy:")
        return
    there = set(table.columns)
    ranked = [code for code in label_counts.by_label(counts, level)["code"] if code in there]
    picked = st.multiselect(
        say(called),
        ranked,
        format_func=label_title,
        default=ranked[:FIRST_LINES],
        max_selections=MOST_LINES,
        key=f"{level}-lines",
        bind="query-params",
    )
    title = say("Papers by {level} and {unit}", level=say(level), unit=say(unit))
    picture = Trend(title, table, picked, stacked, share, log)
    show(picture, summaries.dated(table, unit), f"{called.lower()}-by-{unit}")
    sums = phrase(
        "A paper is listed once under each of its labels; areas add up listings, not papers."
        if stacked
        else "A paper counts under each of its labels, so shares add up to more than 100 %."
    )
    last = say("The last {unit} may be incomplete.", unit=say(unit))
    st.caption(f"{say(sums)} {last}")


# Co-occurrence.


def show_together(source: Source, counts: Counts, wanted: Filter) -> None:
    """Which labels share papers."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        called, level = pick_level()
        lift = pick(say("Colour"), COLOURS, "colour") == LIFT
        order = pick(say("Order"), ORDERS, "order")
    most = st.slider(say("How many labels"), 5, 80, 40, 5, key="labels", bind="query-params")
    found = label_counts.together(counts, level, most)
    if len(found.codes) < 2:
        st.info(say("Only one label is left; widen the filters."), icon=":material/filter_alt:")
        return
    if order == CLUSTERED:
        found = label_counts.clustered(found)
    table = label_counts.pairs(found)
    title = phrase(
        "{labels} that meet more or less often than by chance"
        if lift
        else "{labels} that meet in the same papers"
    )
    show(Grid(say(title, labels=say(called)), found, lift), table, f"{level}-pairs")
    st.caption(
        say(
            "Lift is the papers that two labels share over those expected if they were "
            "independent: 1 is chance, 10 ten times as often, blue less often. Coloured by lift, a "
            "cell is empty where fewer than {fewest} papers are shared and fewer expected, since "
            "chance alone may give any lift there; the table has these pairs too. Other empty "
            "cells share no paper.",
            fewest=label_counts.FEWEST_SHARED,
        )
    )
    show_table(table)


# Distributions.


def show_distributions(source: Source, counts: Counts, wanted: Filter) -> None:
    """How many papers have how many of something."""
    options = [*PER_PAPER, *NUMBERS, LICENCES]
    what = st.selectbox(
        say("Distribution of"), options, format_func=say, key="of", bind="query-params"
    )
    if what in PER_PAPER:
        level, axis = PER_PAPER[what]
        table = label_counts.per_paper(counts, level)
        values = table.rename(columns={"labels": "value"})
        picture = columns_of(values, say(what), say(axis), 1)
        show(picture, table, f"{level}s-per-paper")
        show_table(table)
        return
    if not source.corpus:
        tell_missing(NOTHING_TO_MEASURE)
        return
    column = NUMBERS[what][0] if what in NUMBERS else "license"
    if not source.corpus.has(column):
        st.info(
            say("{corpus} does not tell this.", corpus=source_name(source)),
            icon=":material/database_off:",
        )
    elif what == LICENCES:
        show_licences(source.corpus, counts, wanted)
    else:
        show_numbers(source.corpus, counts, wanted, what)


def source_name(source: Source) -> str:
    """The corpus's name as Markdown."""
    return plain(source.name) if source.corpus else say("This corpus")


def tell_missing(what: str) -> None:
    """Say what counts alone cannot show, and what to do; `what` is a sentence."""
    remedy = say(
        "Pick “{upload}” above, or put a corpus into the data folder: `python -m core download "
        "arxiv` gets arXiv’s own.",
        upload=say(UPLOAD),
    )
    st.info(f"{say(what)} {remedy}", icon=":material/database_off:")


def columns_of(values: pd.DataFrame, title: str, axis: str, width: int) -> Columns:
    """A histogram whose long tail is left off."""
    end = distributions.quantile(values, LONG_TAIL)
    bins = distributions.histogram(values[values["value"] <= end], width)
    return Columns(title, bins["from"].tolist(), bins["papers"].tolist(), width, axis)


def show_numbers(corpus: Corpus, counts: Counts, wanted: Filter, what: str) -> None:
    """A histogram of a number a paper, and its quartiles by archive."""
    column, axis, width = NUMBERS[what]
    values = corpus.numbers(column, wanted)
    if values.empty:
        st.info(say("No paper here tells this."), icon=":material/filter_alt:")
        return
    told = {
        say(name).capitalize(): f"{distributions.quantile(values, share):,.0f}"
        for name, share in distributions.QUARTILES.items()
    }
    told[say("Longest") if width > 1 else say("Most")] = f"{values['value'].max():,}"
    components.metrics(told)
    name = column.replace("_", "-")
    show(columns_of(values, say(what), say(axis), width), values, name)
    by_archive = distributions.quartiles(corpus.numbers_by_archive(column, wanted))
    title = say("{what} by archive", what=say(what))
    show(Spread(title, by_archive, say(axis)), by_archive, f"{name}-by-archive")
    notes = [say_told(values, counts)]
    end = distributions.quantile(values, LONG_TAIL)
    if left := values.loc[values["value"] > end, "papers"].sum():
        notes.append(
            say("Left off the histogram, not its file: {n:,} above {end:,.0f}.", n=left, end=end)
        )
    notes.append(
        say("A grey bar goes from the lower to the upper quartile, the mark is the median.")
    )
    st.caption(" ".join(notes))


def say_told(values: pd.DataFrame, counts: Counts) -> str:
    """How many of the filter's papers tell a value."""
    told = values["papers"].sum()
    return say("Papers that tell this: {n:,} of {total:,}.", n=told, total=counts.total)


def show_licences(corpus: Corpus, counts: Counts, wanted: Filter) -> None:
    """Papers by licence."""
    table = corpus.licences(wanted)
    if table.empty:
        st.info(say("No paper here tells its licence."), icon=":material/filter_alt:")
        return
    names = [name.removeprefix("http://").removeprefix("https://") for name in table["value"]]
    papers = table["papers"].tolist()[:20]
    picture = Bars(say("Papers by licence"), names[:20], papers, say("papers"))
    show(picture, table, "licences")
    st.caption(say_told(table, counts))


# Words.


def show_words(source: Source, counts: Counts, wanted: Filter) -> None:
    """The words of a category."""
    if not source.corpus:
        tell_missing(NOTHING_TO_READ)
        return
    if not source.corpus.has("text"):
        st.info(
            say("{corpus} has neither titles nor abstracts.", corpus=source_name(source)),
            icon=":material/database_off:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _, level = pick_level()
        kind = pick(say("Words"), KINDS, "kind")
    codes = label_counts.by_label(counts, level)["code"].tolist()
    if not codes:
        st.info(say("No paper is left; widen the filters."), icon=":material/filter_alt:")
        return
    picked = st.selectbox(
        say("Of"), codes, format_func=label_title, key=f"{level}-words", bind="query-params"
    )
    code = picked or codes[0]
    with st.spinner(say("Counting words ...")):
        table = source.corpus.words(wanted, level, code)
        sampled = source.corpus.sample(wanted)
    telling = kind == TELLING
    by = "z" if telling else "papers"
    table = table.sort_values(by, ascending=False, kind="stable", ignore_index=True)
    limit = distinctive_words.distinctive_z(source.corpus.vocabulary)
    top = table.head(30)
    title = phrase(
        "Characteristic words of {label}" if telling else "Most frequent words of {label}"
    )
    picture = Bars(
        say(title, label=label_title(code)),
        top["word"].tolist(),
        top[by].tolist(),
        say("log-odds ratio, as z") if telling else say("papers of the sample"),
        form=",.1f" if telling else ",.0f",
        marked=(top["z"] < limit).tolist() if telling else (),
    )
    show(picture, table, f"words-{code}")
    st.caption(
        say(
            "From a fixed sample of {sampled:,} of the {total:,} papers; a word counts once a "
            "paper, stop words are left out. Characteristic: the log-odds ratio of a word here "
            "against all other papers of the filter, with an informative Dirichlet prior, over its "
            "standard error (Monroe, Colaresi and Quinn 2008). Below z = {limit:.1f} it may be "
            "chance, and its bar is grey: without any difference, one of the {words:,} words "
            "reaches that in at most one corpus of twenty (Bonferroni’s correction).",
            sampled=sampled,
            total=counts.total,
            limit=limit,
            words=source.corpus.vocabulary,
        )
    )
    show_table(table.head(200))


SHOW = {
    CATEGORIES: show_categories,
    TIME: show_time,
    TOGETHER: show_together,
    TREEMAP: show_treemap,
    DISTRIBUTIONS: show_distributions,
    WORDS: show_words,
}


def draw() -> None:
    """The page, in a function: Streamlit keeps the callback of every chart that a session has seen.

    With it go the names of the page's run, and counts are large.
    """
    st.title(say("Explore a corpus"), anchor=False)
    st.caption(
        say(
            "What is in a collection of arXiv papers: how many of which category and when, which "
            "categories meet, how long the texts are, and the words that tell one category from "
            "another."
        )
    )
    left, right = st.columns([2, 5], gap="medium")
    with left:
        source = choose()
        wanted = ask_filter(source)
    try:
        draw_view(right, source, wanted)
    except duckdb.Error:
        st.error(
            say(
                "The corpus can no longer be read: it was removed or converted anew. Please load "
                "the page again."
            ),
            icon=":material/error:",
        )


def draw_view(place: DeltaGenerator, source: Source, wanted: Filter) -> None:
    """The papers of a filter, in the view that was picked."""
    with place:
        counts = source.counts(wanted)
        if not counts.total:
            st.info(say("No paper passes these filters; widen them."), icon=":material/filter_alt:")
            st.stop()
        show_facts(source, counts)
        view = pick(say("Show"), VIEWS, "show", label_visibility="collapsed")
        SHOW[view](source, counts, wanted)
        show_notes(source, counts)


components.through_router()
draw()
