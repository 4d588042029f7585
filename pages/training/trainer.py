"""The current training on this server, the last one's result, and the form for another."""

from collections.abc import Sequence

import streamlit as st

from core.classifiers.training_queue import live_name
from core.i18n import _, translate
from core.jobs import FAILED, RUNNING, STOPPED
from core.messages import N_
from core.plots.learning_curves import figure_name
from core.text.markdown import escape_markdown
from core.training.runs import TrainingRun
from pages.components.language import link_options
from pages.components.outputs import duration
from pages.models import published
from pages.training.catalogue import run_label, run_title, test_figures
from pages.training.curves import REFRESH_SECONDS, show_one
from pages.training.form import show_form, start
from pages.training.settings import describe_settings


def show_trainer(runs: Sequence[TrainingRun]) -> None:
    """The panel beside the curves; runs: of this server, latest first."""
    st.subheader(_("Train a model"), anchor=False)
    if refusal := st.session_state.pop("refusal", None):
        st.warning(escape_markdown(refusal), icon=":material/hourglass_top:")
    latest = runs[0] if runs else None
    if latest and latest.status == RUNNING:
        st.fragment(show_progress, run_every=REFRESH_SECONDS)(latest)
        label = run_label(latest)
        if label not in st.session_state.get("runs", ()):
            st.button(_("Show its curves"), key="watch", on_click=show_one, args=(label,))
        return
    if latest:
        show_end(latest)
    show_form()


def show_progress(run: TrainingRun) -> None:
    """A run's progress; once it has ended, the whole page is drawn again."""
    if run.status != RUNNING:
        st.rerun()
    st.markdown(f"**{escape_markdown(run_title(run))}**")
    st.progress(min(1.0, max(0.0, run.share)), escape_markdown(translate(run.progress)))
    spent = duration(run.seconds)
    if run.left is None:
        times = _("{spent} so far.").format(spent=spent)
    else:
        times = _("{spent} so far, {left} left.").format(spent=spent, left=duration(run.left))
    st.caption(f"{times} {escape_markdown(describe_settings(run).capitalize())}.")
    label, stop = _("Stopping …") if run.stopping else _("Stop"), ":material/stop:"
    st.button(label, icon=stop, key="stop", on_click=run.stop, disabled=run.stopping)


def show_end(run: TrainingRun) -> None:
    """The result of a run, and the available actions."""
    name = escape_markdown(run_title(run))
    if run.status == FAILED:
        reason = escape_markdown(translate(run.error))
        st.error(
            _("{name} failed: {reason}").format(name=name, reason=reason), icon=":material/error:"
        )
    elif run.status == STOPPED:
        text = _("{name} was stopped after {done} of {epochs} epochs.").format(
            name=name, done=run.done, epochs=run.options.epochs
        )
        st.warning(text, icon=":material/pause:")
        if run.can_resume:
            st.button(
                _("Go on"), icon=":material/resume:", key="onward", on_click=resume, args=(run,)
            )
    else:
        show_result(run, name)


def resume(run: TrainingRun) -> None:
    """Continue a stopped run."""
    start(run.resume())


def show_result(run: TrainingRun, name: str) -> None:
    """The test figures of a finished run beside published ones, and a link to try it."""
    time = duration(run.seconds)
    st.success(
        _("{name} is done, in {time}.").format(name=name, time=time), icon=":material/check:"
    )
    curve = published.curve_of(run.recipe.name)
    for metric, value in test_figures(run.result).items():
        theirs = curve.test.get(metric) if curve else None
        text = None
        if theirs is not None:
            by = value - theirs
            text = _("{difference:+.3f} against {theirs:.3f} published").format(
                difference=by, theirs=theirs
            )
        label, colour = _("Test {figure}").format(figure=figure_name(metric)), "normal"
        if metric == "loss":
            colour = "inverse"
        st.metric(label, f"{value:.3f}", text, delta_color=colour)
    options = {"model": live_name(run.recipe)}
    if run.task == "intent":
        options = {"kind": N_("Citation"), "intent-model": live_name(run.recipe)}
    st.page_link(
        "pages/classify/page.py",
        label=_("Try it on a text"),
        icon=":material/label:",
        query_params=link_options(options),
    )
    st.caption(_("It stays on this server until the next run of its kind takes its place."))
