"""Compare models: a leaderboard, and one model closely: report, curves, thresholds, errors."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from core import settings, taxonomy
from core.cards import EMBEDDING, Card, ModelError, find, installed
from core.classifiers import store
from core.corpora import scicite
from core.corpora.blocks import CorpusError
from core.embeddings import hub_module, module_table
from core.evaluation import curves
from core.evaluation.curves import rates
from core.files.export import csv_bytes
from core.i18n import listed, phrase, phrases, say
from core.plots import model_charts
from core.text.documents import citation_text, paper_text
from core.text.markdown import plain
from pages import components
from pages.content import leaderboard
from pages.content.examples import EXAMPLES
from pages.content.leaderboard import TITLES

CARD, REPORT, CURVES, THRESHOLDS = phrases(
    "The model",
    "Label by label",
    "Precision and recall",
    "Threshold",
)
CALIBRATION, ERRORS, SENTENCES, SETS = phrases("Calibration", "Errors", "Sentences", "Word sets")
MODEL, MILLISECONDS = phrases("Model", "ms a text")
VIEWS = (CARD, REPORT, CURVES, THRESHOLDS, CALIBRATION, ERRORS)
SHOWN_SENTENCES = 20
FIRST_LABELS = 4

FINE = ("binary_accuracy", "log_loss", "ece")
"""Figures that differ between models in the fourth decimal."""

NUMBER = st.column_config.NumberColumn(format="%.3f")


# The leaderboard.


def pick_task(cards: list[Card]) -> str:
    """The task whose models are compared: one of those that have any."""
    tasks = list(dict.fromkeys(card.task for card in cards))
    title = st.segmented_control(
        say("Task"),
        [TITLES[task] for task in tasks],
        default=TITLES[tasks[0]],
        required=True,
        format_func=say,
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
        say("Measured on"),
        list(by_title),
        default=next(iter(by_title)),
        required=True,
        format_func=lambda title: plain(say(leaderboard.slice_of(by_title[title]).title)),
        key=f"{task}-on",
        bind="query-params",
        wrap=True,
    )
    return by_title[title]


def show_leaderboard(
    task: str, named: dict[str, Card], shown: dict[str, str], part: str | None
) -> None:
    """A row a model; sorting is a click on a column's head."""
    if task == EMBEDDING:
        table = pd.DataFrame(leaderboard.embedding_rows(named))
    else:
        table = pd.DataFrame(leaderboard.rows(named, task, part))
    times = [time_of(named[title]) if title in named else None for title in table[MODEL]]
    if any(times):
        table[MILLISECONDS] = times
    table[MODEL] = [shown.get(title, title) for title in table[MODEL]]
    first = table.columns[1] if len(table.columns) > 1 else ""
    config: dict[str, Any] = dict.fromkeys(table.columns, NUMBER)
    if task != EMBEDDING:
        config |= {
            name: st.column_config.NumberColumn(
                format="%.4f" if key in FINE else "%.3f",
                help=meaning(key),
            )
            for key, name in leaderboard.COLUMNS[task].items()
        }
        config[first] = st.column_config.ProgressColumn(
            format="%.3f", min_value=0, max_value=1, color="primary",
            help=meaning(next(iter(leaderboard.COLUMNS[task]))),
        )  # fmt: skip
    # Streamlit unpins a column of so many pixels where it would leave figures no room, on a phone.
    config[MODEL] = st.column_config.TextColumn(pinned=True, width=320)
    config[phrase("Texts")] = st.column_config.NumberColumn(
        format="localized",
        help=say(
            "How many held-back texts these figures are over. The course’s recipes hold back "
            "20 %, the other models 5 %, so the sets differ."
        ),
    )
    config["MB"] = st.column_config.NumberColumn(
        format="%.2f", help=say("Size of the model’s files.")
    )
    config[phrase("s to train")] = st.column_config.NumberColumn(
        format="localized",
        help=say(
            "Seconds from reading the papers to measuring the model, on two cores; models of "
            "earlier versions did not note it."
        ),
    )
    config[MILLISECONDS] = st.column_config.NumberColumn(
        format="%.2f", help=say("Median of 20 warm predictions of one text on this machine.")
    )
    st.dataframe(
        table.rename(columns=say),
        column_config={say(name): column for name, column in config.items()},
        hide_index=True,
        height="content",
        placeholder="–",
        key=f"{task}-board",
    )


def meaning(key: str) -> str | None:
    """What a figure means, if that is told."""
    return say(leaderboard.MEANINGS[key]) if key in leaderboard.MEANINGS else None


def explain_slice(task: str, part: str | None) -> None:
    """Say in plain words what the figures are measured on."""
    if task == EMBEDDING:
        st.caption(
            say(
                "Spearman’s ρ between people’s judgements of how similar two words are and the "
                "vectors’ cosine, over the pairs with both words known. Skip-gram was trained on "
                "the same text for comparison."
            )
        )
    elif part is None:
        st.info(say("These models’ cards hold no figures."), icon=":material/info:")
    else:
        st.caption(plain(say(leaderboard.slice_of(part).meaning)))


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
        vectors = hub_module.load(card.folder, hub_module.SHIPPED)
        return lambda: vectors.embed([leaderboard.TERM])
    model = loaded(card)
    text = (
        citation_text(leaderboard.SENTENCE)
        if card.task == "intent"
        else paper_text(EXAMPLES[0].title, EXAMPLES[0].abstract)
    )
    return lambda: model.predict_scores([text])


def loaded(card: Card) -> Any:
    """The model of a card, from the cache that all pages share where the card is found by name."""
    if find(card.task, card.name).folder == card.folder:
        return components.loaded(card)
    return store.load(card)


def measure_times(named: dict[str, Card]) -> None:
    """Time every model of the task, on demand: this loads them."""
    bar = st.progress(0.0, say("Loading and timing the models ..."))
    for place, (title, card) in enumerate(named.items()):
        bar.progress(place / len(named), say("Loading and timing {model} ...", model=plain(title)))
        try:
            found = leaderboard.milliseconds(predictor(card))
        except (ModelError, module_table.ModuleError) as problem:
            st.warning(plain(str(problem)), icon=":material/error:")
            continue
        times()[f"{card.folder} {components.fingerprint(card)}"] = found
    bar.empty()


def show_published(task: str) -> None:
    """What others have published on the task, with its source."""
    rows = [row for row in leaderboard.PUBLISHED if row.task == task]
    if not rows:
        return
    st.markdown(say("**Published by others**"))
    st.dataframe(
        {
            say("System"): [say(row.system) for row in rows],
            say("Figure"): [say(row.figure) for row in rows],
            say("Published"): [row.value for row in rows],
            say("Source"): [say(row.source) for row in rows],
        },
        column_config={say("Published"): NUMBER},
        hide_index=True,
        key=f"{task}-published",
    )
    st.caption(say("Printed figures, not measured here; samples and splits may differ from ours."))


# One model closely.


def show_facts(pairs: list[tuple[str, str]], title: str) -> None:
    """Names and values of a card, as text."""
    lines = [
        f"- {plain(say(name))}: {plain(hub_module.corpus_text(value))}" for name, value in pairs
    ]
    st.markdown(f"**{title}**")
    st.markdown("\n".join(lines) or say("Not told on the card."))


def show_card(card: Card) -> None:
    """What the model is, in plain words, and what it was made from."""
    st.markdown(plain(say(str(card.summary))))
    told = []
    if card.labels:
        low, high = min(card.thresholds, default=1), max(card.thresholds, default=1)
        if card.task == "intent" or low >= 1:
            told.append(say("Answers with {n} labels, one of them a text.", n=len(card.labels)))
        else:
            same = f"{low:.2f}" == f"{high:.2f}"
            told.append(
                say(
                    "Answers with {n} labels; predicts one from a probability of {span}.",
                    n=len(card.labels),
                    span=f"{low:.2f}" if same else say("{a:.2f} to {b:.2f}", a=low, b=high),
                )
            )
    told.append(say("Its {n} files take {mb:.1f} MB.", n=len(card.files), mb=card.size / 1e6))
    if card.needs:
        told.append(say("Needs {libraries}.", libraries=plain(listed(map(str, card.needs)))))
    st.caption(" ".join(told))
    records = (
        (say("Training data"), card.data),
        (say("Parameters"), card.parameters),
        (say("Versions"), card.versions),
    )
    for column, (title, record) in zip(st.columns([2, 2, 1]), records, strict=True):
        with column:
            show_facts(leaderboard.facts(record), title)


def show_report(card: Card, part: str | None) -> None:
    """Precision, recall, F1 and support of each label, and the same as a file."""
    rows = leaderboard.report(card, part)
    if not rows:
        st.info(say("The card holds no figures by label for this slice."), icon=":material/info:")
        return
    table = pd.DataFrame(rows)
    if card.task == "intent":
        table = table.drop(columns=[phrase("Name"), phrase("Status"), phrase("Threshold")])
    shown = table.copy()
    for column in phrases("Code") if card.task == "intent" else phrases("Name", "Status"):
        shown[column] = shown[column].map(say)
    share = st.column_config.ProgressColumn(
        format="%.3f", min_value=0, max_value=1, color="primary"
    )
    st.dataframe(
        shown.rename(columns=say),
        column_config={
            say("Precision"): NUMBER,
            say("Recall"): NUMBER,
            "F1": share,
            say("Support"): st.column_config.NumberColumn(
                format="localized", help=say("Texts that truly have the label.")
            ),
            say("Threshold"): st.column_config.NumberColumn(format="%.2f"),
        },
        hide_index=True,
        height=460 if len(rows) > 12 else "content",
        key=f"{card.task}-report",
    )
    components.download(
        say("Download as CSV"),
        csv_bytes(table),
        "report.csv",
        "text/csv",
    )


def curve_of(card: Card, part: str | None) -> dict[str, Any] | None:
    """The model's curves on the slice, or None once the page has said why there are none."""
    try:
        found = curves.read_curves(card).get(part or "")
    except ModelError as problem:
        st.warning(plain(str(problem)), icon=":material/error:")
        return None
    if found is None:
        st.info(say("This model came without curves for this slice."), icon=":material/info:")
    return found


def common(curve: dict[str, Any]) -> list[str]:
    """The labels of a curve, the commonest first."""
    return sorted(curve["per_label"], key=lambda label: -curve["per_label"][label]["support"])


def show_curves(card: Card, curve: dict[str, Any]) -> None:
    """Precision against recall of the labels picked, and of all together."""
    codes = {taxonomy.title(label): label for label in common(curve)}
    picked = st.multiselect(
        say("Labels"),
        list(codes),
        default=list(codes)[:FIRST_LABELS],
        max_selections=model_charts.MOST_LABELS,
        format_func=lambda title: taxonomy.label_title(codes[title]),
        key=f"{card.task}-labels",
        bind="query-params",
    )
    labels = [codes[title] for title in picked]
    chosen = dict(zip(card.labels, card.thresholds, strict=False))
    st.plotly_chart(
        model_charts.precision_recall(
            curve, labels, {label: at for label, at in chosen.items() if at < 1}
        ),
        key="curves",
        config={"displaylogo": False},
        alt=say("Precision against recall"),
    )
    told = [say("Each point is a threshold from 0.02 to 0.98; farther up and right is better.")]
    if card.task != "intent":
        told.append(say("A ring marks the label’s own threshold."))
    st.caption(" ".join(told))


def show_thresholds(card: Card, curve: dict[str, Any]) -> None:
    """What one threshold for all labels would give, and what it would give a label."""
    left, right = st.columns(2)
    with left:
        cut = st.slider(
            say("One threshold for all labels"), 0.02, 0.98, 0.5, 0.02, key="cut",
            bind="query-params",
        )  # fmt: skip
    codes = {taxonomy.title(label): label for label in common(curve)}
    with right:
        title = st.selectbox(
            say("Label"),
            list(codes),
            format_func=lambda title: taxonomy.label_title(codes[title]),
            key=f"{card.task}-label",
            bind="query-params",
        )
    label = codes[title or next(iter(codes))]
    steps = curve["thresholds"]
    place = min(range(len(steps)), key=lambda i: abs(steps[i] - cut))
    own = rates(curve, label)
    columns = st.columns(2)
    with columns[0]:
        show_at(say("All labels together (micro)"), curve["micro"], place)
        st.plotly_chart(
            model_charts.by_threshold(curve["micro"], steps, [(cut, say("here"))]),
            key="cut-micro",
            config={"displayModeBar": False},
            alt=say("Precision, recall and F1 of all labels against the threshold"),
        )
    with columns[1]:
        show_at(taxonomy.label_title(label), own, place)
        at = dict(zip(card.labels, card.thresholds, strict=False)).get(label, 1)
        marks = [(cut, say("here")), *([(at, say("the model’s"))] if at < 1 else [])]
        st.plotly_chart(
            model_charts.by_threshold(own, steps, marks),
            key="cut-label",
            config={"displayModeBar": False},
            alt=say("Precision, recall and F1 of one label against the threshold"),
        )
    best = max(range(len(steps)), key=lambda i: curve["micro"]["f1"][i])
    st.caption(
        say(
            "Micro-F1 is highest at {best:.2f} ({micro:.3f}); macro-F1 here is {macro:.3f} over "
            "the labels that occur. Counted is what scores at least the threshold; the model’s own "
            "answers, and the leaderboard, also give every text its best label, so that none goes "
            "without.",
            best=steps[best],
            micro=curve["micro"]["f1"][best],
            macro=curve["macro_f1"][place],
        )
    )


def show_at(title: str, own: dict[str, Any], place: int) -> None:
    """Precision, recall and F1 at one threshold."""
    st.markdown(f"**{plain(title)}**")
    found = {say(words): own[name][place] for name, words in model_charts.NAMES.items()}
    components.metrics(
        {words[0].upper() + words[1:]: f"{value:.3f}" for words, value in found.items()}
    )


def show_calibration(card: Card, curve: dict[str, Any], part: str | None) -> None:
    """Whether probabilities mean what they say."""
    single = card.task == "intent"
    what = say("texts") if single else say("paper-label pairs")
    st.plotly_chart(
        model_charts.reliability(curve, what),
        key="reliability",
        config={"displayModeBar": False},
        alt=say("Reliability diagram"),
    )
    error = leaderboard.number(leaderboard.part(card, part), "ece")
    told = (
        [say("Expected calibration error {error:.4f}.", error=error)] if error is not None else []
    )
    told.append(
        say(
            "Over {what} in 15 bins: a point on the dashed line says 30 % where 30 % come true; "
            "below it the model is too sure of itself, above it not sure enough.",
            what=say("each text’s best label") if single else say("all paper-label pairs"),
        )
    )
    st.caption(" ".join(told))


def show_errors(card: Card, part: str | None) -> None:
    """The confusion matrix where a text has one label, else the commonest confusions."""
    table = leaderboard.confusion(card, part)
    if table:
        st.plotly_chart(
            model_charts.confusion(card.labels, table),
            key="confusion",
            config={"displayModeBar": False},
            alt=say("Confusion matrix"),
        )
        st.caption(
            say("Each cell: texts, and their share of the true label’s. Right is the diagonal.")
        )
        return
    if card.task == "intent":
        st.info(say("The card holds no confusion matrix for this slice."), icon=":material/info:")
        return
    curve = curve_of(card, part)
    if not curve:
        return
    if not curve["errors"]:
        st.info(say("No label was missed for another on this slice."), icon=":material/check:")
        return
    st.plotly_chart(
        model_charts.confused(curve["errors"]),
        key="confused",
        config={"displayModeBar": False},
        alt=say("Labels missed against labels predicted instead"),
    )
    st.caption(
        say(
            "Papers of which the model missed one label and wrongly predicted another, over the "
            "{n} commonest pairs; at the model’s own thresholds. Empty cells are rarer.",
            n=len(curve["errors"]),
        )
    )
    st.dataframe(
        leaderboard.errors(curve),
        column_config={say("Papers"): st.column_config.NumberColumn(format="localized")},
        hide_index=True,
        key="errors",
    )


def show_sentences(card: Card, part: str | None) -> None:
    """Twenty test sentences with true label and prediction, as at the end of the notebook."""
    data = settings.data_folder()
    if not scicite.installed(data):
        st.info(say("SciCite is not on this machine. To get it:"), icon=":material/download:")
        st.code(scicite.HOW_TO_GET, language=None)
        return
    try:
        rows = scicite.read(data, "test").head(SHOWN_SENTENCES)
        model = loaded(card)
    except (CorpusError, ModelError) as problem:
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
            say("Sentence"): [plain(sentence) for sentence in rows["string"]],
            say("True label"): [plain(say(label)) for label in rows["label"]],
            say("Prediction"): [plain(say(str(guess))) for guess in guesses],
            say("Probability"): [f"{score:.0%}" for score in scores.max(axis=1)],
            say("Right"): [
                ":material/check:" if a == b else ":material/close:"
                for a, b in zip(guesses, rows["label"], strict=True)
            ],
        },
        hide_index=True,
    )
    st.caption(say("The first {n} sentences of SciCite’s official test set.", n=len(rows)))


def show_sets(card: Card) -> None:
    """How many pairs of each word-similarity set count, and their rho."""
    st.dataframe(
        leaderboard.sets(card),
        column_config={say("Spearman’s ρ"): NUMBER},
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
        say("Show"),
        views,
        default=CARD,
        required=True,
        format_func=say,
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
st.title(say("Compare models"), anchor=False)
st.caption(
    say(
        "How good are the models, and on what? Pick a task, sort the board by a click on a column, "
        "and look at any model closely."
    )
)
cards, problems = installed()
components.show_problems(problems)
if not cards:
    st.error(say(components.NO_MODEL), icon=":material/error:")
    st.stop()
with st.container(horizontal=True):
    task = pick_task(cards)
    own = [card for card in cards if card.task == task]
    named = leaderboard.titles(own)
    shown = dict(zip(named, leaderboard.titles(own, say), strict=True))
    part = pick_slice(task, list(named.values()))
board = st.container()
if st.button(
    say("Time the models on this machine"),
    icon=":material/timer:",
    help=say("Loads each model and takes the median of 20 predictions of one text."),
):
    measure_times(named)
with board:
    show_leaderboard(task, named, shown, part)
    explain_slice(task, part)
show_published(task)
st.subheader(say("One model closely"), anchor=False)
title = st.selectbox(
    say(MODEL),
    list(named),
    format_func=lambda title: shown[title],
    key=f"{task}-model",
    bind="query-params",
)
show_model(named[title or next(iter(named))], part)
