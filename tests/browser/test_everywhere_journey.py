"""What holds of every page: it fits a phone, a link brings its options, the way back works.

The windows' own fixtures hold that the console stays silent and nobody but the server is asked.
"""

import urllib.parse
from collections.abc import Callable

from playwright.sync_api import Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

Rest = Callable[[Page], None]
LINKS = (
    ("", "A tour in five steps", ()),
    ("about", "Report a problem", ()),
    ("classify?kind=Batch&many-task=Subject", "A file of papers", ("Subject",)),
    ("classify?example=Astronomy&task=Subject", "Answered in", ("Astronomy", "Subject")),
    ("terms?view=Odd one out", "The odd one out is", ("Odd one out",)),
    ("statistics?show=Words", "has only counts", ("Words",)),
    (
        "statistics?show=Distributions&of=Subjects per paper&merge=false"
        "&archives=Statistics (stat)",
        "Subjects per paper",
        ("Distributions",),
    ),
    ("training?smoothing=0.5&log=true", "Every epoch as a table", ()),
    (
        "models?compare=Subject&subject-on=Recent papers&subject-show=By category",
        "About the published systems",
        ("Subject", "Recent papers", "By category"),
    ),
    ("models?compare=Embedding&embedding-show=Word sets", "Spearman", ("Embedding", "Word sets")),
)


def test_every_page_fits_a_phone_and_heeds_its_link(phone: Page, server: str, rest: Rest) -> None:
    for link, words, options in LINKS:
        path, _, query = link.partition("?")
        asked = urllib.parse.parse_qs(query)
        phone.goto(f"{server}/{link}")
        expect(phone.get_by_text(words).first).to_be_attached()
        rest(phone)
        for option in options:
            chosen = phone.locator("[aria-checked=true]", has_text=option)
            expect(chosen.first).to_be_attached()
        # The page leaves the address as it was.
        kept = urllib.parse.parse_qs(urllib.parse.urlparse(phone.url).query)
        assert kept == asked, path
        assert phone.get_by_test_id("stException").count() == 0
        for place in ("html", "[data-testid=stMain]"):
            wide, room = phone.locator(place).evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert wide <= room, link


def finished(frame: bytes) -> bool:
    """Whether a message of the server says that a script run has ended."""
    return ForwardMsg.FromString(frame).WhichOneof("type") == "script_finished"


def back(page: Page, socket: WebSocket, heading: str, address: str) -> None:
    """Go back to an address: Streamlit may put one without options between two pages.

    A second step before the run that the first starts has ended would confuse it.
    """
    with socket.expect_event("framereceived", finished):
        page.go_back()
    if page.url != address:
        with socket.expect_event("framereceived", finished):
            page.go_back()
    expect(page).to_have_url(address)
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_the_way_back(page: Page, server: str, rest: Rest) -> None:
    with page.expect_websocket() as opened:
        page.goto(server)
    socket = opened.value
    menu = page.get_by_test_id("stSidebarNav")
    menu.get_by_role("link", name="Classify", exact=True).click()
    page.get_by_text("Astronomy", exact=True).click()
    expect(page.get_by_text("Answered in")).to_be_visible()
    expect(page.get_by_label("Title")).not_to_have_value("")
    title = page.get_by_label("Title").input_value()
    page.get_by_role("link", name="Compare terms", exact=True).click()
    page.get_by_text("Clustered", exact=True).click()
    expect(page.locator(".ytick text").first).not_to_have_text("coronavirus")
    rows = page.locator(".ytick text").all_text_contents()
    page.get_by_role("link", name="Compare models", exact=True).click()
    expect(page.get_by_role("heading", name="Model details")).to_be_visible()
    rest(page)

    back(page, socket, "Compare terms", f"{server}/terms?order=Clustered")
    expect(page.locator(".ytick text")).to_have_text(rows)
    back(page, socket, "Classify", f"{server}/classify?example=Astronomy")
    expect(page.get_by_label("Title")).to_have_value(title)
    expect(page.get_by_text("Answered in")).to_be_visible()
    back(page, socket, "Where does a paper belong?", f"{server}/")
    page.go_forward()
    expect(page.get_by_label("Title")).to_have_value(title)
