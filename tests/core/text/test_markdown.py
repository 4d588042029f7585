"""The preview: formulas are set, and nothing else in a pasted text does anything."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.text import latex
from core.text.markdown import as_markdown

JOINER = "\u2060"


def parse(markdown: str) -> list[tuple[str, str]]:
    """Read Markdown by its rules on backslashes and dollar signs: texts and formulas in order.

    Raises ValueError at punctuation that Markdown would act on.
    """
    parts: list[tuple[str, str]] = []
    plain, position = "", 0
    while position < len(markdown):
        c = markdown[position]
        if c == "\\" and markdown[position + 1] in string.punctuation:
            plain += markdown[position + 1]
            position += 2
        elif c == "$":
            run = re.match(r"\$+", markdown[position:])
            assert run is not None
            if len(run[0]) > 1:
                raise ValueError(f"dollar signs run together at {position}")
            end = markdown.index("$", position + 1)
            parts += [("text", plain), ("formula", markdown[position + 1 : end])]
            plain, position = "", end + 1
        elif c in string.punctuation or c in "\r\n":
            raise ValueError(f"{c!r} at {position} is not escaped")
        else:
            plain += c
            position += 1
    return [*parts, ("text", plain)]


def content(markdown: str) -> str:
    """What a reader sees, without white space, dollar signs and joiners."""
    joined = "".join(body for _, body in parse(markdown))
    return re.sub(rf"[\s${JOINER}]", "", joined)


pieces = st.sampled_from(
    [
        *("$", "$$", "\\$", "\\", "a", "x^2", " ", "\n", "\r\r", "5", "[x](http://evil.test)", "`"),
        *("<b onclick=x>", "![i](y)", ":material/home:", ":red[z]", "**", "# ", "&lt;", "|", "~~"),
    ]
)
pasted = st.lists(pieces, max_size=25).map("".join) | st.text()


@given(pasted)
@example("$$x$ [link](http://evil.test) $y$$")
@example("$a$$b$")
@example("$a\r\rb [x](http://evil.test)$")
@example("$[x](http://evil.test)$5")
def test_everything_outside_formulas_is_escaped_and_nothing_is_lost(text: str) -> None:
    markdown = as_markdown(text)
    with_letters = latex.outside_formulas(re.sub(r"\s*[\r\n]\s*", " ", text), latex.letters)
    assert content(markdown) == re.sub(rf"[\s${JOINER}]", "", with_letters)
    for kind, body in parse(markdown):
        if kind == "formula":
            assert body == body.strip()
            assert body
            assert "$" not in body
            assert body in re.sub(r"\s*[\r\n]\s*", " ", text)


@given(pasted)
def test_streamlit_loads_its_formulas_where_there_are_any(text: str) -> None:
    # Without them, what stands between dollar signs would be read as Markdown. The pattern is
    # Streamlit's own.
    markdown = as_markdown(text)
    if any(kind == "formula" for kind, _ in parse(markdown)):
        bare = re.sub(r"\\[\\$`]", "_", markdown)
        assert re.search(r"(?<!\$)\$(?![\s$])[^$\n]*?[^\s$]\$(?!\d)", bare)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "![pixel](http://evil.test/x.png)",
        ":material/home: :red[text] :smile:",
        "# Heading",
        "* item",
        "1. item",
        "`code` and ~~gone~~ and **bold** and _it_",
        "&lt;b&gt; &#36;",
        "| a | b |",
        "a\\$b",
        "C:\\temp",
    ],
)
def test_markup_is_shown_not_obeyed(text: str) -> None:
    markdown = as_markdown(text)
    ((kind, shown),) = parse(markdown)
    assert (kind, shown.replace(JOINER, "")) == ("text", text)


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("Let $x^2$ be", ["x^2"]),
        ("$$E = mc^2$$", ["E = mc^2"]),
        ("$ a_1 $ and $$\n\\frac{a}{b}\n$$.", ["a_1", "\\frac{a}{b}"]),
        ("$\\alpha$-decay of $^{12}$C", ["\\alpha", "^{12}"]),
        ("It costs $5 and $10", []),
        ("It costs \\$x and \\$y", []),
        ("one $ alone", []),
        ("$$ $$ and $ $", []),
        ("$a$$b$", ["a", "b"]),
        (r"Let \(x^2\) be \[ y_1 \\[2pt] z \].", ["x^2", r"y_1 \\[2pt] z"]),
        (r"\(a\)\(b\)", ["a", "b"]),
        (r"a \\(not\\) one", []),
        (r"\begin{equation}\label{a} E=mc^2 \end{equation}", ["E=mc^2"]),
        (r"\begin{align*}a&=b\end{align*}", [r"\begin{aligned}a&=b\end{aligned}"]),
        (r"\begin{equation}\text{$x$}\end{equation}", []),
        (r"\begin{equation}x\end{align}", []),
    ],
)
def test_formulas_are_kept(text: str, formulas: list[str]) -> None:
    parts = parse(as_markdown(text))
    assert [body for kind, body in parts if kind == "formula"] == formulas


def test_accents_are_shown_as_letters_outside_formulas() -> None:
    parts = parse(as_markdown(r"Schr\"odinger and Poincar\'{e} of $\"a$"))
    assert parts[:2] == [("text", "Schrödinger and Poincaré of "), ("formula", r"\"a")]


def test_lines_become_one_paragraph() -> None:
    assert as_markdown("one\n\n  two\r\nthree\rfour") == "one two three four"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see http://evil.test/x.", f"see http:{JOINER}//evil.test/x."),
        ("HTTPS://evil.test", f"HTTPS:{JOINER}//evil.test"),
        ("www.evil.test", f"www{JOINER}.evil.test"),
        ("a.b@evil.test", f"a.b{JOINER}@evil.test"),
        ("5 // 3 @ 2", "5 // 3 @ 2"),
    ],
)
def test_addresses_are_broken_up(text: str, shown: str) -> None:
    # Markdown makes links of them after it has taken the backslashes off.
    assert parse(as_markdown(text)) == [("text", shown)]


@pytest.mark.parametrize("text", [":material_home:", ":streamlit:"])
def test_streamlits_own_marks_are_broken_up(text: str) -> None:
    # Streamlit looks for them after Markdown has taken the backslashes off.
    ((_, shown),) = parse(as_markdown(text))
    assert shown == f":{JOINER}{text[1:]}"
