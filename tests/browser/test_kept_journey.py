"""What somebody typed or was answered is never lost, and what was replaced comes back."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from benchmarks.server import wait_until

TITLE = "Ramsey numbers of sparse graphs"
ABSTRACT = (
    "We prove new upper bounds on the Ramsey numbers of sparse graphs. The proof combines the "
    "regularity lemma with a probabilistic embedding theorem for bounded degree graphs."
)
PASTED = f"{TITLE}\n\n{ABSTRACT}"
Rest = Callable[[Page], None]


@pytest.fixture
def window(browser: Browser, server: str) -> Iterator[Page]:
    """A window of a visitor of its own, on an empty Classify page."""
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(30_000)
    page = context.new_page()
    open_classify(page, server)
    yield page
    context.close()


def open_classify(page: Page, server: str, options: str = "") -> None:
    page.goto(f"{server}/classify{options}")
    # The script that keeps what is typed has run.
    wait_until(page, "() => sessionStorage.getItem('paperlens-session')")


def box(page: Page) -> object:
    return page.get_by_label("Your paper")


def classified(page: Page) -> None:
    box(page).fill(PASTED)
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()


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
    def opacity() -> str:
        answer = window.locator(".st-key-answer")
        return answer.evaluate("one => getComputedStyle(one).opacity")

    classified(window)
    assert opacity() == "1"
    box(window).press_sequentially("x")
    assert float(opacity()) < 0.6
    # Put back as it was, it is the answer to what stands there.
    box(window).fill(PASTED)
    window.get_by_role("button", name="Classify").click()
    wait_until(window, "() => !document.documentElement.hasAttribute('data-edited')")
    assert opacity() == "1"


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
    expect(window.get_by_role("heading", name="Paperlens")).to_be_visible()
    window.get_by_role("link", name="Classify", exact=True).click()
    expect(box(window)).to_have_value(f"{PASTED} More.")


def test_both_forms_keep_their_texts(window: Page) -> None:
    box(window).fill(PASTED)
    window.get_by_text("Citation", exact=True).click()
    sentence = window.get_by_label("Sentence with the citation")
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
    window.get_by_role("link", name="Classify a paper").click()
    expect(window.get_by_text("Your text was set aside.")).to_be_visible()
    window.get_by_role("button", name="Restore").click()
    expect(box(window)).to_have_value(PASTED)
    expect(window.get_by_role("heading", name="math.CO · Combinatorics")).to_be_visible()


def test_clear_can_be_undone(window: Page) -> None:
    classified(window)
    window.get_by_role("button", name="Clear").click()
    expect(box(window)).to_have_value("")
    window.get_by_role("button", name="Restore").click()
    expect(box(window)).to_have_value(PASTED)


def test_text_and_answer_survive_five_seconds_without_a_network(window: Page) -> None:
    classified(window)
    box(window).fill(f"{PASTED} And more.")
    app = window.locator("[data-testid=stApp]")
    window.context.set_offline(True)
    try:
        # Chromium leaves an open WebSocket as it is; this is how it is cut.
        window.evaluate("() => window.dispatchEvent(new Event('offline'))")
        window.wait_for_timeout(5_000)
    finally:
        window.context.set_offline(False)
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    expect(box(window)).to_have_value(f"{PASTED} And more.")
    window.get_by_role("button", name="Classify").click()
    expect(window.get_by_text("The text has changed since this answer")).to_have_count(0)
    expect(box(window)).to_have_value(f"{PASTED} And more.")


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
