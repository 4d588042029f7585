"""What somebody typed or was answered is never lost, and what was replaced comes back."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.server import wait_until
from tests.browser.wire import Wire

TITLE = "Ramsey numbers of sparse graphs"
ABSTRACT = (
    "We prove new upper bounds on the Ramsey numbers of sparse graphs. The proof combines the "
    "regularity lemma with a probabilistic embedding theorem for bounded degree graphs."
)
PASTED = f"{TITLE}\n\n{ABSTRACT}"
Rest = Callable[[Page], None]
CONNECTED = "data-test-connection-state", "CONNECTED"


@pytest.fixture
def window(browser: Browser, server: str) -> Iterator[Page]:
    """A window of a visitor of its own, on an empty Classify page."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(30_000)
    page = context.new_page()
    open_classify(page, server)
    yield page
    context.close()


def open_classify(page: Page, server: str, options: str = "") -> None:
    page.goto(f"{server}/classify{options}")
    # The script that keeps what is typed has run.
    wait_until(page, "() => sessionStorage.getItem('paperlens-session')")


def box(page: Page) -> Locator:
    return page.get_by_label("Your paper")


def classified(page: Page) -> None:
    box(page).fill(PASTED)
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()
    # The page has come to its end.
    wait_until(page, "() => sessionStorage.getItem('paperlens-kept')?.includes('math.CO')")


def test_one_press_answers_a_pasted_text(window: Page) -> None:
    classified(window)
    expect(window.get_by_text("Read as:")).to_contain_text(TITLE)


def test_ctrl_enter_answers_too(window: Page) -> None:
    box(window).fill(PASTED)
    box(window).press("Control+Enter")
    expect(window.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()


def test_text_that_was_never_sent_survives_a_reload(window: Page) -> None:
    box(window).fill(PASTED)
    window.reload()
    expect(box(window)).to_have_value(PASTED)


def test_paper_answer_and_edits_survive_a_reload(window: Page) -> None:
    classified(window)
    window.get_by_text("Read as:").click()
    window.get_by_label("Title").fill(f"{TITLE}, revised")
    window.reload()
    expect(box(window)).to_have_value(PASTED)
    expect(window.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()
    expect(window.get_by_label("Title")).to_have_value(f"{TITLE}, revised")
    expect(window.get_by_text("The text has changed since this answer")).to_be_visible()


def test_an_edited_text_dims_the_old_answer_at_the_first_key(window: Page) -> None:
    classified(window)
    answer = window.locator(".st-key-answer")
    expect(answer).to_have_css("opacity", "1")
    box(window).press("End")
    box(window).press("x")
    expect(answer).to_have_css("opacity", "0.45")
    expect(window.get_by_text("The text has changed since this answer")).to_be_visible()
    window.get_by_role("button", name="Classify").click()
    expect(answer).to_have_css("opacity", "1")


def test_text_survives_a_switch_of_language(window: Page, rest: Rest) -> None:
    box(window).fill(PASTED)
    window.get_by_text("中文").click()
    expect(window.get_by_role("heading", name="分类")).to_be_visible()
    expect(window.locator(".st-key-box textarea")).to_have_value(PASTED)


def test_text_survives_other_pages_and_back(window: Page) -> None:
    box(window).fill(PASTED)
    window.get_by_role("link", name="Compare models").click()
    expect(window.get_by_role("heading", name="Compare models")).to_be_visible()
    window.go_back()
    expect(box(window)).to_have_value(PASTED)
    box(window).fill(f"{PASTED} More.")
    window.get_by_role("link", name="Overview").click()
    expect(window.get_by_role("heading", name="Where does a paper belong?")).to_be_visible()
    menu = window.get_by_test_id("stSidebarNav")
    menu.get_by_role("link", name="Classify", exact=True).click()
    expect(box(window)).to_have_value(f"{PASTED} More.")


def test_both_forms_keep_their_texts(window: Page) -> None:
    box(window).fill(PASTED)
    window.get_by_text("Citation", exact=True).click()
    sentence = window.get_by_label("Sentence or paragraph with citations")
    sentence.fill("We follow Smith et al. (2010).")
    window.get_by_text("Paper", exact=True).click()
    expect(box(window)).to_have_value(PASTED)
    window.get_by_text("Citation", exact=True).click()
    expect(sentence).to_have_value("We follow Smith et al. (2010).")
    window.reload()
    expect(sentence).to_have_value("We follow Smith et al. (2010).")


def test_the_tour_sets_a_text_aside(window: Page) -> None:
    classified(window)
    window.get_by_role("link", name="Overview").click()
    window.get_by_role("link", name="An interdisciplinary paper").click()
    expect(window.get_by_text("Your text was set aside.")).to_be_visible()
    window.get_by_role("button", name="Restore").click()
    expect(box(window)).to_have_value(PASTED)
    expect(window.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()


def test_clear_can_be_undone(window: Page) -> None:
    classified(window)
    window.get_by_role("button", name="Clear", exact=True).click()
    expect(box(window)).to_have_value("")
    window.get_by_role("button", name="Restore").click()
    expect(box(window)).to_have_value(PASTED)


def test_text_and_answer_survive_a_lost_connection(browser: Browser, wire: Wire) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    open_classify(page, wire.address)
    classified(page)
    app = page.locator("[data-testid=stApp]")
    wire.cut()
    expect(app).not_to_have_attribute(*CONNECTED)
    wire.mend()
    expect(app).to_have_attribute(*CONNECTED)
    expect(box(page)).to_have_value(PASTED)
    expect(page.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()
    box(page).fill(f"{PASTED} And more.")
    wire.cut()
    expect(app).not_to_have_attribute(*CONNECTED)
    wire.mend()
    expect(app).to_have_attribute(*CONNECTED)
    expect(box(page)).to_have_value(f"{PASTED} And more.")
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_text("The text has changed since this answer")).to_have_count(0)
    expect(box(page)).to_have_value(f"{PASTED} And more.")
    context.close()


def test_another_window_sees_nothing(window: Page, browser: Browser, server: str) -> None:
    classified(window)
    context = browser.new_context()
    other = context.new_page()
    open_classify(other, server)
    expect(other.get_by_text("Paste a paper, or try an example.")).to_be_visible()
    expect(box(other)).to_have_value("")
    assert TITLE not in other.content()
    context.close()


def test_earlier_answers_open_again(window: Page) -> None:
    classified(window)
    window.get_by_text("Qubits", exact=True).click()
    expect(window.get_by_role("heading", name="quant-ph · Quantum Physics")).to_be_visible()
    window.get_by_text("Earlier answers of this visit").click()
    window.get_by_role("button", name=f"math.CO {TITLE}").click()
    expect(window.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()
    window.reload()
    expect(window.get_by_text("Earlier answers of this visit")).to_be_visible()


def test_an_id_and_an_entry_get_no_category(window: Page) -> None:
    box(window).fill("https://arxiv.org/abs/2106.09685v2")
    window.get_by_role("button", name="Classify").click()
    expect(window.get_by_text("This is the arXiv id 2106.09685.")).to_be_visible()
    expect(window.get_by_text("Answered in")).to_have_count(0)
    entry = f"@article{{one,\n title = {{{TITLE}}},\n abstract = {{{ABSTRACT}}}\n}}"
    box(window).fill(f"{entry}\n{entry.replace('one', 'two').replace('Ramsey', 'Turán')}")
    window.get_by_role("combobox", name="Entry").click()
    window.get_by_role("option", name="Turán numbers of sparse graphs").click()
    expect(window.get_by_label("Title")).to_have_value("Turán numbers of sparse graphs")
    window.get_by_role("button", name="Classify").click()
    expect(window.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()


def test_replaced_terms_come_back(window: Page, server: str) -> None:
    window.goto(f"{server}/terms?terms=Pets: cat, dog, mouse")
    rows = window.locator(".ytick text")
    expect(rows).to_have_count(3)
    window.get_by_role("button", name="Example terms").click()
    expect(rows).to_have_count(9)
    expect(window.get_by_text("3 terms were replaced.")).to_be_visible()
    window.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(3)
    # So does the browser's way back.
    window.get_by_role("button", name="Clear", exact=True).click()
    expect(rows).to_have_count(0)
    window.go_back()
    expect(rows).to_have_count(3)


def test_each_click_is_one_step_of_the_history(window: Page, server: str) -> None:
    window.goto(f"{server}/statistics")
    bars = window.locator(".js-plotly-plot .barlayer .point path")
    expect(bars.first).to_be_visible()
    wait_until(window, "() => document.querySelector('[data-testid=stBidiComponentRegular]')")
    before = window.url
    bars.nth(3).click(force=True)
    expect(window).to_have_url(re.compile("archives=.*level=Subjects"))
    window.get_by_text("Merge retired archives").click()
    expect(window).to_have_url(re.compile("merge=false"))
    window.go_back()
    expect(window).to_have_url(re.compile("archives=.*level=Subjects$"))
    expect(window.locator(".st-key-archives")).not_to_contain_text("All archives")
    window.go_back()
    expect(window).to_have_url(before)
    expect(window.locator(".st-key-archives input")).to_have_attribute("value", "")
    expect(bars.first).to_be_visible()
