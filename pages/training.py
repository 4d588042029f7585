"""Watch models learn: the curves of every training, and a training of one's own on this server."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core import settings
from core.cards import EMBEDDING, Card, installed
from core.classifiers.registry import recipes
from core.corpora import scicite
from core.files.export import csv_bytes
from core.i18n import listed, phrase, phrases, say
from core.jobs import Busy, Desk, live_name
from core.plots import learning_curves
from core.plots.learning_curves import COLOURS, METRICS, PUBLISHED_COLOURS, Curve, View
from core.tasks import TASKS
from core.text import markdown
from core.training import papers
from core.training.recipe import Options, Recipe
from core.training.runs import DONE, FAILED, RUNNING, STOPPED, Run
from pages import components
from pages.content import published

EVERY = 1.0  # seconds between two looks at the run under way
MOST = 6
BATCHES = (8, 16, 32, 64, 128, 256, 512)
RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03)
ENDS = {STOPPED: phrase("stopped"), DONE: phrase("done"), FAILED: phrase("failed")}


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """Where this server trains, one for all users."""
    return Desk()


# What there is to see.


@dataclass(frozen=True)
class Source:
    """Something that has been trained: its curve, what it is, and its figures on test data."""

    curve: Curve
    about: str
    test: dict[str, float]
    recipe: str


BINARY, CATEGORICAL = phrases("binary cross-entropy", "cross-entropy")


def loss_of(task: str) -> str:
    """What the loss of a task's models is."""
    if task == EMBEDDING:
        return phrase("Swivel's")
    return BINARY if TASKS[task].multilabel else CATEGORICAL


# What a test figure is called here, and on a card: a log-loss is what Keras calls the loss.
TEST_FIGURES = {"accuracy": "accuracy", "macro_f1": "macro_f1", "loss": "log_loss"}


def test_figures(metrics: dict[str, Any]) -> dict[str, float]:
    """The headline figures of a card's first evaluation that has any."""
    for figures in metrics.values() if isinstance(metrics, dict) else ():
        found = {
            name: figures[key]
            for name, key in TEST_FIGURES.items()
            if isinstance(figures, dict) and isinstance(figures.get(key), int | float)
        }
        if found:
            return found
    return {}


def run_label(run: Run) -> str:
    """What a run of this server is called, while it goes and after; in English, as in files."""
    return f"{run.recipe.label}, run {run.number}"


def run_title(run: Run) -> str:
    """The same in the language in use."""
    return say("{model}, run {number}", model=say(run.recipe.label), number=run.number)


def of_card(card: Card) -> Source:
    """An installed model's training."""
    curve = Curve(card.label, card.history, "", loss_of(card.task), title=say(card.label))
    return Source(curve, say(card.summary), test_figures(card.metrics), card.name)


def of_run(run: Run) -> Source:
    """A training of this server."""
    curve = Curve(run_label(run), run.history, "", loss_of(run.task), title=run_title(run))
    found = test_figures(run.card.metrics) if run.card else {}
    end = say(ENDS[run.status]) if run.status in ENDS else say("under way")
    about = say("{settings}; {end}", settings=changed(run), end=end)
    return Source(curve, about, found, "")


def of_published(one: published.Published) -> Source:
    """A training that others published."""
    multilabel = "binary_accuracy" in one.history[0]
    kind = BINARY if multilabel else CATEGORICAL
    curve = Curve(one.label, one.history, "", kind, published=True, title=say(one.label))
    return Source(curve, say(one.source), one.test, one.recipe)


def sources(cards: Iterable[Card], runs: list[Run]) -> dict[str, Source]:
    """Everything with a history, by label: models, published trainings, runs in their order."""
    # What a run became is that run; a model that ships with the very same history is not.
    known = [(live_name(run.recipe), run.history) for run in runs]
    shipped = [of_card(c) for c in cards if c.history and (c.name, c.history) not in known]
    mine = [of_run(run) for run in sorted(runs, key=lambda run: run.number)]
    others = [of_published(one) for one in published.CURVES]
    found: dict[str, Source] = {}
    for places, palette in (([*shipped, *mine], COLOURS), (others, PUBLISHED_COLOURS)):
        for place, source in enumerate(places):
            label, title = source.curve.label, source.curve.called
            if label in found:
                label, title = f"{label} ({place + 1})", f"{title} ({place + 1})"
            colour = palette[place % len(palette)]
            curve = replace(source.curve, label=label, title=title, colour=colour)
            found[label] = replace(source, curve=curve)
    return found


def changed(run: Run) -> str:
    """The settings of a run."""
    given = [
        f"{say(SETTINGS[name].label).lower()} {value}"
        for name in run.recipe.supported_options
        if (value := getattr(run.options, name)) is not None and value is not False
    ]
    return listed(given)


# The curves.


def default_labels(there: dict[str, Source], runs: list[Run]) -> list[str]:
    """What a first visit shows: this server's latest run, and what has a published curve beside."""
    latest = [run_label(run) for run in runs[:1] if run.history or run.status == RUNNING]
    compared = [
        label for label, source in there.items() if source.recipe == published.NOTEBOOK.recipe
    ]
    return [*latest, *compared] or list(there)[:1]


def settle(there: dict[str, Source], runs: list[Run]) -> None:
    """Say which runs are drawn, at the first visit and where the list has lost some of them."""
    if "runs" not in st.session_state:
        # The address names them as the list does.
        named = {source.curve.called: label for label, source in there.items()}
        asked = [named[title] for title in st.query_params.get_all("runs") if title in named]
        picked = asked or default_labels(there, runs)
    else:
        picked = st.session_state.runs
    st.session_state.runs = [label for label in dict.fromkeys(picked) if label in there][:MOST]


def show_one(label: str) -> None:
    """Put a run among those drawn."""
    picked = [other for other in st.session_state.get("runs") or [] if other != label]
    st.session_state.runs = [label, *picked][:MOST]


def metric_option(name: str) -> str:
    """A metric as the list offers it; a name that only a history knows is foreign text."""
    return learning_curves.metric_title(name) if name in METRICS else markdown.plain(name)


def choose(there: dict[str, Source], runs: list[Run]) -> tuple[list[str], View]:
    """Which runs are drawn and how, all in the page's address."""
    settle(there, runs)
    picked = st.multiselect(
        say("Runs"),
        list(there),
        format_func=lambda label: there[label].curve.called,
        max_selections=MOST,
        select_all=False,
        key="runs",
        bind="query-params",
        help=say("Models as they were trained, runs of this server, and what others published."),
    )
    names = learning_curves.metrics(there[label].curve for label in picked)
    metric = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(names) > 1:
            metric = st.segmented_control(
                say("Metric"),
                names,
                default=names[0],
                required=True,
                format_func=metric_option,
                key="metric",
                bind="query-params",
                wrap=True,
            )
        smoothing = st.slider(
            say("Smoothing"),
            0.0,
            0.95,
            0.0,
            0.05,
            key="smoothing",
            bind="query-params",
            width=260,
            help=say(
                "The weight of the epochs before, in an exponential moving average. The figures "
                "themselves stay as faint lines."
            ),
        )
        log = st.toggle(say("Log scale for the loss"), key="log", bind="query-params")
    return picked, View(metric, smoothing, log)


def curves_now(labels: Iterable[str]) -> list[Curve]:
    """The curves as they stand at this moment."""
    there = sources(installed()[0], desk().runs())
    return [there[label].curve for label in labels if label in there]


def show_curves(labels: list[str], view: View) -> None:
    """The figure and the tables; drawn again and again while a run is under way."""
    there = sources(installed()[0], desk().runs())
    picked = [there[label] for label in labels if label in there]
    curves = [source.curve for source in picked]
    if any(curve.history for curve in curves):
        st.plotly_chart(
            learning_curves.curves_figure(curves, view),
            key="curves",
            config={"displaylogo": False},
            alt=say("Curves of the runs, epoch by epoch"),
        )
    else:
        st.info(say("The curves begin when the first epoch has ended."), icon=":material/timeline:")
    show_glance(picked)
    with st.expander(say("Every epoch as a table"), icon=":material/table_rows:"):
        table = learning_curves.table(curves)
        titles = {curve.label: curve.called for curve in curves}
        st.dataframe(
            table.assign(run=table["run"].map(titles)),
            column_config={"run": say("run"), "epoch": say("epoch")}
            | {name: learning_curves.spoken(name) for name in table.columns[2:]},
            hide_index=True,
            height=320,
        )


def best(curve: Curve) -> str:
    """The highest validation figure of the first metric, or the lowest loss, and its epoch."""
    names = [*(f"val_{m}" for m in learning_curves.metrics([curve])), "val_loss", "loss"]
    for name in names:
        numbered = [
            (value, epoch)
            for value, epoch in zip(curve.values(name), curve.epochs, strict=True)
            if value == value  # no NaN
        ]
        if numbered:
            value, epoch = (min if name.endswith("loss") else max)(
                numbered, key=lambda pair: pair[0]
            )
            return say(
                "{figure} {value:.4g} (epoch {epoch})",
                figure=learning_curves.spoken(name),
                value=value,
                epoch=epoch,
            )
    return ""


def show_glance(picked: list[Source]) -> None:
    """One row a run: how long it went, its best epoch, its test."""
    if not picked:
        return
    st.dataframe(
        pd.DataFrame(
            {
                say("run"): [source.curve.called for source in picked],
                say("epochs"): [len(source.curve.history) for source in picked],
                say("best"): [best(source.curve) for source in picked],
                say("on test data"): [test_words(source.test) for source in picked],
                say("what it is"): [source.about for source in picked],
            }
        ),
        column_config={
            say("run"): st.column_config.TextColumn(width=115),
            say("epochs"): st.column_config.NumberColumn(width=60),
            say("best"): st.column_config.TextColumn(width=110),
            say("on test data"): st.column_config.TextColumn(width=125),
            say("what it is"): st.column_config.TextColumn(width=275),
        },
        # Cells wrap, so that the table need not be pushed sideways.
        row_height=100,
        hide_index=True,
        height="content",
        key="glance",
    )


def test_words(test: dict[str, float]) -> str:
    """Test figures in a line."""
    return listed(f"{learning_curves.spoken(k)} {v:.4f}" for k, v in test.items())


def csv_now(labels: list[str]) -> bytes:
    """The table of epochs, when it is asked for."""
    return csv_bytes(learning_curves.table(curves_now(labels)))


def png_now(labels: list[str], view: View) -> bytes:
    """The picture, when it is asked for."""
    return learning_curves.curves_file(curves_now(labels), view)


def show_downloads(labels: list[str], view: View) -> None:
    """The epochs as CSV, the picture as the notebook draws it."""
    with st.container(horizontal=True):
        components.download(
            say("Download as CSV"),
            partial(csv_now, labels),
            "training.csv",
            "text/csv",
        )
        components.download(
            say("Picture as {form}", form="PNG"),
            partial(png_now, labels, view),
            "training.png",
            "image/png",
        )


# Training on this server.


@dataclass(frozen=True)
class Setting:
    """How a setting is asked for: its label, a sentence, its bounds or its choices."""

    label: str
    sentence: str
    least: int = 0
    most: int = 0
    choices: tuple[float, ...] = ()
    empty: str = ""


@dataclass(frozen=True)
class Corpus:
    """What a task is learnt from: its name, whether a folder has it, how to get it.

    sample: so many texts make a training that can be waited for; None where all do.
    """

    name: str
    installed: Callable[[Path], bool]
    how_to_get: str
    sample: int | None = None


PAPERS = Corpus(phrase("a corpus of arXiv papers"), papers.installed, papers.HOW_TO_GET, 10_000)
CORPORA = {
    "archive": PAPERS,
    "subject": PAPERS,
    "intent": Corpus(phrase("the SciCite corpus"), scicite.installed, scicite.HOW_TO_GET),
}

SETTINGS = {
    "epochs": Setting(
        *phrases("Epochs", "How often all training texts are gone through."), 1, 200
    ),
    "batch_size": Setting(
        *phrases("Batch size", "So many texts make one step; fewer learn faster and less evenly."),
        choices=BATCHES,
    ),
    "learning_rate": Setting(
        *phrases("Learning rate", "How far a step goes; too far and the loss rises."), choices=RATES
    ),
    "trainable": Setting(
        *phrases(
            "Train the word vectors too",
            "Many times slower, and it soon knows the training texts by heart.",
        )
    ),
    "sample": Setting(
        *phrases("Training texts", "Train on so many of them; empty for all."),
        50, 1_000_000, empty=phrase("all"),
    ),
    "patience": Setting(
        *phrases(
            "Patience",
            "Stop after so many epochs without a lower validation loss, and take the best; "
            "empty for never.",
        ),
        1, 200, empty=phrase("never"),
    ),
    "seed": Setting(
        *phrases("Seed", "Fixes what is random; the same gives the same run."), 0, 2**31 - 1
    ),
}  # fmt: skip


def widget(recipe: Recipe, name: str, options: Options) -> None:
    """One setting's widget, by what it is."""
    setting, value = SETTINGS[name], getattr(options, name)
    key, label, sentence = setting_key(recipe, name), say(setting.label), say(setting.sentence)
    if setting.choices:
        choices = sorted({*setting.choices, value})
        st.select_slider(label, choices, value, key=key, help=sentence)
    elif isinstance(value, bool):
        st.toggle(label, value, key=key, help=sentence)
    else:
        st.number_input(
            label,
            setting.least,
            setting.most,
            value,
            key=key,
            help=sentence,
            placeholder=say(setting.empty) if setting.empty else None,
        )


def setting_key(recipe: Recipe, name: str) -> str:
    """The key of a setting's widget; each recipe has its own, with its own default."""
    return f"{recipe.name}-{name}"


def begin(recipe: Recipe, task: str) -> None:
    """Start a run with the settings of the form."""
    asked = {name: st.session_state[setting_key(recipe, name)] for name in known(recipe)}
    start(Run(recipe, task, replace(recipe.options, **asked)))


def start(run: Run) -> None:
    """Start a run, or note why it cannot start."""
    try:
        desk().start(run, settings.data_folder())
        show_one(run_label(run))
    except (Busy, RuntimeError) as problem:
        st.session_state.refusal = str(problem)


def known(recipe: Recipe) -> list[str]:
    """The settings a recipe supports, in the order of the form."""
    return [name for name in SETTINGS if name in recipe.supported_options]


def trainable() -> dict[str, Recipe]:
    """The recipes that can be trained here, by label."""
    return {
        recipe.label: recipe
        for recipe in recipes().values()
        if recipe.options is not None and all(find_spec(library) for library in recipe.needs)
    }


def ask(choices: dict[str, Recipe]) -> None:
    """The form that starts a run."""
    label = None
    if len(choices) > 1:
        label = st.selectbox(say("Model"), list(choices), format_func=say, key="recipe")
    recipe = choices[label] if label else next(iter(choices.values()))
    if not label:
        st.markdown(f"**{markdown.plain(say(recipe.label))}**")
    st.caption(markdown.plain(say(recipe.summary)))
    task = recipe.tasks[0]
    corpus = CORPORA[task]
    if not corpus.installed(settings.data_folder()):
        st.info(
            say(
                "Training needs {corpus}, which this server does not have. Get it with "
                "`{command}` and open this page again; the curves need nothing.",
                corpus=say(corpus.name),
                command=corpus.how_to_get,
            ),
            icon=":material/database:",
        )
        return
    with st.form("live_form", border=False):
        options = replace(recipe.options, sample=corpus.sample or recipe.options.sample)
        for name in known(recipe):
            widget(recipe, name, options)
        st.form_submit_button(
            say("Start training"),
            type="primary",
            icon=":material/play_arrow:",
            on_click=begin,
            args=(recipe, task),
        )


def show_progress(run: Run) -> None:
    """The run under way; once it has ended, the whole page is drawn again, for the last time."""
    if run.status != RUNNING:
        st.rerun()
    st.markdown(f"**{markdown.plain(run_title(run))}**")
    st.progress(min(1.0, max(0.0, run.share)), markdown.plain(run.words))
    spent = components.clock(run.seconds)
    if run.left is None:
        times = say("{spent} so far.", spent=spent)
    else:
        left = components.clock(run.left)
        times = say("{spent} so far, {left} left.", spent=spent, left=left)
    st.caption(f"{times} {markdown.plain(changed(run).capitalize())}.")
    with st.container(horizontal=True):
        st.button(
            say("Stopping …") if run.stopping else say("Stop"),
            icon=":material/stop:",
            key="stop",
            on_click=run.stop,
            disabled=run.stopping,
        )


def show_end(run: Run) -> None:
    """How the latest run ended, and what can be done with it."""
    name = markdown.plain(run_title(run))
    if run.status == FAILED:
        reason = markdown.plain(run.error)
        st.error(say("{name} failed: {reason}", name=name, reason=reason), icon=":material/error:")
    elif run.status == STOPPED:
        st.warning(
            say(
                "{name} was stopped after {done} of {epochs} epochs.",
                name=name,
                done=run.done,
                epochs=run.options.epochs,
            ),
            icon=":material/pause:",
        )
        if run.can_go_on:
            st.button(
                say("Go on"),
                icon=":material/resume:",
                key="onward",
                on_click=lambda: start(run.onward()),
            )
    else:
        show_result(run, name)


def show_result(run: Run, name: str) -> None:
    """The test figures of a finished run, beside those published, and the way to try it."""
    time = components.clock(run.seconds)
    st.success(say("{name} is done, in {time}.", name=name, time=time), icon=":material/check:")
    test = test_figures(run.card.metrics) if run.card else {}
    other = published.of(run.recipe.name)
    for metric, value in test.items():
        theirs = other.test.get(metric) if other else None
        st.metric(
            say("Test {figure}", figure=learning_curves.spoken(metric)),
            f"{value:.3f}",
            None
            if theirs is None
            else say(
                "{difference:+.3f} against {theirs:.3f} published",
                difference=value - theirs,
                theirs=theirs,
            ),
            delta_color="inverse" if metric == "loss" else "normal",
        )
    name_here = live_name(run.recipe)
    asked = (
        {"kind": phrase("Citation"), "intent-model": name_here}
        if run.task == "intent"
        else {"model": name_here}
    )
    st.page_link(
        "pages/classify.py",
        label=say("Try it on a text"),
        icon=":material/label:",
        query_params=components.address(asked),
    )
    st.caption(say("It stays on this server until the next run of its kind takes its place."))


def show_training(runs: list[Run]) -> None:
    """The run under way, or how the last one ended and the form for another."""
    st.subheader(say("Train a model"), anchor=False)
    refusal = st.session_state.pop("refusal", None)
    if refusal:
        st.warning(markdown.plain(refusal), icon=":material/hourglass_top:")
    latest = runs[0] if runs else None
    if latest and latest.status == RUNNING:
        st.fragment(show_progress, run_every=EVERY)(latest)
        label = run_label(latest)
        if label not in st.session_state.get("runs", ()):
            st.button(say("Show its curves"), key="watch", on_click=show_one, args=(label,))
        return
    if latest:
        show_end(latest)
    choices = trainable()
    if choices:
        ask(choices)
    else:
        st.caption(say("No model of this version is trained here."))


components.through_router()
st.title(say("Watch models learn"), anchor=False)
st.caption(
    say(
        "How a model got better with every pass over its training data: what it was trained on "
        "(training) and what it had not seen (validation). Where the two part, it learns by heart."
    )
)
cards, problems = installed()
components.show_problems(problems)
# One list for all that is drawn: the run may end while the page is.
runs = desk().runs()
there = sources(cards, runs)
left, right = st.columns([5, 2], gap="medium")
with left:
    labels, view = choose(there, runs)
    if labels:
        drawn = {run_label(run) for run in runs if run.status == RUNNING} & set(labels)
        st.fragment(show_curves, run_every=EVERY if drawn else None)(labels, view)
        show_downloads(labels, view)
    else:
        st.info(say("Pick a run to see its curves."), icon=":material/timeline:")
with right, st.container(border=True):
    show_training(runs)
