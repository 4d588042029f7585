"""The curves of the trainings picked: figure, tables and files."""

import math
from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.cards import installed
from core.i18n import _, join_list
from core.jobs import RUNNING
from core.plots import learning_curves
from core.plots.learning_curves import METRICS, Curve, CurveOptions, figure_name
from core.text.markdown import escape_markdown
from core.training.runs import TrainingRun
from pages.components.inputs import multiselect, pick, slider, toggle
from pages.components.outputs import download, download_csv, show_figure
from pages.models import published
from pages.models.leaderboard import TITLES
from pages.training.catalogue import (
    Training,
    catalogue,
    current_trainings,
    run_label,
    training_queue,
)

REFRESH_SECONDS = 1.0
MAX_CURVES = 6


TASK = "curves-task"
"""The key of the task whose runs are listed."""


def default_labels(
    available: Mapping[str, Training], runs: Sequence[TrainingRun], task: str = ""
) -> list[str]:
    """The latest run, and the published training of its task with ours.

    task: of the runs; by default the latest run's, or else that of the notebook.
    """
    latest = [run for run in runs[:1] if run.history or run.status == RUNNING]
    task = task or next((run.task for run in latest), published.NOTEBOOK.task)
    recipes = {curve.recipe for curve in published.CURVES if curve.task == task}
    of_task = [label for label, training in available.items() if training.task == task]
    chosen = [
        *(run_label(run) for run in latest if run.task == task),
        *(label for label in of_task if available[label].recipe in recipes),
    ]
    return chosen or of_task[:1]


def first_labels(available: Mapping[str, Training], runs: Sequence[TrainingRun]) -> list[str]:
    """The runs to draw: those picked or in the URL, in any language, of the first one's task."""
    if "runs" in st.session_state:
        picked = st.session_state.runs
    else:
        names = {label: training.curve.display_name for label, training in available.items()}
        in_url = st.query_params.get_all("runs")
        picked = [label for title in in_url for label in names if names[label] == title]
        picked = picked or default_labels(available, runs)
    # A model may have been removed meanwhile.
    picked = [label for label in dict.fromkeys(picked) if label in available]
    return [label for label in picked if available[label].task == available[picked[0]].task]


def pick_labels(available: Mapping[str, Training], runs: Sequence[TrainingRun]) -> list[str]:
    """Pick a task, and the trainings of the task to draw."""
    picked = first_labels(available, runs)[:MAX_CURVES]
    tasks = {TITLES[task]: task for task in TITLES if task in {t.task for t in available.values()}}
    if picked:
        st.session_state[TASK] = TITLES[available[picked[0]].task]
    st.session_state.setdefault(TASK, next(iter(tasks)))
    st.session_state.runs = picked
    title = st.segmented_control(
        _("Task"),
        list(tasks),
        format_func=_,
        required=True,
        wrap=True,
        key=TASK,
        on_change=on_task,
        help=_("Runs of different tasks cannot be compared: their texts and their losses differ."),
    )
    names = {
        label: training.curve.display_name
        for label, training in available.items()
        if training.task == tasks[title]
    }
    return multiselect(
        _("Runs"),
        list(names),
        format_func=names.get,
        max_selections=MAX_CURVES,
        select_all=False,
        key="runs",
        # Fits beside the task on a laptop, and is a line of its own on a phone.
        width=560,
        help=_("Models as they were trained, runs on this server, and what others published."),
    )


def on_task() -> None:
    """Draw the usual runs of the picked task."""
    runs = training_queue().runs()
    task = next(task for task, title in TITLES.items() if title == st.session_state[TASK])
    st.session_state.runs = default_labels(catalogue(installed()[0], runs), runs, task)


def show_one(label: str) -> None:
    """Add a run to those drawn."""
    others = [other for other in st.session_state.get("runs") or [] if other != label]
    st.session_state.runs = [label, *others][:MAX_CURVES]


def _metric_option(name: str) -> str:
    """A metric's name in the list; unknown names from histories are escaped."""
    return learning_curves.metric_title(name) if name in METRICS else escape_markdown(name)


def pick_curves(
    available: Mapping[str, Training], runs: Sequence[TrainingRun]
) -> tuple[list[str], CurveOptions]:
    """Pick the trainings to draw and the options, all in the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labels = pick_labels(available, runs)
        metrics = learning_curves.metrics(available[label].curve for label in labels)
        metric = None
        with st.popover(_("Options"), icon=":material/tune:"):
            if len(metrics) > 1:
                metric = pick(_("Metric"), metrics, "metric", format_func=_metric_option)
            hint = _(
                "The weight of the epochs before, in an exponential moving average. The figures "
                "themselves stay as faint lines."
            )
            smoothing = slider(_("Smoothing"), 0.0, 0.95, 0.0, 0.05, key="smoothing", help=hint)
            log = toggle(_("Log scale for the loss"), key="log")
    return labels, CurveOptions(metric, smoothing, log)


def show_curves_of(
    labels: Sequence[str], options: CurveOptions, runs: Sequence[TrainingRun]
) -> None:
    """The curves and their files, refreshed while one of the runs is in progress."""
    running = {run_label(run) for run in runs if run.status == RUNNING} & set(labels)
    st.fragment(show_curves, run_every=REFRESH_SECONDS if running else None)(labels, options)
    with st.container(horizontal=True):
        download_csv(partial(_table, labels), "training")
        label, content = (
            _("Picture as {form}").format(form="PNG"),
            partial(_picture, labels, options),
        )
        download(label, content, "training.png", "image/png")


def _curves(labels: Sequence[str]) -> list[Curve]:
    return [training.curve for training in current_trainings(labels)]


def _table(labels: Sequence[str]) -> pd.DataFrame:
    return learning_curves.table(_curves(labels))


def _picture(labels: Sequence[str], options: CurveOptions) -> bytes:
    return learning_curves.curves_file(_curves(labels), options)


def show_curves(labels: Sequence[str], options: CurveOptions) -> None:
    """The figure and the tables."""
    trainings = current_trainings(labels)
    curves = [training.curve for training in trainings]
    if any(curve.history for curve in curves):
        figure = learning_curves.curves_figure(curves, options)
        show_figure(figure, "curves", alt=_("Curves of the runs, epoch by epoch"))
    else:
        st.info(_("The curves begin when the first epoch has ended."), icon=":material/timeline:")
    if trainings:
        show_summary(trainings)
    with st.expander(_("Every epoch as a table"), icon=":material/table_rows:"):
        table = learning_curves.table(curves)
        titles = {curve.label: curve.display_name for curve in curves}
        st.dataframe(
            table.assign(run=table["run"].map(titles)),
            column_config={"run": _("run"), "epoch": _("epoch")}
            | {name: figure_name(name) for name in table.columns[2:]},
            hide_index=True,
            height=320,
        )


def show_summary(trainings: Sequence[Training]) -> None:
    """One row per training: the number of epochs, the best epoch, the test figures."""
    columns = {
        _("run"): ([training.curve.display_name for training in trainings], 115),
        _("epochs"): ([len(training.curve.history) for training in trainings], 60),
        _("best"): ([best_epoch(training.curve) for training in trainings], 110),
        _("on test data"): ([_test_line(training.test) for training in trainings], 125),
        _("what it is"): ([training.about for training in trainings], 275),
    }
    st.dataframe(
        pd.DataFrame({name: values for name, (values, _) in columns.items()}),
        column_config={
            name: st.column_config.Column(width=width) for name, (_, width) in columns.items()
        },
        # Cells wrap, so that the table does not scroll horizontally.
        row_height=100,
        hide_index=True,
        height="content",
        key="glance",
    )


def best_epoch(curve: Curve) -> str:
    """The highest validation figure of the first metric, or the lowest loss, and its epoch."""
    names = [*(f"val_{m}" for m in learning_curves.metrics([curve])), "val_loss", "loss"]
    for name in names:
        pairs = zip(curve.values(name), curve.epochs, strict=True)
        numbered = [(value, epoch) for value, epoch in pairs if not math.isnan(value)]
        if numbered:
            choose = min if name.endswith("loss") else max
            value, epoch = choose(numbered, key=lambda pair: pair[0])
            figure, text = figure_name(name), {"value": value, "epoch": epoch}
            return _("{figure} {value:.4g} (epoch {epoch})").format(figure=figure, **text)
    return ""


def _test_line(test: Mapping[str, float]) -> str:
    return join_list(f"{figure_name(name)} {value:.4f}" for name, value in test.items())
