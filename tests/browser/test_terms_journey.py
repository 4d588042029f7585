"""A user compares terms in a real browser, and sends a colleague the link."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

NOTEBOOK = ["coronavirus", "SARS", "MERS", "Italy", "Spain", "Europe", "cough", "fever", "throat"]


def rows(page: Page) -> list[str]:
    """The names beside the heatmap's rows, from the top, once they are drawn."""
    expect(page.locator(".ytick text").first).to_be_attached()
    return page.locator(".ytick text").all_text_contents()


def add(page: Page, terms: str, group: str) -> None:
    groups = page.get_by_role("combobox", name="Group of new terms")
    groups.fill(group)
    groups.press("Enter")
    expect(groups).to_have_value(group)
    field = page.get_by_role("combobox", name="Terms", exact=True)
    field.fill(terms)
    # Enter takes the first option, so wait for the one of this text.
    expect(page.get_by_role("option")).to_have_count(1)
    field.press("Enter")
    # The list of words stays open, and lies over the page.
    expect(field).to_have_value("")
    field.press("Escape")


def test_an_added_term_gets_its_row_and_column(page: Page, server: str) -> None:
    page.goto(f"{server}/terms")
    expect(page.locator(".ytick text")).to_have_text(NOTEBOOK)
    add(page, "France, chest pain", "More")
    wanted = [*NOTEBOOK, "France", "chest pain"]
    expect(page.locator(".ytick text")).to_have_text(wanted)
    expect(page.locator(".xtick text")).to_have_text(wanted)
    expect(page.get_by_role("combobox", name="Terms", exact=True)).to_have_value("")
    expect(page.get_by_role("combobox", name="Group of new terms")).to_have_value("More")
    page.get_by_text("Paste or upload many").click()
    text = page.get_by_role("textbox", name="One group per line")
    expect(text).to_have_value(re.compile(r"throat\nMore: France, chest pain$"))


def test_words_are_completed_while_typing_and_removed_by_their_cross(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/terms")
    expect(page.locator(".ytick text")).to_have_text(NOTEBOOK)
    field = page.get_by_role("combobox", name="Terms", exact=True)
    field.press_sequentially("remdes")
    expect(page.get_by_role("option", name="remdesivir", exact=True)).to_be_visible()
    field.press("Enter")
    expect(page.locator(".ytick text")).to_have_text([*NOTEBOOK, "remdesivir"])
    # The cursor is still in the field.
    expect(field).to_be_focused()
    # Words that begin with it are offered too, but it comes first.
    page.keyboard.type("flu")
    expect(page.get_by_role("option").first).to_have_text("flu")
    page.keyboard.press("Enter")
    expect(page.locator(".ytick text")).to_have_text([*NOTEBOOK, "remdesivir", "flu"])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove coronavirus").click()
    expect(page.locator(".ytick text")).to_have_text([*NOTEBOOK[1:], "remdesivir", "flu"])


def test_a_click_on_a_cell_tells_how_often_its_words_meet(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{server}/terms")
    expect(page.locator(".ytick text")).to_have_text(NOTEBOOK)
    cells = page.locator(".barlayer .point path")
    expect(cells).to_have_count(81)
    box = cells.nth(9 * NOTEBOOK.index("cough") + NOTEBOOK.index("fever")).bounding_box()
    assert box is not None
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*place)
    expect(page.locator(".hoverlayer .hovertext")).to_contain_text("cough · fever")
    page.mouse.click(*place)
    told = page.get_by_text("cough and fever stand within 10 words of each other 1,718 times")
    expect(told).to_be_visible()
    box = told.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 720
    page.get_by_text("Clustered", exact=True).click()
    expect(page.get_by_text("Click a cell to see")).to_be_visible()


def test_a_misspelt_word_is_corrected_by_a_click(page: Page, server: str) -> None:
    page.goto(f"{server}/terms?terms=Symptoms: fever, pnuemonia")
    page.get_by_role("button", name="pneumonia", exact=True).click()
    expect(page.locator(".ytick text")).to_have_text(["fever", "pneumonia"])
    expect(page).to_have_url(re.compile(r"terms=.*pneumonia"))


def test_a_link_opens_the_same_picture_elsewhere(page: Page, server: str, browser: Browser) -> None:
    page.goto(f"{server}/terms")
    add(page, "zzqx vvkw, <b> cough </b> & $x$, fever Français", "Odd: ones")
    page.get_by_text("Clustered", exact=True).click()
    expect(page.locator(".ytick text")).to_have_count(11)
    expect(page).to_have_url(re.compile(r"order=Clustered"))
    expect(page).to_have_url(re.compile(r"terms=.*zzqx"))
    window = browser.new_context(viewport={"width": 1366, "height": 768})
    window.set_default_timeout(30_000)
    try:
        other = window.new_page()
        other.goto(page.url)
        expect(other.locator(".ytick text")).to_have_count(11)
        # The first page may still be drawing: it is the one to wait for.
        expect(page.locator(".ytick text")).to_have_text(rows(other))
        assert rows(other)[:9] != NOTEBOOK
        assert "<b> cough </b> & $x$" in " ".join(rows(other))
        assert other.locator("b", has_text="cough").count() == 0
    finally:
        window.close()


def test_a_link_to_the_page_is_the_first_visit_of_all(page: Page, new_server: str) -> None:
    page.goto(f"{new_server}/terms?terms=Pets: SARS, Italy")
    expect(page.get_by_role("heading", name="Compare terms")).to_be_visible()
    expect(page.locator(".ytick text")).to_have_text(["SARS", "Italy"])
    # The router ran too: it names the pages, and the other one opens.
    page.get_by_role("link", name="Classify", exact=True).click()
    expect(page.get_by_role("button", name="Classify", exact=True)).to_be_visible()


def test_the_matrix_and_the_picture_download(page: Page, server: str) -> None:
    page.goto(f"{server}/terms")
    expect(page.locator(".ytick text")).to_have_text(NOTEBOOK)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    content = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    head, *lines = csv.reader(io.StringIO(content))
    assert head == ["term", *NOTEBOOK]
    assert [line[0] for line in lines] == NOTEBOOK
    assert max(float(value) for line in lines for value in line[1:]) == 1
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture as SVG").click()
    picture = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert all(term in picture for term in NOTEBOOK)


def test_a_term_picked_as_near_joins_the_heatmap(page: Page, server: str) -> None:
    page.goto(f"{server}/terms?view=Neighbours&near=SARS")
    page.get_by_role("button", name="Add the first five").click()
    page.get_by_text("Heatmap", exact=True).click()
    # The bars of the neighbours have rows too: wait for the heatmap's.
    expect(page.locator(".ytick text").first).to_have_text(NOTEBOOK[0])
    assert rows(page)[:9] == NOTEBOOK


def test_the_language_switches_and_the_link_keeps_the_view(
    page: Page, server: str, browser: Browser
) -> None:
    page.goto(f"{server}/terms?view=Heatmap&order=Clustered")
    expect(page.get_by_role("heading", name="Compare terms")).to_be_visible()
    page.get_by_text("中文", exact=True).click()
    expect(page.get_by_role("heading", name="比较术语")).to_be_visible()
    expect(page.get_by_role("radio", name="聚类")).to_be_checked()
    expect(page).to_have_url(re.compile(r"order=(聚类|%E8%81%9A%E7%B1%BB)"))
    expect(page).to_have_url(re.compile(r"lang=zh"))
    window = browser.new_context()
    window.set_default_timeout(30_000)
    try:
        other = window.new_page()
        other.goto(page.url)
        expect(other.get_by_role("radio", name="聚类")).to_be_checked()
        other.goto(f"{server}/terms?order=Clustered&lang=zh")
        expect(other.get_by_role("radio", name="聚类")).to_be_checked()
        expect(other).to_have_url(re.compile(r"order=(聚类|%E8%81%9A%E7%B1%BB)"))
    finally:
        window.close()
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("radio", name="Clustered")).to_be_checked()
    expect(page).to_have_url(re.compile(r"order=Clustered"))
    expect(page).not_to_have_url(re.compile(r"lang="))
