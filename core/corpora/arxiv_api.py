"""arXiv's API through the package `arxiv`: one request at a time, with pauses and limits."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from core import settings, taxonomy
from core.messages import Message, PaperlensError
from core.text import arxiv_ids

if TYPE_CHECKING:
    import arxiv

PAUSE = 3.0
"""Seconds from one answer to the next request, as arXiv asks."""
MAX_PAUSE = 60.0
SECONDS, PAGE_SECONDS = 20.0, 60.0
"""The time limits of a paper's answer, and of a page of many papers."""
MAX_BYTES = 64 << 20
"""The maximum size of an answer; a page of 500 papers has 2 MB."""
PAGE = 500
OVERLOADED = (429, 503)
BAD_REQUEST = 400
DISK, ONLINE = "disk", "arXiv"
"""The sources of a paper: a corpus on disk, or arXiv's API."""
CONNECT_SECONDS = 5.0

_CHUNK = 1 << 16
_CODE = re.compile(r"[a-z-]+(\.[A-Za-z-]+)?")
_FEED = "{http://www.w3.org/2005/Atom}feed"

SWITCHED_OFF = Message("it is switched off on this server (PAPERLENS_ONLINE=0)")


class Offline(PaperlensError):
    """arXiv cannot be asked; field `reason`: it is switched off, or what the network did."""


class NotFound(PaperlensError):
    """arXiv has no paper with an id; field `id`."""


class UnexpectedAnswer(PaperlensError):
    """An answer that is not that of arXiv's API; field `server`."""


@dataclass(frozen=True)
class FoundPaper:
    """A paper looked up by its id; categories: the primary one first; source: where it was."""

    id: str
    title: str
    abstract: str
    categories: tuple[str, ...]
    source: str


class Pace:
    """Lets one request go at a time, each a pause after the answer before; thread-safe.

    Answers that say the server is overloaded double the pause.
    """

    def __init__(
        self,
        pause: float = PAUSE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pause, self._clock, self._sleep = pause, clock, sleep
        self._lock, self._next, self._refusals = threading.Lock(), 0.0, 0

    @contextmanager
    def turn(self, seconds: float) -> Iterator[Callable[[bool], None]]:
        """Wait for the turn, at most `seconds` for other requests and as long for the pause.

        What it yields is called with whether the server is overloaded. Raises Offline where it
        would take longer.
        """
        if not self._lock.acquire(timeout=seconds):
            raise _offline(Message("another request is still waiting for its answer"))
        try:
            rest = self._next - self._clock()
            if rest > seconds:
                raise _offline(Message("{server} wants to be asked less often", server=_server()))
            if rest > 0:
                self._sleep(rest)
            try:
                yield self._note
            finally:
                pause = min(MAX_PAUSE, self._pause * 2**self._refusals)
                self._next = self._clock() + pause
        finally:
            self._lock.release()

    def _note(self, overloaded: bool) -> None:
        self._refusals = self._refusals + 1 if overloaded else 0


pace = Pace()
"""The pace of this process."""


class _Adapter(HTTPAdapter):
    """Sends requests at this process's pace; answers have a time limit and a maximum size."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """The response, read; UnexpectedAnswer for one that is not a feed."""
        with pace.turn(self._seconds) as note:
            deadline = time.monotonic() + self._seconds
            options |= {"timeout": (CONNECT_SECONDS, self._seconds), "stream": True}
            with super().send(request, **options) as response:
                content = bytearray()
                for chunk in response.iter_content(_CHUNK):
                    content += chunk
                    if time.monotonic() > deadline:
                        raise requests.ReadTimeout(request=request)
                    if len(content) > MAX_BYTES:
                        raise _unexpected(Message("it is too long"))
            note(response.status_code in OVERLOADED)
        if response.status_code == requests.codes.ok:
            _check_feed(bytes(content))
        response._content = bytes(content)
        return response


def look_up(id: str) -> FoundPaper:
    """A paper by its id, from arXiv's API; one request, or two where arXiv is overloaded.

    Raises Offline (the sentence says to paste title and abstract), NotFound and UnexpectedAnswer.
    """
    import arxiv

    search = arxiv.Search(id_list=[id], max_results=1)
    try:
        found = [paper for result in results(search, SECONDS, 1) if (paper := paper_of(result))]
    except Offline as problem:
        raise Offline(
            "arXiv cannot be asked: {reason}. Paste the paper’s title and abstract instead.",
            **problem.fields,
        ) from None
    if not found:
        raise NotFound(
            "arXiv has no paper with the id {id}; check it, or paste the title and abstract.", id=id
        )
    return found[0]


def results(
    search: "arxiv.Search", seconds: float = PAGE_SECONDS, retries: int = 3
) -> "Iterator[arxiv.Result]":
    """The results of a search, page by page; none where arXiv takes the search for malformed.

    seconds: the time limit of a page; retries: of a page that fails. Raises Offline and
    UnexpectedAnswer.
    """
    import arxiv

    if not settings.online():
        raise _offline(SWITCHED_OFF)
    client = arxiv.Client(PAGE, delay_seconds=0, num_retries=retries)
    client.query_url_format = f"{settings.arxiv_api()}?{{}}"
    # The package has no time limit of its own, and knows no other requests than its own.
    for scheme in ("https://", "http://"):
        client._session.mount(scheme, _Adapter(seconds))
    try:
        yield from client.results(search)
    except arxiv.HTTPError as error:
        if error.status != BAD_REQUEST:
            raise _offline(
                Message("{server} answered {status}", server=_server(), status=error.status)
            ) from None
    except arxiv.UnexpectedEmptyPageError:
        raise _unexpected(Message("it is empty")) from None
    except requests.Timeout:
        raise _offline(
            Message(
                "{server} gave no answer within {seconds:.0f} seconds",
                server=_server(),
                seconds=seconds,
            )
        ) from None
    except requests.RequestException:
        raise _offline(Message("{server} cannot be reached", server=_server())) from None


def _server() -> str:
    return urlsplit(settings.arxiv_api()).netloc or settings.arxiv_api()


def _offline(reason: Message) -> Offline:
    return Offline("arXiv cannot be asked: {reason}.", reason=reason)


def _unexpected(reason: Message) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        "The answer of {server} is not that of arXiv’s API ({reason}); try again later.",
        server=_server(),
        reason=reason,
    )


def _check_feed(content: bytes) -> None:
    """Refuse what is no Atom feed: the package takes it for a feed without papers."""
    from lxml import etree

    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        raise _unexpected(Message("it is cut short or no XML")) from None
    if root.tag != _FEED:
        raise _unexpected(Message("it is no feed"))


def paper_of(result: "arxiv.Result") -> FoundPaper | None:
    """A result as a paper; None for an error, which arXiv sends as an entry."""
    id = arxiv_ids.find(result.entry_id)
    title, abstract = " ".join(result.title.split()), " ".join(result.summary.split())
    if not id or not title:
        return None
    return FoundPaper(id, title, abstract, _categories_of(result), ONLINE)


def _categories_of(result: "arxiv.Result") -> tuple[str, ...]:
    """ArXiv's categories of a result, the primary one first, without those of other schemes."""
    codes = dict.fromkeys((result.primary_category, *result.categories))
    return tuple(code for code in codes if _CODE.fullmatch(code) and _is_known(code))


def _is_known(code: str) -> bool:
    archive = taxonomy.archive_of(code)
    return archive in taxonomy.ARCHIVES or taxonomy.is_retired(archive)
