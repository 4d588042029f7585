"""Compare models: a leaderboard, and one model closely: report, curves, thresholds, errors."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from core import figures, figures_models, leaderboard, settings, store
from core.corpora import scicite
from core.corpora.arxiv import CorpusError
from core.curves import rates
from core.embeddings import module
from core.examples import EXAMPLES
from core.export import csv_bytes
from core.leaderboard import TITLES
from core.preview import plain
from core.store import EMBEDDING, Card
from core.text import citation_text, paper_text
from pages import components

CARD, REPORT, CURVES, THRESHOLDS = (
    "The model",
    "Label by label",
    "Precision and recall",
    "Threshold",
)
CALIBRATION, ERRORS, SENTENCES, SETS = "Calibration", "Errors", "Sentences", "Word sets"
VIEWS = (CARD, REPORT, CURVES, THRESHOLDS, CALIBRATION, ERRORS)
SHOWN_SENTENCES = 20
FIRST_LABELS = 4
# Invented; what an intent model's latency is measured on.
SENTENCE = "We follow the procedure of earlier work to extract RNA from the samples."

FINE = ("binary_accuracy", "log_loss", "ece")
"""Figures that differ between models in the fourth decimal."""

NUMBER = st.column_config.NumberColumn(format="%.3f")


# The leaderboard.


def pick_task(cards: list[Card]) -> str:
    """The task whose models are compared: one of those that have any."""
    tasks = list(dict.fromkeys(card.task for card in cards))
    title = st.segmented_control(
        "Task",
        [TITLES[task] for task in tasks],
        default=TITLES[tasks[0]],
        required=True,
        key="compare",
        bind="query-params",
        wrap=True,
    )
    return next(task for task in tasks if TITLES[task] == title)


def pick_slice(task: str, cards: list[Card]) -> str | None:
    """The part of the held-back texts whose figures are shown; None where no card has any."""
    names = leaderboard.slices(cards)
    if task == EMBEDDING or not names:
        return None
    by_title = {plain(leaderboard.slice_of(name).title): name for name in names}
    title = st.segmented_control(
        "Measured on",
        list(by_title),
        default=next(iter(by_title)),
        required=True,
        key=f"{task}-on",
        bind="query-params",
        wrap=True,
    )
    return by_title[title]


def show_leaderboard(task: str, named: dict[str, Card], part: str | None) -> None:
    """A row a model; sorting is a click on a column's head."""
    if task == EMBEDDING:
        table = pd.DataFrame(leaderboard.embedding_rows(named))
    else:
        table = pd.DataFrame(leaderboard.rows(named, task, part))
    times = [time_of(named[title]) if title in named else None for title in table["Model"]]
    if any(times):
        table["ms a text"] = times
    first = table.columns[1] if len(table.columns) > 1 else ""
    config: dict[str, Any] = dict.fromkeys(table.columns, NUMBER)
    if task != EMBEDDING:
        config |= {
            name: st.column_config.NumberColumn(
                format="%.4f" if key in FINE else "%.3f",
                help=leaderboard.MEANINGS.get(key),
            )
            for key, name in leaderboard.COLUMNS[task].items()
        }
        config[first] = st.column_config.ProgressColumn(
            format="%.3f", min_value=0, max_value=1, color="primary",
            help=leaderboard.MEANINGS.get(next(iter(leaderboard.COLUMNS[task]))),
        )  # fmt: skip
    config["Model"] = st.column_config.TextColumn(pinned=True)
    config["Texts"] = st.column_config.NumberColumn(
        format="localized",
        help="How many held-back texts these figures are over. The course’s recipes hold back "
        "20 %, the other models 5 %, so the sets differ.",
    )
    config["MB"] = st.column_config.NumberColumn(format="%.2f", help="Size of the model’s files.")
    config["s to train"] = st.column_config.NumberColumn(
        format="localized",
        help="Seconds from reading the papers to measuring the model, on two cores; models of "
        "earlier versions did not note it.",
    )
    config["ms a text"] = st.column_config.NumberColumn(
        format="%.2f", help="Median of 20 warm predictions of one text on this machine."
    )
    st.dataframe(
        table,
        column_config=config,
        hide_index=True,
        height="content",
        placeholder="–",
        key=f"{task}-board",
    )


def explain_slice(task: str, part: str | None) -> None:
    """Say in plain words what the figures are measured on."""
    if task == EMBEDDING:
        st.caption(
            "Spearman’s ρ between people’s judgements of how similar two words are and the "
            "vectors’ cosine, over the pairs with both words known. Skip-gram was trained on the "
            "same text for comparison."
        )
    elif part is None:
        st.info("These models’ cards hold no figures.", icon=":material/info:")
    else:
        st.caption(plain(leaderboard.slice_of(part).meaning))


def times() -> dict[str, float]:
    """Latencies measured in this session, by what tells one training from another."""
    return st.session_state.setdefault("latencies", {})


def time_of(card: Card) -> float | None:
    """A model's latency in ms, if it has been measured."""
    return times().get(f"{card.folder} {components.fingerprint(card)}")


def predictor(card: Card) -> Callable[[], Any]:
    """A prediction of one text, the model loaded.

    Raises store.ModelError or module.ModuleError for a model that cannot be used.
    """
    if card.task == EMBEDDING:
        vectors = module.load(card.folder, module.SHIPPED)
        return lambda: vectors.embed(["chest pain"])
    model = loaded(card)
    text = (
        citation_text(SENTENCE)
        if card.task == "intent"
        else paper_text(EXAMPLES[0].title, EXAMPLES[0].abstract)
    )
    return lambda: model.predict_scores([text])


def loaded(card: Card) -> Any:
    """The model of a card, from the cache that all pages share where the card is found by name."""
    if store.find(card.task, card.name).folder == card.folder:
        return components.loaded(card)
    return store.load(card)


def measure_times(named: dict[str, Card]) -> None:
    """Time every model of the task, on demand: this loads them."""
    with st.spinner("Loading and timing the models ..."):
        for card in named.values():
            try:
                found = leaderboard.milliseconds(predictor(card))
            except (store.ModelError, module.ModuleError) as problem:
                st.warning(plain(str(problem)), icon=":material/error:")
                continue
            times()[f"{card.folder} {components.fingerprint(card)}"] = found


def show_published(task: str) -> None:
    """What others have published on the task, with its source."""
    rows = [row for row in leaderboard.PUBLISHED if row.task == task]
    if not rows:
        return
    st.markdown("**Published by others**")
    st.dataframe(
        {
            "System": [row.system for row in rows],
            "Figure": [row.figure for row in rows],
            "Published": [row.value for row in rows],
            "Source": [row.source for row in rows],
        },
        column_config={"Published": NUMBER},
        hide_index=True,
        key=f"{task}-published",
    )
    st.caption("Printed figures, not measured here; samples and splits may differ from ours.")


# One model closely.


def show_facts(pairs: list[tuple[str, str]], title: str) -> None:
    """Names and values of a card, as text."""
    lines = [f"- {plain(name)}: {plain(value)}" for name, value in pairs]
    st.markdown(f"**{title}**")
    st.markdown("\n".join(lines) or "Not told on the card.")


def show_card(card: Card) -> None:
    """What the model is, in plain words, and what it was made from."""
    st.markdown(plain(str(card.summary)))
    said = []
    if card.labels:
        low, high = min(card.thresholds, default=1), max(card.thresholds, default=1)
        many = f"Answers with {len(card.labels)} labels"
        if card.task == "intent" or low >= 1:
            said.append(f"{many}, one of them a text.")
        else:
            span = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
            said.append(f"{many}; predicts one from a probability of {span}.")
    said.append(f"Its {len(card.files)} files take {card.size / 1e6:.1f} MB.")
    if card.needs:
        said.append(f"Needs {plain(', '.join(map(str, card.needs)))}.")
    st.caption(" ".join(said))
    records = (
        ("Training data", card.data),
        ("Parameters", card.parameters),
        ("Versions", card.versions),
    )
    for column, (title, record) in zip(st.columns([2, 2, 1]), records, strict=True):
        with column:
            show_facts(leaderboard.facts(record), title)


def show_report(card: Card, part: str | None) -> None:
    """Precision, recall, F1 and support of each label, and the same as a file."""
    rows = leaderboard.report(card, part)
    if not rows:
        st.info("The card holds no figures by label for this slice.", icon=":material/info:")
        return
    table = pd.DataFrame(rows)
    if card.task == "intent":
        table = table.drop(columns=["Name", "Status", "Threshold"])
    share = st.column_config.ProgressColumn(
        format="%.3f", min_value=0, max_value=1, color="primary"
    )
    st.dataframe(
        table,
        column_config={
            "Precision": NUMBER,
            "Recall": NUMBER,
            "F1": share,
            "Support": st.column_config.NumberColumn(
                format="localized", help="Texts that truly have the label."
            ),
            "Threshold": st.column_config.NumberColumn(format="%.2f"),
        },
        hide_index=True,
        height=460 if len(rows) > 12 else "content",
        key=f"{card.task}-report",
    )
    components.download(
        "Download as CSV",
        csv_bytes(table),
        "report.csv",
        "text/csv",
    )


def curve_of(card: Card, part: str | None) -> dict[str, Any] | None:
    """The model's curves on the slice, or None once the page has said why there are none."""
    try:
        found = store.read_curves(card).get(part or "")
    except store.ModelError as problem:
        st.warning(plain(str(problem)), icon=":material/error:")
        return None
    if found is None:
        st.info("This model came without curves for this slice.", icon=":material/info:")
        if card.task in ("archive", "subject"):
            st.caption(
                plain("To write them: ")
                + f"`python -m core measure NAME --task {card.task} --data PATH`"
            )
    return found


def common(curve: dict[str, Any]) -> list[str]:
    """The labels of a curve, the commonest first."""
    return sorted(curve["per_label"], key=lambda label: -curve["per_label"][label]["support"])


def show_curves(card: Card, curve: dict[str, Any]) -> None:
    """Precision against recall of the labels picked, and of all together."""
    codes = {figures.label_title(label): label for label in common(curve)}
    picked = st.multiselect(
        "Labels",
        list(codes),
        default=list(codes)[:FIRST_LABELS],
        max_selections=figures_models.MOST_LABELS,
        key=f"{card.task}-labels",
        bind="query-params",
    )
    labels = [codes[title] for title in picked]
    chosen = dict(zip(card.labels, card.thresholds, strict=False))
    st.plotly_chart(
        figures_models.precision_recall(
            curve, labels, {label: at for label, at in chosen.items() if at < 1}
        ),
        key="curves",
        config={"displaylogo": False},
        alt="Precision against recall",
    )
    rings = " A ring marks the label’s own threshold." if card.task != "intent" else ""
    st.caption(
        f"Each point is a threshold from 0.02 to 0.98; farther up and right is better.{rings}"
    )


def show_thresholds(card: Card, curve: dict[str, Any]) -> None:
    """What one threshold for all labels would give, and what it would give a label."""
    left, right = st.columns(2)
    with left:
        cut = st.slider(
            "One threshold for all labels", 0.02, 0.98, 0.5, 0.02, key="cut", bind="query-params"
        )
    codes = {figures.label_title(label): label for label in common(curve)}
    with right:
        title = st.selectbox("Label", list(codes), key=f"{card.task}-label", bind="query-params")
    label = codes[title or next(iter(codes))]
    steps = curve["thresholds"]
    place = min(range(len(steps)), key=lambda i: abs(steps[i] - cut))
    own = rates(curve, label)
    columns = st.columns(2)
    with columns[0]:
        show_at("All labels together (micro)", curve["micro"], place)
        st.plotly_chart(
            figures_models.by_threshold(curve["micro"], steps, [(cut, "here")]),
            key="cut-micro",
            config={"displayModeBar": False},
            alt="Precision, recall and F1 of all labels against the threshold",
        )
    with columns[1]:
        show_at(figures.label_title(label), own, place)
        at = dict(zip(card.labels, card.thresholds, strict=False)).get(label, 1)
        marks = [(cut, "here"), *([(at, "the model’s")] if at < 1 else [])]
        st.plotly_chart(
            figures_models.by_threshold(own, steps, marks),
            key="cut-label",
            config={"displayModeBar": False},
            alt="Precision, recall and F1 of one label against the threshold",
        )
    best = max(range(len(steps)), key=lambda i: curve["micro"]["f1"][i])
    st.caption(
        f"Micro-F1 is highest at {steps[best]:.2f} ({curve['micro']['f1'][best]:.3f}); macro-F1 "
        f"here is {curve['macro_f1'][place]:.3f} over the labels that occur. Counted is what "
        "scores at least the threshold; the model’s own answers, and the leaderboard, also give "
        "every text its best label, so that none goes without."
    )


def show_at(title: str, own: dict[str, Any], place: int) -> None:
    """Precision, recall and F1 at one threshold."""
    st.markdown(f"**{plain(title)}**")
    components.metrics(
        {
            words[0].upper() + words[1:]: f"{own[name][place]:.3f}"
            for name, words in figures_models.NAMES.items()
        }
    )


def show_calibration(card: Card, curve: dict[str, Any], part: str | None) -> None:
    """Whether probabilities mean what they say."""
    single = card.task == "intent"
    what = "texts" if single else "paper-label pairs"
    st.plotly_chart(
        figures_models.reliability(curve, what),
        key="reliability",
        config={"displayModeBar": False},
        alt="Reliability diagram",
    )
    error = leaderboard.number(leaderboard.part(card, part), "ece")
    tells = f"Expected calibration error {error:.4f}. " if error is not None else ""
    over = "each text’s best label" if single else f"all {what}"
    st.caption(
        f"{tells}Over {over} in 15 bins: a point on the dashed line says 30 % where 30 % come "
        "true; below it the model is too sure of itself, above it not sure enough."
    )


def show_errors(card: Card, part: str | None) -> None:
    """The confusion matrix where a text has one label, else the commonest confusions."""
    table = leaderboard.confusion(card, part)
    if table:
        st.plotly_chart(
            figures_models.confusion(card.labels, table),
            key="confusion",
            config={"displayModeBar": False},
            alt="Confusion matrix",
        )
        st.caption("Each cell: texts, and their share of the true label’s. Right is the diagonal.")
        return
    if card.task == "intent":
        st.info("The card holds no confusion matrix for this slice.", icon=":material/info:")
        return
    curve = curve_of(card, part)
    if not curve:
        return
    if not curve["errors"]:
        st.info("No label was missed for another on this slice.", icon=":material/check:")
        return
    st.plotly_chart(
        figures_models.confused(curve["errors"]),
        key="confused",
        config={"displayModeBar": False},
        alt="Labels missed against labels predicted instead",
    )
    st.caption(
        "Papers of which the model missed one label and wrongly predicted another, over the "
        f"{len(curve['errors'])} commonest pairs; at the model’s own thresholds. Empty cells are "
        "rarer."
    )
    st.dataframe(
        leaderboard.errors(curve),
        column_config={"Papers": st.column_config.NumberColumn(format="localized")},
        hide_index=True,
        key="errors",
    )


def show_sentences(card: Card, part: str | None) -> None:
    """Twenty test sentences with true label and prediction, as at the end of the notebook."""
    data = settings.data_folder()
    if not scicite.installed(data):
        st.info("SciCite is not on this machine. To get it:", icon=":material/download:")
        st.code(scicite.HOW_TO_GET, language=None)
        return
    try:
        rows = scicite.read(data, "test").head(SHOWN_SENTENCES)
        model = loaded(card)
    except (CorpusError, store.ModelError) as problem:
        st.warning(plain(str(problem)), icon=":material/error:")
        return
    sections = rows["section"] if part == "section" else [""] * len(rows)
    texts = [citation_text(*pair) for pair in zip(rows["string"], sections, strict=True)]
    scores = model.predict_scores(texts)
    best = scores.argmax(axis=1)
    guesses = [model.labels[i] for i in best]
    # A table wraps long sentences; its cells are Markdown.
    st.table(
        {
            "Sentence": [plain(sentence) for sentence in rows["string"]],
            "True label": [plain(label) for label in rows["label"]],
            "Prediction": [plain(str(guess)) for guess in guesses],
            "Probability": [f"{score:.0%}" for score in scores.max(axis=1)],
            "Right": [
                ":material/check:" if a == b else ":material/close:"
                for a, b in zip(guesses, rows["label"], strict=True)
            ],
        },
        hide_index=True,
    )
    st.caption(f"The first {len(rows)} sentences of SciCite’s official test set.")


def show_sets(card: Card) -> None:
    """How many pairs of each word-similarity set count, and their rho."""
    st.dataframe(
        leaderboard.sets(card),
        column_config={"Spearman’s ρ": NUMBER},
        hide_index=True,
        height="content",
        key="sets",
    )


def show_model(card: Card, part: str | None) -> None:
    """One model from the side that is picked."""
    if card.task == EMBEDDING:
        views: tuple[str, ...] = (CARD, SETS)
    else:
        views = (*VIEWS, SENTENCES) if card.task == "intent" else VIEWS
    view = st.segmented_control(
        "Show",
        views,
        default=CARD,
        required=True,
        key=f"{card.task}-show",
        bind="query-params",
        wrap=True,
    )
    if view == CARD:
        show_card(card)
    elif view == REPORT:
        show_report(card, part)
    elif view == ERRORS:
        show_errors(card, part)
    elif view == SENTENCES:
        show_sentences(card, part)
    elif view == SETS:
        show_sets(card)
    elif curve := curve_of(card, part):
        if view == CURVES:
            show_curves(card, curve)
        elif view == THRESHOLDS:
            show_thresholds(card, curve)
        else:
            show_calibration(card, curve, part)


components.through_router()
st.title("Compare models", anchor=False)
st.caption(
    "How good are the models, and on what? Pick a task, sort the board by a click on a column, and "
    "look at any model closely."
)
cards, problems = store.installed()
components.show_problems(problems)
if not cards:
    st.error(components.NO_MODEL, icon=":material/error:")
    st.stop()
with st.container(horizontal=True):
    task = pick_task(cards)
    named = leaderboard.titles([card for card in cards if card.task == task])
    part = pick_slice(task, list(named.values()))
board = st.container()
if st.button(
    "Time the models on this machine",
    icon=":material/timer:",
    help="Loads each model and takes the median of 20 predictions of one text.",
):
    measure_times(named)
with board:
    show_leaderboard(task, named, part)
    explain_slice(task, part)
show_published(task)
st.subheader("One model closely", anchor=False)
title = st.selectbox("Model", list(named), key=f"{task}-model", bind="query-params")
show_model(named[title or next(iter(named))], part)
