"""A user pastes a paper into a real browser and reads the answer off the page."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

TITLE = "Error mitigation for variational quantum eigensolvers on noisy processors"
ABSTRACT = (
    "We propose an error mitigation scheme for the variational quantum eigensolver on noisy "
    "quantum processors. Entanglement between qubits is measured by randomised measurements, and "
    "the ground state energy of small molecules is extrapolated to zero noise."
)


def paste(page: Page, server: str, title: str, abstract: str) -> None:
    page.goto(f"{server}/classify")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Abstract").fill(abstract)
    page.get_by_role("button", name="Classify").click()


def test_a_pasted_paper_gets_its_category(page: Page, server: str) -> None:
    paste(page, server, TITLE, ABSTRACT)
    expect(page.get_by_text("Suggested primary category")).to_be_visible()
    expect(page.get_by_role("heading", name="Quantum Physics (quant-ph)")).to_be_visible()
    expect(page.get_by_text("Answered in")).to_be_visible()


def test_words_that_decided_are_marked(page: Page, server: str) -> None:
    paste(page, server, TITLE, ABSTRACT)
    marked = page.locator("span[title^='+']", has_text="quantum")
    expect(marked.first).to_be_visible()


def test_the_answer_downloads(page: Page, server: str) -> None:
    paste(page, server, TITLE, ABSTRACT)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as JSON").click()
    record = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert record["title"] == TITLE
    best = {a["task"]: a["labels"][0]["label"] for a in record["answers"]}
    assert best == {"archive": "quant-ph", "subject": "quant-ph"}
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    lines = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "task,model,label,name,probability,threshold,predicted"
    assert lines[1].startswith("archive,linear,quant-ph,Quantum Physics (quant-ph),0.")


def test_a_link_opens_the_same_answer(page: Page, server: str) -> None:
    page.goto(f"{server}/classify?example=Astronomy&task=Archive&own=true&threshold=95")
    expect(page.get_by_role("heading", name="Astrophysics")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value(re.compile("^Spectroscopic confirmation"))


def test_the_courses_cleaning_of_a_paper(page: Page, server: str) -> None:
    page.goto(f"{server}/classify?example=Astronomy")
    page.get_by_text("Clean the text, step by step").click()
    table = page.get_by_test_id("stDataFrame").filter(has_text="Lemmatise")
    expect(table.locator("tbody tr").nth(4).locator("td").nth(1)).to_contain_text("spectroscopic |")


def test_script_in_a_paper_is_text(page: Page, server: str) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    attack = "<script>alert('x')</script><img src=x onerror=alert('y')>"
    paste(page, server, f"{TITLE} {attack}", f"{ABSTRACT} {attack}")
    expect(page.get_by_role("heading", name="Quantum Physics (quant-ph)")).to_be_visible()
    expect(page.get_by_text("onerror=alert").first).to_be_visible()
    assert page.locator("img[src='x']").count() == 0
    assert alerts == []


def test_text_without_a_known_word_gets_no_category(page: Page, server: str) -> None:
    paste(page, server, "Zzqx vvkw", "qqzzkk wwxxzz")
    expect(page.get_by_text("is known to the model")).to_be_visible()
    assert page.get_by_text("Suggested primary category").count() == 0
