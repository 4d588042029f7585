"""Hostile input in a real browser: nothing runs, nothing is asked of anyone else."""

import http.client
import json
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.server.security import HEADERS

ROOT = Path(__file__).resolve().parents[2]
Rest = Callable[[Page], None]
ATTACKS = (
    "<script>window.run=1</script>",
    "<img src=x onerror=window.run=1>",
    "<svg onload=window.run=1>",
    "[press](javascript:window.run=1)",
    "![x](http://tracker.invalid/x.png)",
    "<http://tracker.invalid/auto>",
    "http://tracker.invalid/bare",
    ":material/bug_report:",
    ":red[danger]",
    r"$\href{javascript:window.run=1}{pressed}$",
    r"$\includegraphics{http://tracker.invalid/y.png}$",
    r"$\def\a{\a\a}\a$",
    "$:material/bug_report:$",
)
HOSTILE = " ".join(ATTACKS)


@pytest.fixture
def watched(page: Page, server: str) -> Iterator[Page]:
    """A window that must neither run what it is given nor ask anyone but the server."""
    asked: list[str] = []
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert page.evaluate("window.run") is None
    elsewhere = [
        url for url in asked
        if not url.startswith((server, server.replace("http", "ws"), "data:", "blob:"))
    ]  # fmt: skip
    assert not elsewhere
    assert page.locator("img[src='x'], svg[onload], [onerror]").count() == 0
    for link in page.locator("a").all():
        target = link.get_attribute("href") or ""
        target = link.get_attribute("xlink:href") or target
        assert "javascript" not in target
        assert "tracker.invalid" not in target


def test_a_paper_with_everything_in_it(watched: Page, server: str) -> None:
    watched.goto(f"{server}/classify")
    text = f"Knots in loops {HOSTILE}\n\nWe tie a knot on a torus. {HOSTILE}"
    watched.get_by_label("Your paper").fill(text)
    watched.get_by_role("button", name="Classify").click()
    expect(watched.get_by_text("Answered in")).to_be_visible()
    watched.get_by_text("Preview with formulas").click()
    # Formulas are set, the one thing that is; the link in one is not.
    expect(watched.locator(".katex").first).to_be_visible()
    expect(watched.get_by_text("<img src=x onerror=window.run=1>").first).to_be_visible()
    assert watched.locator("[data-testid=stIconMaterial]", has_text="bug_report").count() == 0


def test_terms_with_everything_in_them(watched: Page, server: str, rest: Rest) -> None:
    for view in ("Heatmap", "Odd one out", "Map"):
        lines = urllib.parse.urlencode(
            {
                "terms": ["<b>group</b>: SARS, cough, Italy, " + HOSTILE.replace(",", " ")],
                "view": view,
            },
            doseq=True,
        )
        watched.goto(f"{server}/terms?{lines}")
        expect(watched.get_by_test_id("stPlotlyChart").first).to_be_visible()
        rest(watched)


def test_a_corpus_with_everything_in_it(
    watched: Page, server: str, rest: Rest, tmp_path: Path
) -> None:
    path = tmp_path / "<img src=x onerror=window.run=1>:red[x].jsonl"
    codes = [attack.replace(" ", "/") for attack in ATTACKS]
    path = path.with_name(path.name.replace("/", ""))
    with path.open("w", encoding="utf-8") as file:
        for i, code in enumerate(codes * 3):
            record = {
                "id": f"24{1 + i % 12:02}.{i:05}",
                "categories": f"{code} {codes[(i + 1) % len(codes)]}",
                "title": HOSTILE,
                "abstract": HOSTILE,
                "license": ATTACKS[i % len(ATTACKS)],
            }
            file.write(json.dumps(record) + "\n")
    watched.goto(f"{server}/statistics?corpus=Upload a file …&of=Licences&level=Subjects")
    watched.locator("input[type=file]").set_input_files(path)
    expect(watched.locator(".st-key-corpus-facts")).to_contain_text(f"Papers {3 * len(codes)}")
    for view in ("Over time", "Co-occurrence", "Treemap", "Distributions", "Words", "Categories"):
        watched.get_by_text(view, exact=True).first.click()
        expect(watched.get_by_test_id("stPlotlyChart").first).to_be_visible()
        rest(watched)
    # Shown as it stands, in the bars' names.
    expect(watched.locator(".ytick", has_text="<img/src=x").first).to_be_visible()


def test_an_address_with_everything_in_it(watched: Page, server: str, rest: Rest) -> None:
    given = urllib.parse.quote(HOSTILE[:180])
    for path in ("", "terms", "statistics", "training", "models"):
        keys = ("example", "model", "kind", "near", "corpus", "path", "text", "runs", HOSTILE[:29])
        address = "&".join(f"{urllib.parse.quote(key)}={given}" for key in keys)
        watched.goto(f"{server}/{path}?{address}")
        expect(watched.get_by_test_id("stHeading").first).to_be_visible()
        rest(watched)
        assert watched.get_by_test_id("stException").count() == 0


# The server, asked directly.


def answer(server: str, method: str, path: str, **headers: str) -> tuple[int, bytes]:
    """The status and body of the server's answer to one request, nothing tidied on the way."""
    with closing(http.client.HTTPConnection(server.removeprefix("http://"), timeout=60)) as line:
        line.request(method, path, headers=headers)
        with line.getresponse() as found:
            # A session that is opened has no end to read up to.
            return found.status, b"" if found.status == 101 else found.read()


def session(server: str, origin: str, **headers: str) -> int:
    """The status of an attempt to open a session from a page of an origin."""
    return answer(
        server, "GET", "/_stcore/stream", Origin=origin, Connection="Upgrade", Upgrade="websocket",
        **{"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="},
        **headers,
    )[0]  # fmt: skip


def test_a_page_of_another_origin_gets_no_session(server: str) -> None:
    assert session(server, server) == 101
    assert session(server, "https://evil.example") == 403
    # Another program on the same machine is another origin.
    assert session(server, "http://127.0.0.1:1") == 403
    assert session(server, server.replace("127.0.0.1", "localhost")) == 403


def test_a_session_opens_through_a_port_mapping_or_a_proxy(server: str) -> None:
    assert session(server, "http://192.0.2.7", Host="192.0.2.7") == 101
    assert session(server, "https://papers.example.org", Host="papers.example.org") == 101


def headers_of(server: str, path: str) -> dict[str, str]:
    """The headers of an answer, their names in small letters."""
    with closing(http.client.HTTPConnection(server.removeprefix("http://"), timeout=60)) as line:
        line.request("GET", path)
        with line.getresponse() as found:
            return {name.lower(): value for name, value in found.getheaders()}


@pytest.mark.parametrize("path", ["/", "/terms", "/_stcore/health", "/favicon.png", "/media/none"])
def test_answers_have_security_headers(server: str, path: str) -> None:
    found = headers_of(server, path)
    assert found.items() >= HEADERS.items()
    assert "unsafe-eval" not in found["content-security-policy"]


def test_the_metrics_are_for_nobody_until_switched_on(server: str) -> None:
    assert answer(server, "GET", "/_stcore/metrics")[0] == 404
    assert answer(server, "GET", "/_stcore/metrics/")[0] == 404
    assert answer(server, "GET", "/_stcore/health")[0] == 200


def test_an_upload_without_the_token_is_refused(server: str) -> None:
    assert answer(server, "PUT", "/_stcore/upload_file/none/none")[0] in (400, 403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/static/../../../etc/passwd",
        "/app/static/..%2fREADME.md", "/media/../../etc/passwd", "/media/..%2f..%2fetc%2fpasswd",
        "/component/../../../etc/passwd", "/.streamlit/config.toml", "/core/settings.py",
        "/models/archive/linear/card.json", "/%00", "//etc/passwd",
    ],
)  # fmt: skip
def test_no_file_of_the_server_is_handed_out(server: str, path: str) -> None:
    _, content = answer(server, "GET", path)
    for secret in (b"root:", b"maxUploadSize", b"import os", b'"thresholds"', b"# Paperlens"):
        assert secret not in content


def test_an_endless_address_is_refused_and_the_server_goes_on(
    server: str, browser: Browser
) -> None:
    # It may hang up before it has read all of it.
    with suppress(ConnectionError):
        assert answer(server, "GET", "/?text=" + "x" * 2_000_000)[0] >= 400
    window = browser.new_context()
    try:
        page = window.new_page()
        many = "&".join(f"terms=w{i}" for i in range(4_000))
        page.goto(f"{server}/terms?{many}")
        page.locator("[data-testid=stApp]").wait_for(timeout=60_000)
        page.goto(f"{server}/classify")
        expect(page.get_by_role("heading", name="Classify")).to_be_visible(timeout=60_000)
    finally:
        window.close()
    assert answer(server, "GET", "/_stcore/health")[0] == 200


def test_nothing_secret_stands_in_the_answer(server: str) -> None:
    content = answer(server, "GET", "/")[1].decode()
    assert str(ROOT) not in content
    assert sys.prefix not in content
    assert "Traceback" not in content
