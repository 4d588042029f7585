"""Pasted texts: what line ends, PDFs, LaTeX, HTML and Markdown leave is taken out, no word lost."""

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.messages import Counted
from core.text.documents import paper_text, visible
from core.text.pasted import MAX_ROUNDS, Tidied, tidy, tidy_paper
from core.text.tokens import paper_tokens

CLEAN = (
    "We present an efficient classifier for the spectra of distant galaxies (Smith et al., 2019). "
    "It finds 5% more lines, at $z < 1 & x_i * 2$, than standard methods - by a factor of 2; "
    "see https://example.org/~a_b for data and code."
)


@pytest.mark.parametrize(
    ("halves", "whole"),
    [
        ("spec-\ntra", "spectra"),
        ("con-\n  volutional", "convolutional"),
        ("inter-\naction", "interaction"),
        ("gal-\r\naxies", "galaxies"),
        ("spec-  \ntra", "spectra"),
        ("infor\u00ad\nmation", "information"),
        ("spec\u2010\ntra", "spectra"),
        ("spec- tra", "spectra"),
        # No dictionary has it, nor its end.
        ("diffeo-\nmorphisms", "diffeomorphisms"),
        ("IMPLE-\nMENTATION", "IMPLEMENTATION"),
        # These have a hyphen of their own.
        ("well-\nknown", "well-known"),
        ("low-\nrank", "low-rank"),
        ("state-of-the-\nart", "state-of-the-art"),
        ("Birman-\nSchwinger", "Birman-Schwinger"),
        ("MRI-\nbased", "MRI-based"),
        ("COVID-\n19", "COVID-19"),
        ("two- and three-dimensional", "two- and three-dimensional"),
        ("short- term", "short-term"),
        ("a lower- bound", "a lower- bound"),
        # How the text writes it elsewhere decides.
        ("a re-entrant and re-\nentrant phase", "a re-entrant and re-entrant phase"),
        ("multi-\nmodal, multimodal", "multimodal, multimodal"),
    ],
)
def test_words_are_joined_over_line_ends(halves: str, whole: str) -> None:
    assert tidy(f"the {halves} of").text == f"the {whole} of"


def test_it_says_how_many_words_were_joined() -> None:
    tidied = tidy("the spec-\ntra of gal-\naxies, a well-\nknown survey")
    (note,) = tidied.notes
    assert isinstance(note, Counted)
    assert note.fields == {"n": 2}


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        (r"Schr\"odinger and Poincar\'{e}", "Schrödinger and Poincaré"),
        (r"{\"o} na\"{\i}ve Erd\H{o}s Fran\c cois Ho\v{r}ava", "ö naïve Erdős François Hořava"),
        (r"M{\o}ller, \L{}ojasiewicz", "Møller, Łojasiewicz"),
        (r"an \emph{efficient} \textbf{and \textit{fast}} one", "an efficient and fast one"),
        (r"a {\it fast} and {\bf sure} one", "a fast and sure one"),
        (r"classifier~\cite{smith} for", "classifier for"),
        (r"shown by \citet[p.~3]{smith}.", "shown by."),
        (r"Fig.~3 of Gaia~DR3", "Fig. 3 of Gaia DR3"),
        (r"about ~3 of them", "about ~3 of them"),
        (r"5\% \& more", "5% & more"),
        (r"see \href{https://example.org}{our page}", "see our page"),
        (r"{BERT} for {Gaussian Processes}", "BERT for Gaussian Processes"),
        ("Birman--Schwinger---a kernel", "Birman–Schwinger—a kernel"),
        (r"$\alpha$-decay \(x_1\) \[\emph{y}~z\]", r"$\alpha$-decay \(x_1\) \[\emph{y}~z\]"),
        (
            r"\begin{equation}a~b--c\end{equation}",
            r"\begin{equation}a~b--c\end{equation}",
        ),
        (r"our \method{} is", r"our \method{} is"),
        ("x \\$5 and\n% a comment\nmore", "x \\$5 and\nmore"),
    ],
)
def test_latex_becomes_what_it_prints_and_formulas_stay(pasted: str, text: str) -> None:
    assert tidy(pasted).text == text


def test_environments_leave_their_words() -> None:
    source = (
        r"\begin{abstract}We present a classifier.\begin{itemize}\item It is fast."
        r"\item[b] It is calibrated.\end{itemize}\end{abstract}"
    )
    words = "We present a classifier. It is fast. It is calibrated."
    assert tidy(source).text.split() == words.split()


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("e\ufb03cient \ufb02ow, ef \ufb01 cient", "efficient flow, efficient"),
        ("\uff21\uff22\uff13 and \U0001d431", "AB3 and x"),
        ("at \u22125\u00a0K, x\u00b2\u2026", "at -5 K, x²…"),
        ("本文提出一种方法，用于分类。", "本文提出一种方法，用于分类。"),
        ("rota\u00adtion gal\u200baxies", "rotation galaxies"),
        ("<p>H<sub>2</sub>O &amp; <i>E. coli</i></p>", "\nH2O & E. coli\n"),
        ("<jats:p>We study &lt; 5&nbsp;K</jats:p>", "\nWe study < 5 K\n"),
        ("the mean <p> of <v> at $a<b$", "the mean <p> of <v> at $a<b$"),
        ("a **bold** and *slanted* [link](https://example.org/x_y)", "a bold and slanted link"),
        (
            "# Heading\nof a C*-algebra and a W*-algebra",
            "Heading\nof a C*-algebra and a W*-algebra",
        ),
        ("- one\n- two\n- three", "one\ntwo\nthree"),
        ("snake_case_name and x_i, y_i", "snake_case_name and x_i, y_i"),
    ],
)
def test_other_forms_of_letters_and_marks(pasted: str, text: str) -> None:
    assert tidy(pasted).text == text


def test_numbers_of_lines_are_left_out() -> None:
    lines = [
        "We present an ef-",
        "ficient classifier",
        "for 2019 galaxies and",
        "their spec-",
        "tra.",
    ]
    words = "We present an efficient classifier for 2019 galaxies and their spectra.".split()
    numbered = "\n".join(f"{i:3} {line}" for i, line in enumerate(lines, 11))
    assert tidy(numbered).text.split() == words
    apart = "\n".join(f"{i}\n{line}" for i, line in enumerate(lines, 11))
    assert tidy(apart).text.split() == words


@pytest.mark.parametrize(
    "text",
    [
        "In the years\n2019 and\n2020 we saw\n2021 cases of\n12 kinds.",
        "3 kinds of knots,\n4 of links.",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert tidy(text).text == text


FRONT = """\
Diffusion of efficient classifiers
A. Doe1, Bo Roe2 and C. Poe
1 Institute of Astronomy, University of Cambridge
2Department of Physics, Some University
{doe,roe}@ast.example.org

ABSTRACT
We present a classifier.
Key words: galaxies: evolution – stars: formation –
methods: statistical
"""


def test_names_addresses_and_keywords_are_left_out() -> None:
    tidied = tidy(FRONT)
    assert tidied.text.split("\n") == [
        "Diffusion of efficient classifiers", "", "", "We present a classifier.", "",
    ]  # fmt: skip
    assert [note.fields["n"] for note in tidied.notes] == [4, 1]


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("Abstract: We study knots.", "We study knots."),
        ("Abstract\u2014We study knots.", "We study knots."),
        ("ABSTRACT We study knots.", "We study knots."),
        ("We study knots. Keywords: knots, links", "We study knots."),
        ("We study knots.\nE-mail: doe@example.org", "We study knots."),
    ],
)
def test_headings_and_keywords_are_left_out(pasted: str, text: str) -> None:
    assert tidy(pasted).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Abstract interpretation of programs",
        "Summary statistics of the University of Life",
        "Prospects for the Vera C. Rubin Observatory Legacy Survey",
        "Results on\nPACS, Digits and Office-Home show that we win.",
        "We asked students at\nHarvard University, Princeton University\nand elsewhere.",
        "Department of Physics",
        "Recombination of Iron: Laboratory\n  Measurements",
        "Keywords: knots, links",
        "The code is at\ncode@example.org and is free for all who want it.",
    ],
)
def test_sentences_and_titles_that_look_alike_stay(text: str) -> None:
    assert tidy(text).text == text


def test_a_clean_text_is_returned_as_it_is() -> None:
    assert tidy(CLEAN) == Tidied(CLEAN, ())


def test_an_ellipsis_cuts_no_word() -> None:
    assert (
        paper_tokens(tidy("dust\u2026and stars...of gas").text) == "dust and stars of gas".split()
    )


def test_a_paper_is_tidied_in_one() -> None:
    tidied = tidy_paper("On spec-\ntra", "of gal-\naxies")
    assert tidied.text == paper_text("On spectra", "of galaxies")
    assert [note.fields for note in tidied.notes] == [{"n": 2}]


PIECES = (
    r"\emph{ \textbf{ } { \cite{a} ~ -- --- $ \( \) \% \\ % \begin{equation} \end{equation} "
    r"\begin{abstract} \item \"o \'{e} <p> </p> &amp; lt; ** * _ ` [a](https://b) a spec tra "
    "1 2 Abstract a@b.org \ufb01 \uff21 \u2212 \xad"
).split(" ")
MORE = ["-\n", "- ", "\n", " ", "# ", "> ", "1 ", "well-\nknown", "Keywords: x", "University "]
pieces = st.sampled_from([*PIECES, *MORE])
pasted_texts = st.lists(pieces, max_size=30).map("".join) | st.text(max_size=300)


@given(pasted_texts)
@example("&amp;lt;p&amp;gt;")
@example("\\\\emph{a}")
@example("a-\n-\nb")
def test_a_tidied_text_stays_as_it_is(text: str) -> None:
    once = tidy(text).text
    assert tidy(once) == Tidied(once, ())
    assert visible(once) == once


@given(
    st.lists(st.sampled_from(["spec-\ntra", "well-\nknown", "qu-\nandles", "x-\ny", "a", "A-\nb"]))
)
def test_joined_words_keep_their_letters(words: list[str]) -> None:
    text = " ".join(words)
    letters = re.sub(r"[-\s]", "", text)
    assert re.sub(r"[-\s]", "", tidy(text).text) == letters


@given(st.text(st.sampled_from("abcdefghijk ,.()0123456789"), max_size=200))
def test_plain_words_are_never_lost(text: str) -> None:
    assert paper_tokens(tidy(text).text) == paper_tokens(text)


GROWING = [
    *r"\emph{ $ \( \[ \begin{equation} {\it~a <p></p *a `a [a]( @a \cite[ &amp; ~~a".split(" "),
    *("-\na", "a- ", "\n1 a", "\n> ", "\n", "University of Life\n", "Key words: "),
]


@pytest.mark.parametrize("piece", GROWING)
def test_time_grows_with_the_length(
    piece: str, growth: Callable[[Callable[[int], object], int, int], float]
) -> None:
    # Quadratic time would be sixteen times as long.
    assert growth(lambda n: tidy(piece * n), 2_000, 8_000) < 10


def test_rounds_are_enough_for_nested_commands() -> None:
    nested = "\\emph{" * (MAX_ROUNDS - 2) + "knots" + "}" * (MAX_ROUNDS - 2)
    assert tidy(nested).text == "knots"
