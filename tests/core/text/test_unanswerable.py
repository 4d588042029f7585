"""Texts that only point to a paper, or say only that it was withdrawn, are told from others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import unanswerable
from core.text.citation_marks import with_marks
from core.text.unanswerable import ADDRESS, ARXIV_ID, BIBTEX, NO_SUBJECT, RIS, WITHDRAWN


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2106.09685", ARXIV_ID),
        ("arXiv:hep-th/9901001v2", ARXIV_ID),
        ("https://arxiv.org/pdf/2106.09685v1.pdf", ARXIV_ID),
        ("arXiv:2106.09685v2 [cs.CL] 16 Oct 2021", ARXIV_ID),
        ("2106.09685\n2106.09686", ARXIV_ID),
        ("10.48550/arXiv.2106.09685", ARXIV_ID),
        ("https://doi.org/10.1103/PhysRevD.76.013009", ADDRESS),
        ("doi: 10.1103/PhysRevD.76.013009", ADDRESS),
        ("<https://example.org/a?b=c>", ADDRESS),
        ("see www.example.org", ADDRESS),
        ("PMID: 12345678", ADDRESS),
        ("ISBN 978-3-16-148410-0", ADDRESS),
        ("doe@example.org", ADDRESS),
        ("@misc{doe2021, title={On knots}, year={2021}}", BIBTEX),
        ("  @Article{doe:2021,\n title = {On knots}}", BIBTEX),
        ("TY  - JOUR\nTI  - On knots\nER  - ", RIS),
    ],
)
def test_what_only_points_to_a_paper(text: str, kind: str) -> None:
    assert unanswerable.kind_of_reference(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        "", "Knots", "1", "3D vision", "arXiv as a corpus", "Code is at https://example.org/a",
        "https://example.org/a holds our code for knots", "A 2.5-approximation", "@ 5 K",
        "Id est: a note", "C/2020 F3 seen in 2020",
    ],
)  # fmt: skip
def test_other_texts_are_none(text: str) -> None:
    assert unanswerable.kind_of_reference(text) is None


def test_a_field_that_only_points_is_left_out() -> None:
    assert unanswerable.without_references("On knots", "https://example.org/a") == (
        "On knots", "", ADDRESS,
    )  # fmt: skip
    assert unanswerable.without_references("2106.09685", "We study.") == ("", "We study.", ARXIV_ID)


@pytest.mark.parametrize(
    ("title", "abstract"),
    [
        ("Knots", "This paper has been withdrawn by the author due to an error in equation 7."),
        ("Knots", "Withdrawn."),
        ("Knots", "The authors have withdrawn this paper. It will be replaced."),
        ("Knots", "This submission is withdrawn by arXiv administrators."),
        ("Knots", "This article was retracted."),
    ],
)
def test_withdrawn_papers(title: str, abstract: str) -> None:
    assert unanswerable.reason(title, abstract) is WITHDRAWN


@pytest.mark.parametrize(
    "abstract",
    [
        "The hairs of a brush withdrawn from a wetting liquid self-assemble into clumps.",
        "We study papers withdrawn from arXiv, and what their authors say of the reasons, with a "
        "model of language that is trained on all of their comments over twenty years.",
        "We show that the mixing time of the chain is polynomial in the number of its states, for "
        "all odd orders at least. This paper has been withdrawn by the authors.",
        "",
    ],
)
def test_papers_that_say_more(abstract: str) -> None:
    assert unanswerable.reason("Knots", abstract) is None


@pytest.mark.parametrize(
    ("title", "reason"),
    [("A note on x", NO_SUBJECT), ("Erratum", NO_SUBJECT), ("A note on knots", None), ("Z", None)],
)
def test_titles_without_a_subject(title: str, reason: str | None) -> None:
    assert unanswerable.reason(title, "") is reason


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert unanswerable.kind_of_reference(text) in (None, ARXIV_ID, ADDRESS, BIBTEX, RIS)
    assert unanswerable.reason(text, text) in (None, WITHDRAWN, NO_SUBJECT)


@pytest.mark.parametrize(
    "mask",
    ["@@CITATION", "#AUTHOR_TAG", "<cite>Brill, 1995</cite>", "[CITATION]", "\\cite{brill}",
     "\\citet[p. 3]{brill}", "(CITATION)", "GTREF", "<CIT>"],
)  # fmt: skip
def test_masks_of_citations_become_numbers(mask: str) -> None:
    assert with_marks(f"the tagger of {mask} is used") == "the tagger of [1] is used"


@pytest.mark.parametrize("text", ["the cite of Brill (1995)", "a REFERENCE frame [3]", "#TAG"])
def test_other_words_are_no_masks(text: str) -> None:
    assert with_marks(text) == text
