"""English in the code, translations in the catalogues: all there, none unused, no bare text."""

import ast
import pickle
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from core import i18n
from core.i18n import _, ngettext, translate, use_language
from core.messages import Counted, Message, PaperlensError
from core.settings import ROOT
from docs import translations

SCREENS = sorted(
    {ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "core" / "plots").glob("*.py")}
    - {ROOT / "core/plots/theme.py"}
)
"""Files all of whose texts are for the screen."""

MARKED = {"_", "N_", "ngettext", "Message", "Counted"}
# Words between words, or a capital word: what a reader would take for language.
LANGUAGE = re.compile(r"[A-Za-z]{2,}[,.:;]? +[A-Za-z]{2,}|^[A-Z][a-z]{2,}")
# Arguments that nobody reads, and names that are the same in every language.
QUIET = {
    "key", "icon", "bind", "type", "mime", "dash", "symbol", "mode", "colorscale", "fill",
    "font_family", "textposition",
}  # fmt: skip
NAMES = {
    "Paperlens", "Python", "DuckDB", "Plotly", "SciCite", "CORD-19", "Swivel",
    "Streamlit", "NumPy", "TensorFlow", "Windows-1252", "Parquet", "Excel", "BibTeX", "Loaded",
    " (in the title)",
}  # fmt: skip
# Plotly's and matplotlib's words for places.
PLACE = re.compile(r"(outside )?(top|upper|middle|bottom|lower) (left|center|right)|offset points")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return translations.template()


def test_every_text_has_its_translation_and_every_translation_its_text(template: Catalog) -> None:
    for code in set(i18n.LANGUAGES) - {"en"}:
        assert not list(translations.problems(i18n.catalogue(code), template))


def test_a_missing_and_an_unused_entry_are_found() -> None:
    catalogue, wanted = Catalog(locale="zh"), Catalog()
    catalogue.add("old", "旧")
    wanted.add("new")
    assert len(list(translations.problems(catalogue, wanted))) == 2


def test_texts_of_all_kinds_are_collected(template: Catalog) -> None:
    assert "Heatmap" in template  # a marked constant of a page
    assert "Optimization and Control" in template  # a name in the taxonomy
    assert "{path} does not exist." in template  # an error's text


def fields(text: str) -> set[tuple[str, str]]:
    """The names of a text's fields with how each is set, thousands and digits."""
    return {(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", sorted(set(i18n.LANGUAGES) - {"en"}))
def test_fields_and_code_are_the_same_in_a_translation(code: str) -> None:
    inline_code = re.compile(r"`[^`]+`")
    for message in i18n.catalogue(code):
        if not message.id:
            continue
        english = message.id if isinstance(message.id, str) else message.id[-1]
        texts = [message.string] if isinstance(message.string, str) else message.string
        for text in texts:
            assert sorted(inline_code.findall(english)) == sorted(inline_code.findall(text))
            try:
                wanted = fields(english)
            except ValueError:
                continue  # a text with braces of its own has no fields
            assert fields(text) == wanted, english


def bare(path: Path) -> Iterator[tuple[int, str]]:
    """Strings that look like language and are not marked for translation, with their lines."""

    def look(node: ast.AST) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in MARKED:
                for keyword in node.keywords:
                    yield from look(keyword.value)
                return
            if node.func.id == "link":
                return  # what it opens is named by the options of that page, marked there
        if isinstance(node, ast.keyword) and node.arg in QUIET:
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Constant):
            words = node.value if isinstance(node.value, str) else ""
            is_name = words in NAMES or words.startswith("<") or PLACE.fullmatch(words)
            if LANGUAGE.search(words) and not is_name:
                yield node.lineno, words
            return
        for name, child in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            for one in child if isinstance(child, list) else [child]:
                if isinstance(one, ast.AST):
                    yield from look(one)

    yield from look(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SCREENS, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_screen_has_a_bare_text(path: Path) -> None:
    assert not list(bare(path))


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A catalogue of two entries."""
    folder = tmp_path / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "paperlens.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "because of {reason}"\nmsgstr "由于{reason}"\n\n'
        'msgid "{n:,} paper"\nmsgid_plural "{n:,} papers"\nmsgstr[0] "{n:,} 篇论文"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(i18n, "LOCALE", tmp_path)
    for cached in (i18n.catalogue, i18n._translations):
        cached.cache_clear()
    yield
    for cached in (i18n.catalogue, i18n._translations):
        cached.cache_clear()


def papers(n: int) -> str:
    return ngettext("{n:,} paper", "{n:,} papers", n).format(n=n)


def test_texts_are_translated_where_there_is_a_translation(catalogue: None) -> None:
    assert [papers(1), papers(3000), _("")] == ["1 paper", "3,000 papers", ""]
    with use_language("zh"):
        assert [papers(1), papers(3000), _("a {brace}")] == [
            "1 篇论文",
            "3,000 篇论文",
            "a {brace}",
        ]
    assert papers(3000) == "3,000 papers"


def test_messages_and_errors_are_translated_where_they_are_shown(catalogue: None) -> None:
    inner = Message("because of {reason}", reason="rain")
    outer = PaperlensError("because of {reason}", reason=inner)
    assert (str(inner), str(outer)) == ("because of rain", "because of because of rain")
    assert outer.fields == {"reason": inner}
    with use_language("zh"):
        assert (translate(inner), translate(outer)) == ("由于rain", "由于由于rain")
        assert translate(OSError(2, "no such file")) == "[Errno 2] no such file"
        assert translate("of {anything}") == "of {anything}"


def test_a_counted_message_is_singular_or_plural_in_each_language(catalogue: None) -> None:
    one, many = (Counted("{n:,} paper", "{n:,} papers", n=n) for n in (1, 3000))
    assert [one, many, translate(many)] == ["1 paper", "3,000 papers", "3,000 papers"]
    again = pickle.loads(pickle.dumps(many))  # noqa: S301 - our own bytes
    with use_language("zh"):
        assert [translate(one), translate(again)] == ["1 篇论文", "3,000 篇论文"]


def test_a_message_and_an_error_survive_the_way_to_another_process() -> None:
    error = PaperlensError("row {row} is empty", row=3)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (str(again), again.args[0].template, again.fields) == (
        "row 3 is empty", "row {row} is empty", {"row": 3},
    )  # fmt: skip
