"""A user pastes a paper into a real browser and reads the answer off the page."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import cards
from core.classifiers import store
from core.evaluation.decisions import rank
from core.text.documents import paper_text
from pages.classify.examples import EXAMPLES

TITLE = "Error mitigation for variational quantum eigensolvers on noisy processors"
ABSTRACT = (
    "We propose an error mitigation scheme for the variational quantum eigensolver on noisy "
    "quantum processors. Entanglement between qubits is measured by randomised measurements, and "
    "the ground state energy of small molecules is extrapolated to zero noise."
)


def paste(page: Page, server: str, title: str, abstract: str) -> None:
    page.goto(f"{server}/classify")
    page.get_by_label("Your paper").fill(f"{title}\n\n{abstract}")
    page.get_by_role("button", name="Classify").click()


def test_a_pasted_paper_gets_its_category(page: Page, server: str) -> None:
    paste(page, server, TITLE, ABSTRACT)
    expect(page.get_by_role("heading", name="quant-ph · Quantum Physics")).to_be_visible()
    expect(page.get_by_text("Answered in")).to_be_visible()
    expect(page.locator("span[title^='+']", has_text="quantum").first).to_be_visible()


def test_a_click_on_a_bar_shows_its_reasons(page: Page, server: str, figures: Callable) -> None:
    page.goto(f"{server}/classify?example=Interdisciplinary&task=Archive")
    figure = figures(page, "Archives")[0]
    second = figure["layout"]["yaxis"]["categoryarray"][-2]
    before = figures(page, "how common the category is")[0]["data"][0]["x"]
    plot = page.locator(".js-plotly-plot").filter(has_text="Archives").first
    plot.scroll_into_view_if_needed()
    # The bars are drawn trace by trace, each from the bottom row.
    row = next(trace["y"].index(second) for trace in figure["data"][:2] if second in trace["y"])
    trace = next(i for i, trace in enumerate(figure["data"][:2]) if second in trace["y"])
    plot.locator(".barlayer .trace").nth(trace).locator(".point path").nth(row).click(force=True)
    expect(page.get_by_role("combobox", name="Reasons for")).to_have_value(second)
    assert figures(page, "how common the category is")[0]["data"][0]["x"] != before


def numbers(rows: list[dict[str, str]], column: str) -> Any:
    """A column of a file, to compare with numbers that it rounds."""
    return pytest.approx([float(row[column]) for row in rows], abs=1e-5)


def ranked(figure: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """The bars of a ranking, the topmost first: name, probability, threshold, whether predicted."""
    yes, no, marks, _ = figure["data"]
    thresholds = dict(zip(marks["y"], marks["x"], strict=True))
    bars = {
        name: (probability, thresholds[name], part is yes)
        for part in (yes, no)
        for name, probability in zip(part["y"], part["x"], strict=True)
    }
    order = figure["layout"]["yaxis"]["categoryarray"]
    return [(name, *bars[name]) for name in reversed(order)]


def test_figures_files_and_models_agree(
    page: Page, server: str, figures: Callable, taken: Callable, table: Callable
) -> None:
    page.goto(f"{server}/classify?example=Interdisciplinary&task=Archive")
    bars = ranked(figures(page, "Archives")[0])
    rows = table(page, "Download as CSV")
    file = [row for row in rows if row["task"] == "archive"]
    # The file goes on where the figure ends, and nothing suggested is left off the figure.
    assert len(file) == len(cards.find("archive").labels)
    shown, others = file[: len(bars)], file[len(bars) :]
    told = [(row["name"], row["predicted"]) for row in shown]
    assert told == [(name, str(predicted)) for name, _, _, predicted in bars]
    assert {row["predicted"] for row in others} == {"False"}
    assert [bar[1] for bar in bars] == numbers(shown, "probability")
    assert [bar[2] for bar in bars] == numbers(shown, "threshold")
    assert all((bar[1] >= bar[2]) == bar[3] for bar in bars)
    example = next(one for one in EXAMPLES if one.name == "Interdisciplinary")
    model = store.load(cards.find("archive"))
    scores = model.predict_scores([paper_text(example.title, example.abstract)])[0]
    expected = rank(model.labels, scores, model.thresholds)
    assert [row["label"] for row in file] == [row.label for row in expected]
    assert [row.probability for row in expected] == numbers(file, "probability")
    record = json.loads(taken(page, "Download as JSON")[1])
    labels = [one for answer in record["answers"] for one in answer["labels"]]
    assert [one["label"] for one in labels] == [row["label"] for row in rows]
    assert [one["probability"] for one in labels] == numbers(rows, "probability")
    assert record["abstract"] == example.abstract
    # The reasons add up to the log-odds, and these to the first bar.
    reasons = figures(page, "how common the category is")[0]["data"][0]["x"]
    assert 1 / (1 + math.exp(-sum(reasons))) == pytest.approx(bars[0][1], abs=0.001)


def test_the_courses_cleaning_of_a_paper(page: Page, server: str) -> None:
    page.goto(f"{server}/classify?example=Astronomy")
    page.get_by_text("Clean the text, step by step").click()
    table = page.get_by_test_id("stDataFrame").filter(has_text="Lemmatise")
    expect(table.locator("tbody tr").nth(4).locator("td").nth(1)).to_contain_text("spectroscopic |")


def test_text_without_a_known_word_gets_no_category(page: Page, server: str) -> None:
    paste(page, server, "Zzqx vvkw", "qqzzkk wwxxzz")
    expect(page.get_by_text("is known to the model")).to_be_visible()
    assert page.get_by_text("Because of the words").count() == 0
