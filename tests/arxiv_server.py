"""A local server that answers as arXiv's API does, and fails as it does."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"
  xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom">
  <id>http://arxiv.org/api/abc</id><title>ArXiv Query</title>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
  <opensearch:itemsPerPage>{count}</opensearch:itemsPerPage>{entries}
</feed>"""
ENTRY = """
  <entry>
    <id>http://arxiv.org/abs/{id}v{version}</id>
    <updated>{updated:%Y-%m-%dT%H:%M:%SZ}</updated>
    <published>{published:%Y-%m-%dT%H:%M:%SZ}</published>
    <title>{title}</title>
    <summary>  {abstract}
</summary>
    <author><name>Ada Writer</name></author>
    <author><name>Bo Reader</name></author>
    <arxiv:comment>3 pages</arxiv:comment>
    <arxiv:primary_category term="{primary}" scheme="http://arxiv.org/schemas/atom"/>{categories}
  </entry>"""
CATEGORY = '<category term="{code}" scheme="http://arxiv.org/schemas/atom"/>'
ERROR = """
  <entry>
    <id>http://arxiv.org/api/errors#incorrect_id_format_for_{id}</id>
    <updated>2026-01-01T00:00:00Z</updated>
    <published>2026-01-01T00:00:00Z</published>
    <title>Error</title>
    <summary>incorrect id format for {id}</summary>
  </entry>"""


@dataclass(frozen=True)
class SentPaper:
    """A paper that the server has; categories: in the order of the feed, not of importance."""

    id: str
    title: str
    abstract: str
    categories: str
    published: datetime
    version: int = 1
    primary: str = ""

    def entry(self) -> str:
        """The paper as an entry of the feed."""
        return ENTRY.format(
            id=self.id,
            version=self.version,
            updated=self.published + timedelta(days=self.version - 1),
            published=self.published,
            title=escape(self.title),
            abstract=escape(self.abstract),
            primary=self.primary or self.categories.split()[0],
            categories="".join(CATEGORY.format(code=code) for code in self.categories.split()),
        )


def feed(*entries: str, total: int | None = None, start: int = 0) -> bytes:
    """A feed of entries."""
    count = len(entries)
    total = count if total is None else total
    return FEED.format(total=total, start=start, count=count, entries="".join(entries)).encode()


Answer = tuple[int, bytes] | None


@dataclass
class ArxivSite:
    """What the server has and was asked.

    answers: those to the next requests, status and content, None for silence; after them it
    answers properly.
    """

    papers: list[SentPaper] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def invent(self, count: int, categories: str = "cs.CL cs.LG", first: int = 0) -> None:
        """Add so many papers, each submitted an hour after the one before."""
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        self.papers += [
            SentPaper(
                f"2601.{n:05}",
                f"Words in sentences {n}",
                f"A network of {n} layers reads words.",
                categories,
                begin + timedelta(hours=n),
            )
            for n in range(first, first + count)
        ]

    def answer(self, query: dict[str, str]) -> bytes:
        """The feed that answers a query."""
        ids = [id for id in query.get("id_list", "").split(",") if id]
        found = [paper for paper in self.papers if not ids or paper.id in ids]
        search = query.get("search_query", "")
        if patterns := re.findall(r"cat:([\w.*-]+)", search):
            found = [
                paper
                for paper in found
                if any(fnmatch(c, p) for c in paper.categories.split() for p in patterns)
            ]
        if dates := re.search(r"submittedDate:\[(\d{12}) TO (\d{12})\]", search):
            found = [p for p in found if dates[1] <= f"{p.published:%Y%m%d%H%M}" <= dates[2]]
        found.sort(key=lambda paper: paper.published, reverse=True)
        start, count = int(query.get("start", 0)), int(query.get("max_results", 10))
        page = [paper.entry() for paper in found[start : start + count]]
        return feed(*page, total=len(found), start=start)


class Answers(BaseHTTPRequestHandler):
    """Answers the requests of a site."""

    site: ArxivSite

    def do_GET(self) -> None:
        """Answer one request."""
        site = self.site
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        site.asked.append(query)
        answer = site.answers.pop(0) if site.answers else (200, site.answer(query))
        if answer is None:
            site.over.wait()
            return
        status, content = answer
        self.send_response(status)
        self.send_header("Content-Type", "application/atom+xml; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def arxiv_serving() -> Iterator[ArxivSite]:
    """A server without papers, for the block."""
    site = ArxivSite()
    handler = type("Handler", (Answers,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.address = f"http://127.0.0.1:{server.server_address[1]}/api/query"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield site
        site.over.set()
        server.shutdown()
        thread.join()
