"""Looking papers up at a local server that answers as arXiv's API does."""

import threading
from datetime import UTC, datetime

import pytest

from core.corpora import arxiv_api
from core.corpora.arxiv_api import FoundPaper, NotFound, Offline, Pace, UnexpectedAnswer
from tests.arxiv_server import ERROR, ArxivSite, SentPaper, feed

DAY = datetime(2021, 6, 17, tzinfo=UTC)
KNOTS = SentPaper(
    "2106.09685",
    "Knots &\n  loops",
    "We tie <knots>.\n  We count\ncrossings.",
    "cs.CG math.GT 57K10 I.2.6 alg-geom",
    DAY,
    version=2,
    primary="math.GT",
)
STRINGS = SentPaper("hep-th/9901001", "Strings", "They end on branes.", "hep-th", DAY)


@pytest.fixture(autouse=True)
def site(arxiv_site: ArxivSite) -> ArxivSite:
    """A server with two papers."""
    arxiv_site.papers = [KNOTS, STRINGS]
    return arxiv_site


def test_a_paper_is_found_with_its_categories_the_primary_one_first(site: ArxivSite) -> None:
    assert arxiv_api.look_up("2106.09685") == FoundPaper(
        "2106.09685",
        "Knots & loops",
        "We tie <knots>. We count crossings.",
        ("math.GT", "cs.CG", "alg-geom"),
        "arXiv",
    )
    assert [(query["id_list"], query["start"]) for query in site.asked] == [("2106.09685", "0")]


def test_an_old_id_is_found() -> None:
    assert arxiv_api.look_up("hep-th/9901001").title == "Strings"


UNTITLED = SentPaper("2106.00001", "", "", "cs.CL", DAY).entry()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        (200, feed(ERROR.format(id="2106.00001"))),
        (400, feed(ERROR.format(id="2106.00001"))),
        (200, feed(UNTITLED)),
        (200, feed("<entry><id>http://arxiv.org/abs/2106.00001</id></entry>")),
    ],
    ids=["empty", "error", "bad request", "without title", "without anything"],
)
def test_no_such_paper(answer: tuple[int, bytes] | None, site: ArxivSite) -> None:
    site.answers = [answer] * 2 if answer else []
    with pytest.raises(NotFound) as caught:
        arxiv_api.look_up("2106.00001")
    assert caught.value.fields == {"id": "2106.00001"}


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_server_is_asked_again(status: int, site: ArxivSite) -> None:
    site.answers = [(status, b"Rate exceeded.")]
    assert arxiv_api.look_up("2106.09685").title == "Knots & loops"
    assert len(site.asked) == 2


def test_a_server_that_stays_overloaded(site: ArxivSite) -> None:
    site.answers = [(503, b"")] * 9
    with pytest.raises(Offline) as caught:
        arxiv_api.look_up("2106.09685")
    assert caught.value.fields["reason"].fields["status"] == 503
    assert "Paste" in str(caught.value)
    assert len(site.asked) == 2


def test_switched_off_nothing_is_asked(site: ArxivSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_ONLINE", "0")
    with pytest.raises(Offline) as caught:
        arxiv_api.look_up("2106.09685")
    assert caught.value.fields["reason"] == arxiv_api.SWITCHED_OFF
    assert site.asked == []


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:1/api", "http://127.0.0.1:99999/", "nonsense", "http://", "ftp://x"],
)
def test_nobody_there(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_ARXIV_API", address)
    with pytest.raises(Offline) as caught:
        arxiv_api.look_up("2106.09685")
    assert "server" in caught.value.fields["reason"].fields


def test_a_silent_server_has_a_time_limit(site: ArxivSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arxiv_api, "SECONDS", 0.1)
    site.answers = [None] * 9
    with pytest.raises(Offline) as caught:
        arxiv_api.look_up("2106.09685")
    assert caught.value.fields["reason"].fields["seconds"] == 0.1
    # Whoever waits is not made to wait again.
    assert len(site.asked) == 1


GOOD = feed(KNOTS.entry())


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"Sign in to the network", b"<html><body>Sign in</body></html>", GOOD[:-20]),
        GOOD.replace(b"Knots", b"Knots &nothing;"),
        GOOD.replace(b"Atom", b"RSS"),
    ],
    ids=["empty", "text", "page", "cut short", "entity", "other XML"],
)
def test_an_answer_that_is_no_feed(content: bytes, site: ArxivSite) -> None:
    site.answers = [(200, content)]
    with pytest.raises(UnexpectedAnswer) as caught:
        arxiv_api.look_up("2106.09685")
    assert caught.value.fields["server"] in site.address


def test_an_endless_answer(site: ArxivSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arxiv_api, "MAX_BYTES", 1_000)
    site.answers = [(200, GOOD + b" " * 1_000_000)]
    with pytest.raises(UnexpectedAnswer):
        arxiv_api.look_up("2106.09685")


# The pace.


class Time:
    """A clock that only waiting moves on."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, []

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.slept.append(seconds)
        self.now += seconds


def test_requests_are_three_seconds_apart_from_whomever_they_come() -> None:
    time = Time()
    pace = Pace(3.0, lambda: time.now, time.sleep)
    for passed in (0.0, 1.0, 2.5, 10.0):
        time.now += passed
        with pace.turn(20.0):
            time.now += 5.0  # the answer takes its time
    assert time.slept == [2.0, 0.5]


def test_pauses_grow_while_the_server_is_overloaded() -> None:
    time = Time()
    pace = Pace(3.0, lambda: time.now, time.sleep)
    for overloaded in (True, True, True, True, True, True, False, False):
        with pace.turn(60.0) as note:
            note(overloaded)
    assert time.slept == [6.0, 12.0, 24.0, 48.0, 60.0, 60.0, 3.0]


def test_who_cannot_wait_so_long_hears_it_at_once() -> None:
    time = Time()
    pace = Pace(3.0, lambda: time.now, time.sleep)
    for _ in range(3):
        with pace.turn(20.0) as note:
            note(True)
    with pytest.raises(Offline), pace.turn(20.0):
        pass
    time.now += 24.0
    with pace.turn(20.0):
        pass
    assert time.slept == [6.0, 12.0]


def test_one_request_at_a_time() -> None:
    pace, inside, most = Pace(0), [], []

    def ask() -> None:
        with pace.turn(60.0):
            inside.append(None)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_a_turn_that_does_not_come() -> None:
    pace = Pace(0)
    with pace.turn(1.0), pytest.raises(Offline), pace.turn(0.01):
        pass
    with pace.turn(0.01):
        pass


def test_a_look_up_keeps_the_pace(site: ArxivSite, monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time()
    monkeypatch.setattr(arxiv_api, "pace", Pace(3.0, lambda: time.now, time.sleep))
    site.answers = [(503, b"")]
    for _ in range(2):
        arxiv_api.look_up("2106.09685")
    assert time.slept == [6.0, 3.0]
