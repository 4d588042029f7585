"""A user brings a file to a real browser, looks at the answers and takes them away."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from playwright.sync_api import Page, expect

from core import cards
from core.classifiers import store
from core.text.documents import paper_text


def upload(page: Page, server: str, papers: list[dict[str, str]], tmp_path: Path) -> None:
    """Bring the invented papers, one of them bad, as a table with semicolons in Windows-1252."""
    papers[3] |= {"title": "", "abstract": ""}
    papers[0] |= {"title": "Knots of Poincaré", "id": "=1+1"}
    path = tmp_path / "papers.csv"
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, papers[0], delimiter=";")
        writer.writeheader()
        writer.writerows(papers)
    page.goto(f"{server}/classify?kind=Batch&many-task=Archive")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("CSV, Windows-1252, semicolon-separated, 4 columns")).to_be_visible()
    page.get_by_role("button", name="Classify all rows").click()
    expect(page.get_by_role("button", name="Download", exact=True)).to_be_visible()


def taken(page: Page, name: str) -> Path:
    """The file behind an entry of the menu of downloads."""
    menu = page.get_by_role("button", name="Download", exact=True)
    if menu.get_attribute("aria-expanded") != "true":
        menu.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download as {name}").click()
    return Path(waiting.value.path())


def test_a_file_goes_in_and_answers_come_out(
    page: Page,
    server: str,
    papers: list[dict[str, str]],
    tmp_path: Path,
    figures: Callable[[Page, str], list[dict[str, Any]]],
) -> None:
    upload(page, server, papers, tmp_path)
    noted = page.get_by_test_id("stMetric").filter(has_text="Rows with problems")
    expect(noted).to_contain_text("1")
    expect(page.get_by_text(re.compile(r"The best label is right for \d+ of 29\."))).to_be_visible()
    (chart,) = figures(page, "Predicted labels")
    assert sum(chart["data"][0]["x"]) >= 29
    content = taken(page, "CSV").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert [row["id"] for row in rows] == ["'=1+1", *(paper["id"] for paper in papers[1:])]
    assert rows[3]["note"] == "row 4 has neither a title nor an abstract"
    # On the screen the row with a note is the first, until the order is that of the file.
    first = page.get_by_test_id("stDataFrame").nth(1).locator("tbody tr").first
    expect(first).to_contain_text(rows[3]["note"])
    page.get_by_text("As in the file").click()
    expect(first).to_contain_text(papers[0]["title"])
    # Text, predicted, its probability, note; further columns that are outside the window are not
    # drawn.
    shown = page.get_by_test_id("stDataFrame").nth(1).locator("tbody tr")
    expect(shown.first.locator("td").nth(3)).to_be_attached()
    for place, row in enumerate(rows[:8]):
        text, predicted, probability, note, *_ = shown.nth(place).locator("td").all()
        best = max(json.loads(row["scores"] or "{}").values(), default=None)
        expect(predicted).to_have_text(row["predicted"])
        expect(text).to_contain_text(papers[place]["title"])
        if best is not None:
            assert abs(float(probability.inner_text()) - 100 * best) < 0.01
        expect(note).to_have_text(row["note"])
    lines = [json.loads(line) for line in taken(page, "JSON lines").read_text().splitlines()]
    assert lines[0]["id"] == "=1+1"
    model = store.load(cards.find("archive"))
    scores = model.predict_scores([paper_text(papers[0]["title"], papers[0]["abstract"])])[0]
    best = model.labels[scores.argmax()]
    assert lines[0]["predicted"].split()[0] == best
    assert abs(lines[0]["scores"][best] - scores.max()) < 1e-3
    table = pq.read_table(taken(page, "Parquet"))
    assert table["predicted"].to_pylist() == [row["predicted"] for row in rows]


def test_only_notes_are_downloaded_where_only_notes_are_shown(
    page: Page, server: str, papers: list[dict[str, str]], tmp_path: Path
) -> None:
    upload(page, server, papers, tmp_path)
    page.get_by_text("Only rows with problems").click()
    # The menu closes when the rows change below it.
    expect(page.get_by_test_id("stDataFrame").last.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.get_by_text("1 row, with columns id, predicted")).to_be_visible()
    lines = taken(page, "JSON lines").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["p3"]


def test_a_picture_is_refused_and_the_page_goes_on(
    page: Page, server: str, papers: list[dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(999))
    page.goto(f"{server}/classify?kind=Batch")
    page.locator("input[type=file]").set_input_files(tmp_path / "picture.csv")
    expect(page.get_by_text("picture.csv is a PNG image.")).to_be_visible()
    upload(page, server, papers, tmp_path)


def test_a_picture_after_a_table_is_refused_in_words_and_the_answers_stay(
    page: Page, server: str, papers: list[dict[str, str]], tmp_path: Path
) -> None:
    upload(page, server, papers, tmp_path)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(999))
    page.locator("input[type=file]").set_input_files(tmp_path / "picture.png")
    expect(page.get_by_text("picture.png should end in one of")).to_be_visible()
    expect(page.get_by_text("Still here: papers.csv")).to_be_visible()
    expect(page.get_by_role("button", name="Download", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove the file").click()
    expect(page.get_by_text("Your file needs a title")).to_be_visible()
