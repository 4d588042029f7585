"""What a user sees and takes away is right: each figure's numbers, each file's, and a link's.

Figures are compared with the models and counts themselves, files with the figures.
"""

import io
import json
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.server import wait_until
from core import cards, taxonomy
from core.classifiers import store
from core.embeddings import hub_module
from core.embeddings.term_list import NOTEBOOK
from core.evaluation.decisions import rank
from core.i18n import label_title
from core.plots import theme
from core.text.documents import paper_text
from pages.classify.examples import EXAMPLES

Figures = Callable[[Page, str], list[dict[str, Any]]]
Taken = Callable[[Page, str], tuple[str, bytes]]
Rows = Callable[[Page, str], list[dict[str, str]]]
Travels = Callable[[Page, str], None]


def numbers(rows: list[dict[str, str]], column: str) -> list[float]:
    return [float(row[column]) for row in rows]


def close(found: Any, expected: Any, by: float = 1e-6) -> None:
    """Numbers, None among them where there is none, are the same but for rounding."""
    np.testing.assert_allclose(
        np.array(found, float), np.array(expected, float), rtol=0, atol=by, equal_nan=True
    )


def axis(figure: dict[str, Any], letter: str) -> str:
    return figure["layout"][f"{letter}axis"]["title"]["text"]


def ticks(figure: dict[str, Any], letter: str = "y") -> list[str]:
    return figure["layout"][f"{letter}axis"]["ticktext"]


def until(page: Page, condition: str) -> None:
    """Wait until the figure is drawn as said: a part of it and a comparison, in JavaScript."""
    wait_until(page, f"() => document.querySelector('.js-plotly-plot')?.{condition}")


def cells(page: Page, place: int) -> list[list[str]]:
    """A table's cells, as screen readers find them under the canvas."""
    rows = page.get_by_test_id("stDataFrame").nth(place).locator("tbody tr")
    expect(rows.first).to_be_attached()
    return [row.locator("td").all_text_contents() for row in rows.all()]


def is_picture(file: tuple[str, bytes]) -> None:
    """A PNG, large enough to print, on which something is drawn."""
    name, content = file
    assert name.endswith(".png")
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        assert min(image.size) >= 400
        colours = image.convert("RGB").getcolors(maxcolors=1 << 24)
    assert colours and len(colours) > 50


def words_of(file: tuple[str, bytes]) -> set[str]:
    """The pieces of text in an SVG."""
    name, content = file
    assert name.endswith(".svg")
    root = ElementTree.fromstring(content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return {"".join(e.itertext()).strip() for e in root.iter("{http://www.w3.org/2000/svg}text")}


# Classify.


def ranked(figure: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """The bars of a ranking, the topmost first: name, probability, threshold, whether predicted."""
    yes, no, marks = figure["data"]
    assert (yes["name"], no["name"], marks["name"]) == ("predicted", "not predicted", "threshold")
    thresholds = dict(zip(marks["y"], marks["x"], strict=True))
    bars = {
        name: (probability, thresholds[name], part is yes)
        for part in (yes, no)
        for name, probability, text in zip(part["y"], part["x"], part["text"], strict=True)
        if text == f"{probability:.0%}"
    }
    order = figure["layout"]["yaxis"]["categoryarray"]
    return [(name, *bars[name]) for name in reversed(order)]


def test_rankings_of_a_paper(
    page: Page, server: str, figures: Figures, taken: Taken, table: Rows, travels: Travels
) -> None:
    page.goto(f"{server}/classify?example=Interdisciplinary")
    drawn = {title: figures(page, title)[0] for title in ("Archives", "Subjects")}
    rows = table(page, "Download as CSV")
    example = next(one for one in EXAMPLES if one.name == "Interdisciplinary")
    model = store.load(cards.find("archive"))
    scores = model.predict_scores([paper_text(example.title, example.abstract)])[0]
    expected = rank(model.labels, scores, model.thresholds)
    for task, title in (("archive", "Archives"), ("subject", "Subjects")):
        figure, file = drawn[title], [row for row in rows if row["task"] == task]
        assert axis(figure, "x") == "probability"
        assert figure["layout"]["xaxis"]["tickformat"] == ".0%"
        bars = ranked(figure)
        assert [bar[1] for bar in bars] == sorted((bar[1] for bar in bars), reverse=True)
        # The file goes on where the figure ends, and nothing predicted is left off the figure.
        assert len(file) == len(cards.find(task).labels)
        assert [row["name"] for row in file[: len(bars)]] == [bar[0] for bar in bars]
        assert [row["predicted"] for row in file[: len(bars)]] == [str(bar[3]) for bar in bars]
        assert {row["predicted"] for row in file[len(bars) :]} == {"False"}
        close(numbers(file[: len(bars)], "probability"), [bar[1] for bar in bars])
        close(numbers(file[: len(bars)], "threshold"), [bar[2] for bar in bars])
        if task == "archive":
            assert [row["label"] for row in file] == [row.label for row in expected]
            close(numbers(file, "probability"), [row.probability for row in expected], 1e-5)
            assert [bar[3] for bar in bars] == [bar[1] >= bar[2] for bar in bars]
    archives = {row["label"]: row for row in rows if row["task"] == "archive"}
    subjects = [row for row in rows if row["task"] == "subject"]
    for row in subjects:
        own = archives.get(taxonomy.archive_of(row["label"]))
        assert own is None or float(row["probability"]) <= float(own["probability"])
    first = next(row["name"] for row in subjects if row["predicted"] == "True")
    expect(page.get_by_role("heading", name=first)).to_be_visible()
    record = json.loads(taken(page, "Download as JSON")[1])
    told = [one for answer in record["answers"] for one in answer["labels"]]
    assert [one["label"] for one in told] == [row["label"] for row in rows]
    close([one["probability"] for one in told], numbers(rows, "probability"))
    assert record["abstract"] == example.abstract
    # The words that decided add up to the log-odds, and these to the first bar.
    words = cells(page, 0)
    assert [word[0] for word in words[-2:]] == ["all others", "before any word"]
    odds = sum(float(word[1].replace("−", "-")) for word in words)
    close(1 / (1 + math.exp(-odds)), ranked(drawn["Archives"])[0][1], 0.02)


# Compare terms.


@pytest.fixture(scope="module")
def vectors(models: Path) -> np.ndarray:
    """The notebook's terms in the shipped embedding."""
    return hub_module.load(models / "embedding" / "swivel", hub_module.SHIPPED).embed(
        NOTEBOOK.terms
    )


def cosines(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def test_the_heatmap(
    page: Page,
    server: str,
    vectors: np.ndarray,
    figures: Figures,
    taken: Taken,
    table: Rows,
    travels: Travels,
) -> None:
    page.goto(f"{server}/terms")
    (figure,) = figures(page, "inner product over maximum")
    (cells,) = figure["data"]
    inner = vectors @ vectors.T
    close(cells["z"], inner / inner.max(), 1e-5)
    assert ticks(figure) == ticks(figure, "x") == list(NOTEBOOK.terms)
    # The first row on top, white at nought.
    assert figure["layout"]["yaxis"]["range"] == [8.5, -0.5]
    assert (cells["zmin"], cells["zmax"]) == (-1, 1)
    first, *others = NOTEBOOK.terms
    near = sorted(others, key=lambda term: -inner[0, NOTEBOOK.terms.index(term)])
    for term, words in zip(others, cells["customdata"][0][1:], strict=True):
        assert words.startswith(f"{first} · {term}<br>ranks {near.index(term) + 1} and ")
    rows = table(page, "Download as CSV")
    close([numbers(rows, term) for term in NOTEBOOK.terms], cells["z"], 2e-6)

    page.get_by_text("By group", exact=True).click()
    # The notebook's three groups have two borders, each drawn across and down.
    until(page, "layout?.shapes?.length == 4")
    borders = figures(page, "inner product")[0]["layout"]["shapes"]
    assert sorted(line["y0"] for line in borders if line["y0"] == line["y1"]) == [2.5, 5.5]
    page.get_by_text("Cosine", exact=True).click()
    page.get_by_text("Clustered", exact=True).click()
    expect(page.locator(".ytick text").first).not_to_have_text(NOTEBOOK.terms[0])
    figure = figures(page, "cosine")[0]
    cells, tree = figure["data"]
    order = [NOTEBOOK.terms.index(term) for term in ticks(figure)]
    assert sorted(order) == list(range(9))
    close(cells["z"], cosines(vectors[order]), 1e-5)
    close(np.diagonal(cells["z"]), np.ones(9))
    # A merge has four corners and a gap after it; the tree stands on the columns' middles.
    assert len(tree["x"]) == 5 * 8 and tree["x"].count(None) == 8
    feet = [x for x, y in zip(tree["x"], tree["y"], strict=True) if y == 0]
    assert sorted(feet) == list(range(9))
    rows = table(page, "Download as CSV")
    assert [row["term"] for row in rows] == ticks(figure)
    close([numbers(rows, term) for term in ticks(figure)], cells["z"], 2e-6)

    is_picture(taken(page, "Picture as PNG"))
    words = words_of(taken(page, "Picture as SVG"))
    assert {*ticks(figure), "cosine", f"{cells['z'][0][1]:.2f}"} <= words
    name, content = taken(page, "Picture as PDF")
    assert name.endswith(".pdf") and len(content) > 5_000
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    travels(page, "cosine")


# Explore a corpus.

Count = tuple[int, tuple[str, ...], int]


@pytest.fixture(scope="module")
def counted(models: Path) -> list[Count]:
    """The shipped counts: year, categories in order, papers."""
    path = models / "statistics" / "development" / "counts.parquet"
    return [
        (row["month"] // 12, tuple(dict.fromkeys(row["categories"].split())), row["papers"])
        for row in pq.read_table(path).to_pylist()
    ]


def archives_of(categories: tuple[str, ...]) -> dict[str, None]:
    return dict.fromkeys(code.partition(".")[0] for code in categories)


def metric(page: Page, place: int = 0) -> float:
    return float(page.get_by_test_id("stMetricValue").nth(place).inner_text().replace(",", ""))


def test_categories(
    page: Page,
    server: str,
    counted: list[Count],
    figures: Figures,
    saved: Taken,
    table: Rows,
    travels: Travels,
) -> None:
    page.goto(f"{server}/statistics")
    (figure,) = figures(page, "Papers by archive")
    (bars,) = figure["data"]
    total = sum(papers for _, _, papers in counted)
    expected: Counter[str] = Counter()
    for _, categories, papers in counted:
        expected.update(dict.fromkeys(archives_of(categories), papers))
    codes = [code for _, code in bars["customdata"]]
    assert dict(zip(codes, bars["x"], strict=True)) == expected
    assert bars["x"] == sorted(bars["x"], reverse=True)
    assert metric(page) == total and metric(page, 1) == len(expected)
    assert axis(figure, "x") == "papers"
    assert bars["text"] == [f"{papers:,}" for papers in bars["x"]]
    colours = zip(codes, bars["marker"]["color"], strict=True)
    grey = {code for code, colour in colours if colour == theme.GREY}
    assert grey == {code for code in codes if taxonomy.is_retired(code)}
    assert {"solv-int", "alg-geom"} <= grey
    rows = table(page, "Download as CSV")
    assert [row["code"] for row in rows] == codes
    assert numbers(rows, "papers") == bars["x"]
    assert sum(numbers(rows, "primary")) == total
    close(numbers(rows, "share"), [papers / total for papers in bars["x"]])
    assert {row["code"] for row in rows if row["status"].startswith("retired")} == grey
    picture = saved(page, "Papers by archive")
    assert picture[0] == "archives.png"
    is_picture(picture)

    page.get_by_text("Share", exact=True).click()
    (figure,) = figures(page, "share of papers")
    close(figure["data"][0]["x"], numbers(rows, "share"))
    assert figure["layout"]["xaxis"]["type"] == "linear"
    page.get_by_text("Log scale").click()
    until(page, "layout?.xaxis.type == 'log'")


def test_an_upload_has_every_distribution(
    page: Page,
    server: str,
    papers: list[dict[str, str]],
    figures: Figures,
    saved: Taken,
    table: Rows,
    tmp_path: Path,
) -> None:
    licences = ("http://invented.example/free", "http://invented.example/less-free")
    records: list[dict[str, Any]] = [
        paper
        | {
            "id": f"{'2501' if i % 3 else '1501'}.{i:05}",
            "authors_parsed": [[f"Author{n}", "", ""] for n in range(i % 4 + 1)],
            "versions": [{"version": f"v{n + 1}"} for n in range(i % 3 + 1)],
            "license": licences[i % 5 == 0],
        }
        for i, paper in enumerate(papers * 6)
    ]
    path = tmp_path / "invented.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    page.goto(f"{server}/statistics?corpus=Upload a file …&show=Distributions&of=Authors")
    page.locator("input[type=file]").set_input_files(path)

    (figure,) = figures(page, "authors of a paper")[:1]
    assert metric(page) == len(records) == 180
    (bars,) = figure["data"]
    assert dict(zip(bars["x"], bars["y"], strict=True)) == {1: 45, 2: 45, 3: 45, 4: 45}
    assert axis(figure, "y") == "papers"
    drawn = {
        "Authors": lambda r: len(r["authors_parsed"]),
        "Versions": lambda r: len(r["versions"]),
        "Length of titles": lambda r: len(r["title"]),
        "Length of abstracts": lambda r: len(r["abstract"]),
    }
    for what, measure in drawn.items():
        page.get_by_role("combobox", name="Distribution of").click()
        page.get_by_role("option", name=what, exact=True).click()
        spread = figures(page, f"{what} by archive")[0]
        own = Counter(measure(record) for record in records)
        bars = figures(page, what)[0]["data"][0]
        assert sum(bars["y"]) == len(records)
        half = (bars["width"] / 0.9 - 1) / 2
        for middle, count in zip(bars["x"], bars["y"], strict=True):
            assert count == sum(n for value, n in own.items() if abs(value - middle) <= half)
        length, marks = spread["data"]
        by_archive: dict[str, list[int]] = {}
        for record in records:
            for code in archives_of(tuple(record["categories"].split())):
                by_archive.setdefault(code, []).append(measure(record))
        assert len(ticks(spread)) == len(by_archive)
        assert marks["x"] == sorted(marks["x"], reverse=True)
        for place, tick in enumerate(ticks(spread)):
            values = sorted(by_archive[tick.split(" ")[0]])
            at = [values[math.ceil(share * len(values)) - 1] for share in (0.25, 0.5, 0.75)]
            assert [
                length["base"][place],
                marks["x"][place],
                length["base"][place] + length["x"][place],
            ] == at
            assert marks["customdata"][place] == [at[0], at[2], len(values)]
        assert metric(page, page.get_by_test_id("stMetric").count() - 1) == max(own)

    page.get_by_role("combobox", name="Distribution of").click()
    page.get_by_role("option", name="Licences", exact=True).click()
    (figure,) = figures(page, "Papers by licence")
    (bars,) = figure["data"]
    assert dict(zip(ticks(figure), bars["x"], strict=True)) == {
        "invented.example/free": 144,
        "invented.example/less-free": 36,
    }
    assert {row["value"]: row["papers"] for row in table(page, "Download as CSV")} == {
        licences[0]: "144",
        licences[1]: "36",
    }
    is_picture(saved(page, "Papers by licence"))
    page.get_by_text("Words", exact=True).first.click()
    (figure,) = figures(page, "Characteristic words of")
    (bars,) = figure["data"]
    rows = table(page, "Download as CSV")
    assert [row["word"] for row in rows[:30]] == ticks(figure)
    close(numbers(rows[:30], "z"), bars["x"])
    assert bars["x"] == sorted(bars["x"], reverse=True)
    assert axis(figure, "x") == "log-odds ratio, as z"
    page.get_by_text("Most frequent", exact=True).click()
    (figure,) = figures(page, "Most frequent words of")
    (bars,) = figure["data"]
    assert bars["x"] == sorted(bars["x"], reverse=True)
    title = figure["layout"]["title"]["text"]
    there = [
        set(f"{r['title']} {r['abstract']}".lower().replace(".", " ").split())
        for r in records
        if any(label_title(code) in title for code in archives_of(tuple(r["categories"].split())))
    ]
    for word, count in zip(ticks(figure), bars["x"], strict=True):
        assert count == sum(word in words for words in there)


# Watch models learn.


def test_training_curves(
    page: Page,
    server: str,
    models: Path,
    figures: Figures,
    taken: Taken,
    table: Rows,
    travels: Travels,
) -> None:
    card = json.loads((models / "archive" / "bigru-conv" / "card.json").read_text())
    history = card["history"]
    page.goto(f"{server}/training?runs={card['label']}&smoothing=0.5&log=true")
    (figure,) = figures(page, card["label"])
    expected = {
        ("y", "solid"): "val_binary_accuracy",
        ("y", "dot"): "binary_accuracy",
        ("y2", "solid"): "val_loss",
        ("y2", "dot"): "loss",
    }
    drawn = [line for line in figure["data"] if len(line["x"]) > 1]
    faint = {(one["yaxis"], one["line"]["dash"]): one for one in drawn if "opacity" in one}
    smooth = {(one["yaxis"], one["line"]["dash"]): one for one in drawn if "opacity" not in one}
    assert set(faint) == set(smooth) == set(expected)
    for key, name in expected.items():
        values = [record[name] for record in history]
        assert faint[key]["x"] == smooth[key]["x"] == [record["epoch"] for record in history]
        close(faint[key]["y"], values)
        # Each epoch weighs half of the next.
        weights = [0.5 ** np.arange(n, -1, -1) for n in range(len(values))]
        means = [np.average(values[: len(w)], weights=w) for w in weights]
        close(smooth[key]["y"], means)
    layout = figure["layout"]
    assert layout["xaxis2"]["title"]["text"] == "epoch"
    assert layout["yaxis"]["title"]["text"] == "binary accuracy"
    assert layout["yaxis2"]["title"]["text"] == "loss (binary cross-entropy)"
    assert layout["yaxis2"]["type"] == "log"
    rows = table(page, "Download as CSV")
    assert [row["run"] for row in rows] == [card["label"]] * len(history)
    for name in expected.values():
        close(numbers(rows, name), [record[name] for record in history])
    is_picture(taken(page, "Picture as PNG"))
    best = max(history, key=lambda record: record["val_binary_accuracy"])
    glance = cells(page, 0)[0]
    assert glance[:2] == [card["label"], str(len(history))]
    figure_of_best = f"{best['val_binary_accuracy']:.4g} (epoch {best['epoch']})"
    assert glance[2] == f"validation binary accuracy {figure_of_best}"
    travels(page, card["label"])


# Compare models.


def test_a_model_closely(
    page: Page, server: str, models: Path, figures: Figures, table: Rows, travels: Travels
) -> None:
    folder = models / "archive" / "linear"
    card = json.loads((folder / "card.json").read_text())
    curve = json.loads((folder / "curves.json").read_text())["course"]
    page.goto(f"{server}/models?archive-show=Label by label")
    own = card["metrics"]["course"]["per_label"]
    rows = table(page, "Download as CSV")
    assert [row["Code"] for row in rows] == list(own)
    for column, key in (("Precision", "precision"), ("Recall", "recall"), ("Support", "support")):
        close(numbers(rows, column), [figures[key] for figures in own.values()])
    for row in rows:
        p, r, f1 = (float(row[name]) for name in ("Precision", "Recall", "F1"))
        close(f1, 2 * p * r / (p + r) if p + r else 0, 1e-3)
    close(numbers(rows, "Threshold"), card["thresholds"])

    page.get_by_text("Precision and recall", exact=True).click()
    (figure,) = figures(page, "recall (share of true labels found)")
    assert axis(figure, "y") == "precision (share of predictions right)"
    steps = np.array(curve["thresholds"])
    by_label = curve["per_label"]
    commonest = sorted(by_label, key=lambda code: -by_label[code]["support"])[:4]
    micro, *labels = figure["data"]
    assert micro["name"] == "all labels (micro)"
    close(micro["x"], [x for x in curve["micro"]["recall"] if x])
    drawn, rings = labels[::2], labels[1::2]
    thresholds = dict(zip(card["labels"], card["thresholds"], strict=True))
    for code, line, ring in zip(commonest, drawn, rings, strict=True):
        assert line["name"] == label_title(code)
        counts = by_label[code]
        hits, predicted = np.array(counts["hits"]), np.array(counts["predicted"])
        there = predicted > 0
        close(line["x"], hits[there] / counts["support"])
        close(line["y"], hits[there] / predicted[there])
        near = np.abs(np.array(line["customdata"]) - thresholds[code]).argmin()
        assert (ring["x"], ring["y"]) == ([line["x"][near]], [line["y"][near]])
    travels(page, "recall (share of true labels found)")

    page.get_by_text("Threshold", exact=True).click()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    together, single = figures(page, "threshold (probability)")
    for name, line in zip(("precision", "recall", "f1"), together["data"], strict=True):
        close(line["x"], steps)
        close(line["y"], curve["micro"][name])
    assert [line["name"] for line in single["data"]] == ["precision", "recall", "F1"]
    counts = by_label[commonest[0]]
    close(single["data"][1]["y"], np.array(counts["hits"]) / counts["support"])
    assert [note["text"] for note in together["layout"]["annotations"]] == ["here 0.50"]
    own_mark = f"the model’s {thresholds[commonest[0]]:.2f}"
    assert [note["text"] for note in single["layout"]["annotations"]] == ["here 0.50", own_mark]
    half = curve["thresholds"].index(0.5)
    lines = [*together["data"], *single["data"]]
    told = [f"{line['y'][half]:.3f}" for line in lines]
    expect(page.get_by_test_id("stMetricValue")).to_have_text(told)

    page.get_by_text("Calibration", exact=True).click()
    (figure,) = figures(page, "share that is true")
    ideal, line, bars = figure["data"]
    bins = curve["reliability"]
    full = [i for i, count in enumerate(bins["count"]) if count]
    assert ideal["x"] == ideal["y"] == [0, 1]
    close(line["x"], [bins["probability"][i] for i in full])
    close(line["y"], [bins["true"][i] for i in full])
    assert bars["y"] == line["customdata"] == [bins["count"][i] for i in full]
    assert sum(bars["y"]) == curve["n"] * len(card["labels"])
    assert figure["layout"]["yaxis2"]["title"]["text"] == "paper-label pairs"
    assert axis(figure, "x") == "probability given"

    page.get_by_text("Errors", exact=True).click()
    (figure,) = figures(page, "label predicted instead")
    (found,) = figure["data"]
    told = {(missed, instead): count for missed, instead, count in curve["errors"]}
    names = ticks(figure)
    assert names == ticks(figure, "x") and axis(figure, "y") == "true label missed"
    for i, missed in enumerate(names):
        for j, instead in enumerate(names):
            assert found["z"][i][j] == told.get((missed, instead))
    worst = curve["errors"][0]
    assert (
        cells(page, 1)[0]
        == [
            label_title(worst[0]),
            label_title(worst[1]),
            f"{worst[2]:,}",
        ]
        or cells(page, 2)[0][2] == f"{worst[2]:,}"
    )
    travels(page, "label predicted instead")
