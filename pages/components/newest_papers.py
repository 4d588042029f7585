"""A button that fetches arXiv's newest papers into the data folder, and its progress."""

import streamlit as st

from core import settings, taxonomy
from core.corpora import arxiv_newest
from core.i18n import _, label_title, ngettext, translate
from core.jobs import DONE, FAILED, RUNNING, STOPPED, Job
from core.statistics.newest_job import newest_papers
from core.text.markdown import escape_markdown

REFRESH_SECONDS = 0.5
WATCHED = "newest-watched"
"""The session key of the download whose progress a visitor sees."""
ARCHIVES, PAPERS = "newest-archives", "newest-papers"
STEP = 100


def fetched() -> bool:
    """Whether the download that this visitor watched has brought papers, with a toast; once."""
    job = st.session_state.get(WATCHED)
    if job is None or job.status == RUNNING:
        return False
    del st.session_state[WATCHED]
    if job.status != DONE:
        return False
    n = job.result.papers
    text = ngettext("{n:,} paper fetched", "{n:,} papers fetched", n).format(n=n)
    st.toast(text, icon=":material/check:")
    return True


def show_newest_papers() -> None:
    """The download's progress; else how the last one ended, and a button for another."""
    job = newest_papers.job
    if job and job.status == RUNNING:
        st.session_state[WATCHED] = job
        st.fragment(_show_progress, run_every=REFRESH_SECONDS)(job)
        return
    if job and job.status == FAILED:
        # Not where the data folder is on the server.
        reason = translate(job.error).replace(f"{settings.data_folder()}/", "")
        st.error(escape_markdown(reason), icon=":material/error:")
    if job and job.status == STOPPED:
        text = _("Fetching was stopped; what came is kept for a day, to go on from there.")
        st.warning(text, icon=":material/pause:")
    online = settings.online()
    label, icon = _("Fetch arXiv’s newest papers"), ":material/cloud_download:"
    with st.popover(label, icon=icon, disabled=not online), st.form("newest", border=False):
        _show_settings()
        st.form_submit_button(_("Fetch"), type="primary", disabled=not online, on_click=_begin)
    if not online:
        st.caption(
            _("Fetching papers from arXiv is switched off on this server (`PAPERLENS_ONLINE=0`).")
        )


def _show_settings() -> None:
    st.multiselect(
        _("Archives"),
        taxonomy.LIVE_ARCHIVES,
        format_func=label_title,
        placeholder=_("All archives"),
        key=ARCHIVES,
    )
    st.number_input(
        _("Papers"), STEP, arxiv_newest.MAX_PAPERS, arxiv_newest.PAPERS, STEP, key=PAPERS
    )
    st.caption(
        _(
            "This server asks arXiv’s API for them, some hundreds at a time with pauses, as arXiv "
            "asks: 5,000 papers take about two minutes. They replace those fetched before."
        )
    )


def _begin() -> None:
    state = st.session_state
    state[WATCHED] = newest_papers.begin(tuple(state[ARCHIVES]), state[PAPERS])


def _show_progress(job: Job) -> None:
    """The progress; reruns the page once the download has ended."""
    if job.status != RUNNING:
        st.rerun()
    st.progress(job.share, escape_markdown(translate(job.progress)))
    label, icon = _("Stopping …") if job.stopping else _("Stop"), ":material/stop:"
    st.button(label, icon=icon, key="stop-newest", on_click=job.stop, disabled=job.stopping)
