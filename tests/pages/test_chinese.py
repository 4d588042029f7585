"""Every page in Chinese: whatever a visitor reads there is Chinese, but for names and codes."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import cards, i18n, taxonomy
from core.embeddings import term_list
from core.embeddings.term_list import NOTEBOOK
from core.i18n import _
from core.tasks import TASKS
from pages.classify.examples import EXAMPLES
from tests.visit import visit

ROOT = Path(__file__).resolve().parents[2]
Query = dict[str, str | list[str]]

NAMES = set(
    "Paperlens arXiv Python Streamlit NumPy pandas DuckDB scikit-learn TensorFlow Google Kaggle "
    "python numpy scipy duckdb tensorflow keras onnxruntime tokenizers xgboost "
    "Bio-SimLex EN-MEN-TR-3k EN-WS-353-ALL UMNSRS-sim UMNSRS-rel Spearman "
    "SciCite CORD-19 Swivel LaTeX fastText TextCNN TextRNN BiLSTM BERT MiniLM XGBoost TF-IDF "
    "CSV TSV JSON Lines Parquet PNG SVG PDF UTF-8 Windows-1252 F1 PCA t-SNE SHA-256 "
    "MB GB ms s English Embedding Projector metadata.tsv vectors.tsv A B C".split()
)
"""Names, formats and units, which are the same in both languages."""
CODES = {*taxonomy.ARCHIVES, *taxonomy.SUBJECTS, *taxonomy.RETIRED, *TASKS}
TERMS = {word for line in NOTEBOOK.lines() for word in re.findall(r"[A-Za-z]\w*", line)}
TERMS |= {*term_list.NO_GROUP.split(), "pneumonia", "chest", "pain"}

READ = ("label", "help", "placeholder", "body", "text", "caption", "delta", "delta_description")
"""Fields of an element that a visitor reads."""
# The invented examples, shown as they are: a sentence to write, and the paper with its formulas.
EXAMPLE_FIELDS = {"sentence"}
EXAMPLE_BLOCKS = {"Preview with formulas"}

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ESCAPE = re.compile(r"\\(?=[^\w\s])")
NOT_READ = re.compile(r"`[^`]*`|:material/\w+:|:[a-z-]+\[|<[^>]*>|%\{[^}]*\}|&\w+;|https?://\S+")
WORD = re.compile(r"(?<![\w.])[A-Za-z][\w.'’+-]*")
RUN = re.compile(r"[A-Za-z][A-Za-z'’.-]*(?:[ ,;:]+[A-Za-z][A-Za-z'’.-]*){3,}")


@pytest.fixture(scope="module", autouse=True)
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The models and counts that ship, no corpus, nobody else's cache."""
    folder = tmp_path_factory.mktemp("chinese")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERLENS_DATA", str(folder / "data"))
        patch.setenv("PAPERLENS_RUNS", str(folder / "runs"))
        patch.setenv("PAPERLENS_MODELS", str(ROOT / "models"))
        st.cache_resource.clear()
        st.cache_data.clear()
        yield
        st.cache_resource.clear()
        st.cache_data.clear()


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """The test speaks Chinese: its clicks send what the page has written on its buttons."""
    with i18n.use_language("zh"):
        yield


def opened(page: str, query: Query) -> AppTest:
    """A page with options, as its own links write them in Chinese."""
    address = {
        key: _(value) if isinstance(value, str) else [_(one) for one in value]
        for key, value in query.items()
    }
    app = visit(page, {"lang": "zh", **address})
    assert not app.exception
    return app


# What a visitor reads.


def elements(block: Any) -> Iterator[Any]:
    """All that stands on a page, blocks before what is in them, without the invented paper."""
    for node in block.children.values():
        yield node
        shown = getattr(node, "label", "") not in map(_, EXAMPLE_BLOCKS)
        if shown and hasattr(node, "children"):
            yield from elements(node)


def read(app: AppTest, own: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every text with what it stands on; `own` are columns of a visitor's file, shown as such."""
    for node in elements(app._tree):
        proto = getattr(node, "proto", None)
        names = {field.name for field in proto.DESCRIPTOR.fields} if proto is not None else set()
        key = getattr(node, "key", None) or ""
        # Code is code, and the HTML is the marked text of a paper or a sentence.
        if node.type in ("code", "json", "html"):
            continue
        for name in names & set(READ):
            value = getattr(proto, name)
            if isinstance(value, str) and not (name == "placeholder" and key in EXAMPLE_FIELDS):
                yield f"{node.type} {name}", value
        # Of the terms the options are words of the vocabulary.
        if "options" in names and not key.startswith(("column-", "many-open", "chips")):
            for option in proto.options:
                yield f"{node.type} option", getattr(option, "content", option)
        table = getattr(node, "value", None)
        if isinstance(table, pd.DataFrame) and tuple(table.columns) != own:
            for head in heads(table, proto.columns):
                yield f"{node.type} head", head
        if node.type == "plotly_chart":
            yield from (("figure", text) for text in drawn(json.loads(proto.spec)))


def heads(table: pd.DataFrame, config: str) -> Iterator[str]:
    """The heads of a table's columns that are shown."""
    told = json.loads(config or "{}")
    for name in map(str, table.columns):
        column = told.get(name) or {}
        if not column.get("hidden"):
            yield column.get("label") or name


def drawn(spec: dict[str, Any]) -> Iterator[str]:
    """Titles, axes, legends, notes and hover texts of a figure."""
    layout = spec.get("layout", {})
    axes = [part for name, part in layout.items() if "axis" in name and isinstance(part, dict)]
    axes += [a for a in layout.get("scene", {}).values() if isinstance(a, dict)]
    bars = [axis["colorbar"] for axis in axes if "colorbar" in axis]
    for trace in spec.get("data", []):
        yield from (trace.get(name) for name in ("name", "hovertemplate") if trace.get(name))
        bars += [p["colorbar"] for p in (trace, trace.get("marker", {})) if "colorbar" in p]
    for part in (layout, *axes, *bars, layout.get("legend", {})):
        title = part.get("title") or ""
        yield (title.get("text") or "") if isinstance(title, dict) else title
    yield from (note.get("text") or "" for note in layout.get("annotations", ()))


# What may be in Latin letters.


def known(word: str) -> bool:
    """Whether a word is a name, a code, a term, or the name of a model."""
    models = {card.name for card in cards.installed()[0]}
    return word.rstrip(".'-") in NAMES | CODES | TERMS | models


def english(text: str) -> bool:
    """Whether something in a text is English and not a name."""
    text = NOT_READ.sub(" ", ESCAPE.sub("", text))
    runs = RUN.findall(text)
    words = WORD.findall(text) if not CHINESE.search(text) else []
    return not all(map(known, (*words, *(word for run in runs for word in WORD.findall(run)))))


def left(app: AppTest, own: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """What on a page is in English."""
    return sorted({(where, text) for where, text in read(app, own) if english(text)})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("标题", False),
        ("Title", True),
        ("CSV, PNG", False),
        ("cs.CL · 54%", False),
        ("12 ms（linear，大类）", False),
        ("用 `python -m core train linear` 训练一个。", False),
        ("“was ~ed as described”之类的句式", False),
        (r":material/check: cond\-mat\.soft · 3%", False),
        ("请看 the best label is given 这里", True),
        ("", False),
    ],
)
def test_what_counts_as_english(text: str, found: bool) -> None:
    assert english(text) == found


MODEL_VIEWS = ("The model", "Label by label", "Precision and recall", "Threshold", "Calibration")
STATES: list[tuple[str, Query]] = [
    ("", {}),
    ("classify", {}),
    ("classify", {"example": "Interdisciplinary", "model": ["linear", "nb-tfidf"]}),
    ("classify", {"example": "LaTeX", "task": "Archive", "own": "true", "threshold": "30"}),
    ("classify", {"kind": "Citation"}),
    ("classify", {"kind": "Citation", "citation": "Method", "intent-model": ["intent"]}),
    ("classify", {"kind": "Batch", "many-task": "Subject"}),
    *(
        ("terms", {"view": view})
        for view in ("Heatmap", "Neighbours", "Analogy", "Odd one out", "Map")
    ),
    *(
        ("statistics", {"show": view})
        for view in (
            "Categories", "Over time", "Co-occurrence", "Treemap", "Distributions", "Words",
        )
    ),
    ("training", {}),
    *(("models", {"compare": "Archive", "archive-show": view}) for view in MODEL_VIEWS),
    ("models", {"compare": "Archive", "archive-show": "Errors"}),
    ("models", {"compare": "Subject"}),
    *(("models", {"compare": "Intent", "intent-show": view}) for view in MODEL_VIEWS),
    ("models", {"compare": "Intent", "intent-show": "Sentences"}),
    ("models", {"compare": "Embedding", "embedding-show": "The model"}),
    ("models", {"compare": "Embedding", "embedding-show": "Word sets"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "query"), STATES, ids=[" ".join(map(str, (p, *q.values()))) for p, q in STATES]
)
def test_no_english_is_left(page: str, query: Query) -> None:
    app = opened(page, query)
    assert CHINESE.search(app.title[0].value) or app.title[0].value == "Paperlens"
    typed = {example.title for example in EXAMPLES}
    found = [text for _, text in left(app) if not any(title in text for title in typed)]
    assert not found


def test_a_training_form_is_in_chinese(
    small_scicite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_DATA", str(small_scicite))
    found = left(opened("training", {}))
    assert not found


@pytest.mark.parametrize(
    ("title", "abstract"),
    [
        ("", ""),
        ("", "量子计算机的纠错方法研究"),
        ("zzqx", "qqzzkk wwxxzz"),
        ("Graphs", ""),
        ("Sur la cohomologie", "Nous montrons que les variétés admettent une filtration. " * 800),
    ],
)
def test_notes_on_odd_texts_are_in_chinese(title: str, abstract: str) -> None:
    app = opened("classify", {"fields": "true"})
    app.text_input(key="title").set_value(title)
    app.text_area(key="abstract").set_value(abstract)
    app.button[0].click().run()
    assert not app.exception
    assert app.warning
    found = [text for _, text in left(app) if not title or title not in text]
    assert not found


def classified(app: AppTest) -> AppTest:
    app.button(key="many-start").click().run()
    deadline = time.monotonic() + 60
    while any(button.key == "many-cancel" for button in app.button):
        assert time.monotonic() < deadline
        app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("models", ["tiny_models", "tiny_blend"])
def test_a_file_is_answered_in_chinese(
    papers: list[dict[str, str]], models: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(models)
    papers[2]["categories"] = "no.such"
    papers[3] |= {"title": "", "abstract": ""}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, papers[0])
    writer.writeheader()
    writer.writerows(papers)
    app = opened("classify", {"kind": "Batch"})
    app.file_uploader[0].set_value(("论文.csv", out.getvalue().encode(), "text/csv")).run()
    own = tuple(papers[0])
    before = left(app, own)
    app = classified(app)
    after = left(app, own)
    assert not before
    assert not after
    notes = app.dataframe[1].value["note"]
    # Rows with problems are the first.
    assert [(at, note) for at, note in enumerate(notes) if note] == [
        (0, "row 4 has neither a title nor an abstract")
    ]


def test_a_refused_file_is_named_in_chinese() -> None:
    app = opened("classify", {"kind": "Batch"})
    app.file_uploader[0].set_value(("mine.csv", b"%PDF-1.7", "text/csv")).run()
    assert app.error[0].value.replace("\\", "") == "mine.csv 是 PDF 文档，文件名须以 .pdf 结尾。"


ENGLISH = {"kind": "Citation", "citation": "Method"}
IN_CHINESE = {"lang": "zh", "kind": "引文", "citation": "方法"}


@pytest.mark.parametrize(
    ("before", "to", "after", "title"),
    [(ENGLISH, "zh", IN_CHINESE, "分类"), (IN_CHINESE, "en", ENGLISH, "Classify")],
)
def test_a_change_of_language_keeps_what_is_looked_at(
    before: dict[str, str], to: str, after: dict[str, str], title: str
) -> None:
    with i18n.use_language(before.get("lang", "en")):
        app = visit("classify", before)
        sentence = app.text_area(key="sentence").value
        assert sentence
        (switch,) = (group for group in app.get("button_group") if group.key == "language")
        switch.set_value(to).run()
        assert not app.exception
        assert app.title[0].value == title
        assert app.text_area(key="sentence").value == sentence
        # So that the page opens again in the new language, as it was.
        assert app.query_params == after


def test_options_of_a_link_that_are_not_on_screen_change_their_language_too() -> None:
    with i18n.use_language("en"):
        app = visit("terms", {"view": "Neighbours", "order": "Clustered"})
        (switch,) = (group for group in app.get("button_group") if group.key == "language")
        switch.set_value("zh").run()
    assert not app.exception
    assert app.title[0].value == "比较术语"
    assert app.query_params == {"view": "近邻", "order": "聚类", "lang": "zh"}
