"""Pick a corpus: shipped counts, a corpus of the data folder, or a visitor's file."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import settings
from core.corpora import arxiv_newest, blocks
from core.files import limits
from core.i18n import _, translate
from core.jobs import FAILED, RUNNING, STOPPED, Job
from core.messages import N_
from core.statistics import aggregates, conversion, data_folder
from core.statistics.aggregates import Aggregate
from core.statistics.conversion_jobs import UploadedCorpus, conversions
from core.statistics.corpus import CorpusDatabase
from core.statistics.label_counts import Counts, Filter, StatisticsError
from core.text.markdown import escape_markdown
from pages.components import visitor_files
from pages.components.inputs import text_input
from pages.components.newest_papers import fetched, show_newest_papers

UPLOAD, TYPED = (N_("Upload a file …"), N_("Another file in the data folder …"))
NEWEST = f"arxiv/{arxiv_newest.FILE}"
UPLOADED_CORPUS, UPLOADER = "uploaded-corpus", "upload"
"""Session keys of the upload's id and the uploader."""

REFRESH_SECONDS = 0.5
WAIT_SECONDS = 0.4
"""Seconds before a conversion's progress is shown."""


@dataclass(frozen=True, eq=False)
class CorpusSource:
    """Shipped counts, or a corpus with its papers and its displayed name.

    sample: other shipped counts, of papers with their combinations, where `aggregate` has listings.
    """

    aggregate: Aggregate | None = None
    sample: Aggregate | None = None
    corpus: CorpusDatabase | None = None
    name: str = ""

    def counts(self, filters: Filter) -> Counts:
        """The papers that pass the filters, by month and combination."""
        if self.corpus:
            return self.corpus.counts(filters)
        assert self.aggregate
        if self.aggregate.monthly and filters.years:
            return self.aggregate.monthly.filtered(filters)
        return self.aggregate.counts.filtered(filters)

    def monthly(self, counts: Counts, filters: Filter) -> Counts:
        """The counts by month, where those of all years have no months."""
        if self.listings and not filters.years:
            return self.aggregate.monthly.filtered(filters)
        return counts

    def with_combinations(self) -> "CorpusSource":
        """The sample, if there is one, in place of listings, which do not tell combinations."""
        return CorpusSource(self.sample) if self.listings and self.sample else self

    @property
    def listings(self) -> bool:
        """Whether each category was counted by itself, without combinations."""
        return bool(self.aggregate and self.aggregate.listings)

    @property
    def display_name(self) -> str:
        """The corpus's name as Markdown, at the beginning of a sentence."""
        return escape_markdown(self.name) if self.corpus else _("This corpus")


@st.cache_resource(show_spinner=False, max_entries=4)
def _aggregate(folder: str, modified: float) -> Aggregate:
    """Shipped counts, reloaded when `modified`, their modification time, changes."""
    return aggregates.read_aggregate(Path(folder))


@st.cache_resource(show_spinner=False, max_entries=2, on_release=CorpusDatabase.release)
def _corpus(cached: conversion.Cached, key: str) -> CorpusDatabase:
    """A converted corpus, opened once for all users; key: identifies the conversion."""
    return CorpusDatabase(cached)


def pick_source(row: DeltaGenerator) -> CorpusSource:
    """The corpus picked in `row`; stops the page if there is none."""
    shipped = _shipped_counts()
    home = settings.data_folder()
    files = {str(path.relative_to(home)): path for path in data_folder.corpora()}
    if fetched() and NEWEST in files:
        st.session_state.corpus = NEWEST
    picked = row.selectbox(
        _("Corpus"),
        [*shipped, *files, UPLOAD, TYPED],
        format_func=lambda option: option if option in files else _(option),
        key="corpus",
        bind="query-params",
        help=_(
            "Counts that came with Paperlens, the corpora of the data folder, or a file of yours."
        ),
        width=240,
    )
    if picked == UPLOAD:
        upload = _uploaded()
        corpus = _opened(upload.path, upload.name, limits.UPLOADED.unpacked, upload.folder)
        return CorpusSource(corpus=corpus, name=upload.name)
    visitor_files.hide()
    if picked in shipped:
        sample = next((one for one in shipped.values() if not one.listings), None)
        return CorpusSource(shipped[picked], sample if shipped[picked].listings else None)
    path = _typed_path() if picked == TYPED else files[picked]
    # There is no size limit for corpora in the data folder, which administrators put there.
    return CorpusSource(corpus=_opened(path, path.name), name=path.name)


def _shipped_counts() -> dict[str, Aggregate]:
    """The shipped counts by title; shows a warning for unreadable ones."""
    shipped = {}
    for folder in aggregates.aggregates():
        try:
            counts = _aggregate(str(folder), (folder / conversion.CARD).stat().st_mtime)
            shipped[str(counts.card["title"])] = counts
        except (StatisticsError, KeyError, OSError) as problem:
            st.warning(escape_markdown(translate(problem)), icon=":material/error:")
    return shipped


def _uploaded() -> UploadedCorpus:
    """The visitor's file; stops the page if there is none."""
    file = st.file_uploader(
        _("Papers with their categories, as JSON, CSV, TSV, Excel, Parquet, BibTeX or RIS"),
        type=visitor_files.CORPUS_TYPES,
        key=UPLOADER,
        on_change=visitor_files.store,
        args=(UploadedCorpus, UPLOADED_CORPUS, UPLOADER),
    )
    visitor_files.show_error(UPLOADED_CORPUS)
    upload = visitor_files.current(UploadedCorpus, UPLOADED_CORPUS)
    if not upload:
        st.info(_("Upload a corpus to see what it is made of."), icon=":material/upload:")
        show_newest_papers()
        st.stop()
    if file is None:
        st.caption(escape_markdown(upload.name))
    visitor_files.remove_button(UPLOADED_CORPUS, UPLOADER)
    text = _(
        "The file stays on this server until you remove it, bring another, or have not used it "
        "for {minutes} minutes; until then whoever has this page's address sees it."
    ).format(minutes=visitor_files.MINUTES)
    st.caption(text)
    return upload


def _typed_path() -> Path:
    """A file or a folder of shards within the data folder; stops the page without one."""
    hint, label = "arxiv/arxiv-metadata-oai-snapshot.json", _("Its path within the data folder")
    text = text_input(label, key="path", placeholder=hint, max_chars=400).strip()
    if not text:
        st.info(_("Type the path of a file, or of a folder of shards."), icon=":material/folder:")
        st.stop()
    try:
        return data_folder.resolve_in_data_folder(text)
    except StatisticsError as problem:
        st.error(escape_markdown(translate(problem)), icon=":material/error:")
        st.stop()


def _opened(
    path: Path, name: str, limit: int | None = None, home: Path | None = None
) -> CorpusDatabase:
    """The corpus of a path; converts it if necessary, and stops the page until that is done.

    name: the visitor's name for it; limit: the maximum unpacked bytes, None for no limit; home: the
    cache's folder, None for the common one.
    """
    try:
        cached = conversion.find(path, home)
    except blocks.CorpusError as problem:
        st.error(
            escape_markdown(_hide_paths(translate(problem), path, name)), icon=":material/error:"
        )
        st.stop()
    if cached is None:
        job = conversions.begin(path, limit, home)
        if not job.share:
            job.wait(WAIT_SECONDS)
        if job.status == RUNNING:
            st.fragment(_show_conversion, run_every=REFRESH_SECONDS)(job, name)
            st.stop()
        if job.status == STOPPED:
            _show_failure(path, name, _("The conversion was stopped."))
        if job.status == FAILED:
            _show_failure(path, name, translate(job.error))
        cached = job.result
    conversions.forget(path)
    try:
        with st.spinner(_("Opening the corpus ...")):
            return _corpus(cached, cached.key)
    except OSError as problem:
        _show_failure(path, name, translate(problem))


def _hide_paths(text: str, path: Path, name: str) -> str:
    """An error's text with the visitor's name for a file in place of its path on the server."""
    for folder in (settings.statistics_folder(), path.parent):
        text = text.replace(_("folder {folder}").format(folder=folder), _("server’s cache"))
    text = text.replace(str(path), path.name).replace(str(path.parent), _("the folder"))
    return text.replace(path.name, name)


def _show_conversion(job: Job, name: str) -> None:
    """A conversion's progress; reruns the page once it has ended."""
    if job.status != RUNNING:
        st.rerun()
    text = _("Converting {file}: {words}").format(file=name, words=translate(job.progress))
    st.progress(job.share, escape_markdown(text))
    st.caption(_("This is done once; the next time the corpus opens at once."))
    label, stop = _("Stopping …") if job.stopping else _("Stop"), ":material/stop:"
    st.button(label, icon=stop, key="stop", on_click=job.stop, disabled=job.stopping)


def _show_failure(path: Path, name: str, text: str) -> NoReturn:
    """Show an error and a button to try again, and stop the page."""
    st.error(escape_markdown(_hide_paths(text, path, name)), icon=":material/error:")
    again = {"icon": ":material/refresh:", "key": "again", "args": (path,)}
    st.button(_("Try again"), on_click=conversions.forget, **again)
    st.stop()
