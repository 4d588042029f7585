"""Title and abstract are told apart in pasted pages; what belongs to neither is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.pasted import split_title, tidy

TITLE = "Diffusion of efficient classifiers for galaxy spectra"
ABSTRACT = (
    "We present an efficient classifier for the spectra of distant galaxies. It combines a "
    "convolutional network with a physical model of dust."
)
WRAPPED = (
    "We present an efficient classifier for the spec-\ntra of distant galaxies. It combines a\n"
    "convolutional network with a physical model of dust."
)
FIRST_PAGE = f"""\
arXiv:2101.00001v2 [astro-ph.GA] 3 Jan 2021
Diffusion of efficient classifiers
for galaxy spectra
A. Doe1, Bo Roe2 and Carla Poe1,2
1 Institute of Astronomy, University of Cambridge, Madingley Road
2Department of Physics, Some University
doe@ast.example.org
(Dated: January 3, 2021)
ABSTRACT
{WRAPPED}
Key words: galaxies: evolution – stars: formation –
methods: statistical
1 INTRODUCTION
Galaxies are large and there are many of them.
"""
NUMBERED = "\n".join(f"{i:03} {line}" for i, line in enumerate(FIRST_PAGE.split("\n")[1:], 1))
SOURCE = rf"""\documentclass{{article}}
\title[short]{{Diffusion of {{\em efficient}} classifiers % still a draft
 for galaxy spectra}}
\author{{A. Doe\thanks{{Institute of Astronomy}}}}
\begin{{document}}\maketitle
\begin{{abstract}}
{ABSTRACT}
\end{{abstract}}
\section{{Introduction}} Galaxies are large.
"""
ARXIV_PAGE = f"""\
Astrophysics > Astrophysics of Galaxies
[Submitted on 17 Jun 2021 (v1), last revised 16 Oct 2021 (this version, v2)]
{TITLE}
Ada Doe, Bo Roe, Carla Van-Poe
View PDF
{ABSTRACT}
Comments: 12 pages
Subjects: Astrophysics of Galaxies (astro-ph.GA)
Cite as: arXiv:2101.00001
"""
LISTING = f"""\
Title: Diffusion of efficient classifiers
  for galaxy spectra
Authors: A. Doe
Categories: astro-ph.GA
\\\\
  {ABSTRACT}
\\\\
"""


@pytest.mark.parametrize(
    "text",
    [
        FIRST_PAGE,
        NUMBERED,
        SOURCE,
        ARXIV_PAGE,
        LISTING,
        f"{TITLE}\n\n{ABSTRACT}",
        f"{TITLE}\n{WRAPPED}",
        f"{TITLE}. {ABSTRACT}",
        f"# {TITLE}\n\n**Abstract**\n\n{ABSTRACT}",
        f"Title: {TITLE}\nAbstract: {ABSTRACT}\nKeywords: galaxies, dust",
        f"{TITLE}\n\nAda Doe and Bo Roe\n\nAbstract\n\n{ABSTRACT}\n\nKeywords: galaxies, dust",
        f"{TITLE}\r\n\r\nAbstract\u2014{ABSTRACT}\r\nIndex Terms\u2014galaxies, dust",
    ],
)
def test_title_and_abstract_are_found(text: str) -> None:
    title, abstract = split_title(text)
    assert tidy(title).text == TITLE
    assert " ".join(tidy(abstract).text.split()) == ABSTRACT


@pytest.mark.parametrize("text", [ABSTRACT, WRAPPED, f"Abstract: {ABSTRACT}"])
def test_an_abstract_alone_has_no_title(text: str) -> None:
    title, abstract = split_title(text)
    assert title == ""
    assert " ".join(tidy(abstract).text.split()) == ABSTRACT


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("", ("", "")),
        (" \n ", ("", "")),
        (TITLE, (TITLE, "")),
        (
            "Galaxies, Dust and Gas\nAnna Huberová, Bo Xiao\nAbstract\nWe study.",
            ("Galaxies, Dust and Gas", "We study."),
        ),
        (
            f"Is P equal to NP? {ABSTRACT}",
            ("Is P equal to NP?", ABSTRACT),
        ),
        ("\\title{never closed", ("\\title{never closed", "")),
    ],
)
def test_other_texts(text: str, split: tuple[str, str]) -> None:
    assert split_title(text) == split


lines = st.sampled_from(
    [
        *(TITLE, "Abstract", "ABSTRACT We study.", "", "A. Doe1, B. Roe2", "a@example.org"),
        *("University of Life", "We study knots and links in a sentence.", "1 Introduction"),
        *("Keywords: a, b", "Title: x", "\\title{a}", "\\begin{abstract}", "Comments: x", "17"),
    ]
)


@given(st.lists(lines, max_size=8).map("\n".join) | st.text(max_size=300))
def test_any_text_is_split(text: str) -> None:
    title, _ = split_title(text)
    assert "\n" not in title
