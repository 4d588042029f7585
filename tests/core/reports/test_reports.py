"""Reports: what is in the file, and that nothing typed becomes HTML."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classifiers.base import TokenAttribution
from core.i18n import use_language
from core.plots.corpus_charts import bars
from core.reports.blocks import (
    BarList,
    BarRow,
    FactList,
    Grid,
    MarkedText,
    Paragraph,
    Picture,
    Report,
    ReportSection,
    grid_of,
)
from core.reports.corpus import MAX_ROWS, corpus_report
from core.reports.paper import marked_pieces
from core.reports.render import render

MADE = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "' onload='alert(1)",
            "</title><svg/onload=alert(1)>",
            "</style><b>",
            "{{ 7 * 7 }}{% raw %}",
            "&lt;b&gt;",
            "javascript:alert(1)",
        ]
    ),
)


class Seen(HTMLParser):
    """The elements of a page with their attributes' names, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.text: list[str] = []
        self.links: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, *(name for name, _value in attrs)))
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text.append(data)


def every_block(text: str) -> Report:
    blocks = [
        Paragraph(text),
        FactList([(text, text)]),
        BarList([BarRow(text, text, 0.5, 0.25)]),
        Grid([text], [[text]]),
        MarkedText([(text, 1.0), (text, -0.5), (text, 0.0)]),
        Picture(text.encode("utf-8", "replace"), text),
    ]
    return Report(
        text, [Paragraph(text)], [ReportSection(text, blocks)], [(text, text)], text, MADE
    )


@given(HOSTILE)
def test_what_was_typed_is_text_in_every_block(text: str) -> None:
    plain, seen = Seen(render(every_block("a"))), Seen(render(every_block(text)))
    assert seen.elements == plain.elements
    assert all(link.startswith("data:") for link in seen.links)


def test_text_comes_out_as_it_went_in() -> None:
    text = "a < b & \"c\" 'd' {{ e }} Poincaré 黎曼"
    assert "".join(Seen(render(every_block(text))).text).count(text) == 16


def test_only_addresses_of_the_web_are_links() -> None:
    for link in ("javascript:alert(1)", "data:text/html,x", ""):
        assert not Seen(render(Report("a", [], link=link))).links
    found = Seen(render(Report("a", [], link="https://example.org/classify?a=1&b=2")))
    assert found.links == ["https://example.org/classify?a=1&b=2"]


def test_the_language_is_the_readers() -> None:
    with use_language("zh"):
        content = render(Report("a", [], made=MADE)).decode()
    assert '<html lang="zh">' in content
    assert "2026-03-01 12:05 UTC" in content


@given(HOSTILE)
def test_a_figure_cannot_leave_its_script(name: str) -> None:
    table = pd.DataFrame({"word": [name], "papers": [3]})
    figure = bars(name, [name], [3], name)
    content = render(corpus_report(figure, table, ["word", "papers"], {"Corpus": name}))
    scripts = [element for element in Seen(content).elements if element[0] == "script"]
    assert len(scripts) == 3
    assert not [element for element in Seen(content).elements if element[0] in ("img", "svg")]


def test_a_long_table_is_cut_and_says_so() -> None:
    table = pd.DataFrame({"word": [f"w{i}" for i in range(MAX_ROWS + 1)], "papers": 1})
    report = corpus_report(bars("a", ["b"], [1], "c"), table, ["word", "papers"], {})
    grid, note = report.sections[1].blocks
    assert len(grid.rows) == MAX_ROWS
    assert note.text == f"The first {MAX_ROWS} of {MAX_ROWS + 1} rows."


def test_numbers_are_short_and_aligned() -> None:
    grid = grid_of(pd.DataFrame({"a": ["x", None], "b": [0.123456, 1234567.0]}), ["a", "b"])
    assert grid.rows == [("x", "0.1235"), ("–", "1,234,567")]
    assert grid.numeric == {1}


@pytest.mark.parametrize("text", ["Knots in loops", "½ knots"])
def test_marked_pieces_add_up_to_the_text(text: str) -> None:
    shaded = [TokenAttribution(0, 1, 2.0), TokenAttribution(0, 1, 1.0), TokenAttribution(2, 7, -1)]
    pieces = marked_pieces(text, shaded)
    assert "".join(piece for piece, _strength in pieces) == text
    assert [strength for _piece, strength in pieces if strength] == [1.0, -0.5]
