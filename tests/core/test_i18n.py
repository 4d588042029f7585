"""English in the code, Chinese in the catalogue: none missing, none unused, no bare string."""

import ast
import json
import re
import string
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import cards, i18n, jobs, taxonomy
from core.classifiers.registry import recipes
from core.corpora import scicite
from core.i18n import say
from core.settings import ROOT
from core.statistics import aggregates
from core.tasks import TASKS
from pages.content import examples, leaderboard, published

PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
CONTENT = sorted((ROOT / "pages" / "content").glob("*.py"))
SOURCES = [*PAGES, *CONTENT, *sorted((ROOT / "core").rglob("*.py"))]
SCREENS = [
    *PAGES,
    *sorted({*(ROOT / "core" / "plots").glob("*.py")} - {ROOT / "core/plots/theme.py"}),
]
SCREENS += [ROOT / "pages/content/overview.py", ROOT / "core/text/input_checks.py"]
"""Files all of whose words are for the screen."""

ENGLISH = {
    ROOT / "core" / f"{name}.py"
    for name in ("cli", "prediction/dask_cluster", "corpora/download", "embeddings/module_download")
}
"""What only the command line says stays English."""

SAYING = {"say", "phrase", "phrases"}
# Words between words, or a capital word: what a reader would take for language.
LANGUAGE = re.compile(r"[A-Za-z]{2,}[,.:;]? +[A-Za-z]{2,}|^[A-Z][a-z]{2,}")
# Arguments that nobody reads, and names that are the same in every language.
QUIET = {
    "key", "icon", "bind", "type", "mime", "dash", "symbol", "mode", "colorscale", "fill",
    "font_family", "textposition",
}  # fmt: skip
NAMES = {
    "Paperlens", "Python", "DuckDB", "Plotly", "SciCite", "CORD-19", "Swivel",
    "Streamlit", "NumPy", "TensorFlow", "Windows-1252", "Parquet",
}  # fmt: skip


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def called(node: ast.AST) -> str:
    """The name of the function that a node calls, empty for all else."""
    found = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return node.func.id if found else ""


def said(path: Path) -> Iterator[str]:
    """Every literal that a file says, or marks to be said later."""
    for node in ast.walk(tree(path)):
        if called(node) in SAYING:
            for text in node.args:
                assert not isinstance(text, ast.JoinedStr), f"{path}:{node.lineno} says an f-string"
                for part in ast.walk(text):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def tables() -> Iterator[str]:
    """What tables of names hold, which pages say a row at a time."""
    yield from (taxonomy.name(code) for code in (*taxonomy.ARCHIVES, *taxonomy.SUBJECTS))
    yield from (retired.name for retired in taxonomy.RETIRED.values())
    for task in TASKS.values():
        yield task.title
    for recipe in recipes().values():
        yield from (recipe.label, recipe.summary)
        if recipe.options:
            yield jobs.live_label(recipe)
    yield from (example.name for example in (*examples.EXAMPLES, *examples.CITATIONS))
    yield from leaderboard.TITLES.values()
    for part in leaderboard.SLICES.values():
        yield from (part.title, part.meaning)
    for columns in leaderboard.COLUMNS.values():
        yield from columns.values()
    yield from leaderboard.MEANINGS.values()
    for row in leaderboard.PUBLISHED:
        yield from (row.system, row.figure, row.source)
    yield from scicite.LABELS
    for curve in published.CURVES:
        yield from (curve.label, curve.source)
    for folder in aggregates.aggregates():
        counts = aggregates.read_aggregate(folder).card
        yield from (counts["title"], counts["warning"], counts["note"])
    for card in cards.installed()[0]:
        yield from (card.label, card.summary)


def wanted() -> set[str]:
    return {text for path in SOURCES for text in said(path)} | set(tables())


def test_no_key_is_missing() -> None:
    missing = sorted(wanted() - set(i18n.chinese()))
    assert not missing, f"{len(missing)} texts have no Chinese: {missing[:5]}"


def test_no_key_is_unused() -> None:
    unused = sorted(set(i18n.chinese()) - wanted())
    assert not unused, f"{len(unused)} entries that nothing says: {unused[:5]}"


def fields(text: str) -> set[tuple[str, str]]:
    """The names of a text's values with how each is set, thousands and digits."""
    return {(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name}


def test_values_stand_in_both_languages() -> None:
    for english, chinese in i18n.chinese().items():
        try:
            expected = fields(english)
        except ValueError:
            continue  # a text with braces of its own takes no values
        assert fields(chinese) == expected, english


def test_what_is_code_stays_the_same() -> None:
    code = re.compile(r"`[^`]+`")
    for english, chinese in i18n.chinese().items():
        assert sorted(code.findall(english)) == sorted(code.findall(chinese)), english


def test_the_catalogue_is_in_order() -> None:
    """So that two people who add to it rarely meet."""
    text = i18n.CATALOGUE.read_text(encoding="utf-8")
    entries = json.loads(text)
    assert list(entries) == sorted(entries)
    assert text == json.dumps(entries, ensure_ascii=False, indent=0) + "\n"


def bare(path: Path) -> Iterator[tuple[int, str]]:
    """Strings that look like language and are not said, with their lines."""

    def look(node: ast.AST) -> Iterator[tuple[int, str]]:
        if called(node) in SAYING:
            # The values are looked at, the text is said.
            for keyword in node.keywords:
                yield from look(keyword.value)
            return
        if called(node) == "Link":
            # What it opens is told by the options of that page, which are said there.
            yield from look(node.args[1])
            return
        if isinstance(node, ast.keyword) and node.arg in QUIET:
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Constant):
            words = node.value if isinstance(node.value, str) else ""
            if LANGUAGE.search(words) and words not in NAMES and not words.startswith("<"):
                yield node.lineno, words
            return
        for name, child in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            for one in child if isinstance(child, list) else [child]:
                if isinstance(one, ast.AST):
                    yield from look(one)

    yield from look(tree(path))


@pytest.mark.parametrize("path", SCREENS, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_screen_has_a_bare_string(path: Path) -> None:
    assert not list(bare(path))


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if p not in ENGLISH],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_what_is_raised_is_said(path: Path) -> None:
    """An error's sentence may come on screen. TypeError and the like are for programmers."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func)
            if name in ("TypeError", "ValueError", "KeyError", "NotImplementedError", "SystemExit"):
                continue
            for words in node.exc.args:
                if isinstance(words, ast.Constant | ast.JoinedStr | ast.BinOp):
                    text = ast.unparse(words)
                    assert not LANGUAGE.search(text), f"{path}:{node.lineno} raises {text} unsaid"


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of one entry."""
    monkeypatch.setattr(i18n, "chinese", lambda: {"{n:,} papers": "{n:,} 篇论文"})


def test_english_is_what_the_code_says() -> None:
    assert say("{n:,} papers", n=3000) == "3,000 papers"


def test_chinese_is_what_the_catalogue_says(catalogue: None) -> None:
    i18n.use("zh")
    try:
        assert say("{n:,} papers", n=3000) == "3,000 篇论文"
        assert say("{n:,} words", n=3) == "3 words"
        assert say("a {brace}") == "a {brace}"
    finally:
        i18n.use(None)
    assert say("{n:,} papers", n=3) == "3 papers"


def test_a_thread_speaks_what_its_maker_spoke(catalogue: None) -> None:
    heard: list[str] = []

    def work() -> None:
        heard.append(say("{n:,} papers", n=1))

    i18n.use("zh")
    try:
        carried = i18n.carry(work)
    finally:
        i18n.use(None)
    for run in (carried, work):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert heard == ["1 篇论文", "1 papers"]


def test_deferred_words_are_translated_where_they_are_shown(catalogue: None) -> None:
    inner = i18n.deferred(say)("{n:,} papers", n=3000)
    outer = i18n.deferred(say)("because of {reason}", reason=ValueError(inner))
    assert (inner, outer) == ("3,000 papers", "because of 3,000 papers")
    foreign = "{n:,} of anything"
    for code, wanted in (("zh", "3,000 篇论文"), ("en", "3,000 papers")):
        i18n.use(code)
        assert i18n.translated(inner) == wanted
        assert i18n.translated(ValueError(inner)) == wanted
        assert i18n.translated(outer) == f"because of {wanted}"
        assert i18n.translated(OSError(2, foreign)) == f"[Errno 2] {foreign}"
        assert i18n.translated(foreign) == foreign


def test_a_thread_of_a_pool_keeps_no_language(catalogue: None) -> None:
    def fail() -> None:
        raise LookupError

    i18n.use("zh")
    carried = [i18n.carry(i18n.spoken), i18n.carry(fail)]
    i18n.use(None)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(carried[0]).result() == "zh"
        assert pool.submit(i18n.spoken).result() == "en"
        assert isinstance(pool.submit(carried[1]).exception(), LookupError)
        assert pool.submit(i18n.spoken).result() == "en"
