"""What somebody brings is recognised, and identifiers are never taken for text."""

import pytest

from core.files.errors import TooLarge
from core.prediction import intake
from core.prediction.intake import ADDRESS, BIBTEX, ID, NOTHING, RIS, TEXT, understand

TITLE = "Ramsey numbers of sparse graphs"
ABSTRACT = "We prove new upper bounds. The proof combines the regularity lemma with an embedding."
ENTRY = f"@article{{one,\n  title = {{{TITLE}}},\n  abstract = {{{ABSTRACT}}}\n}}"
REFERENCE = f"TY  - JOUR\nTI  - {TITLE}\nAB  - {ABSTRACT}\nER  - \n"


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b"])
def test_nothing(text: str) -> None:
    assert understand(text).kind == NOTHING


@pytest.mark.parametrize("text", ["2106.09685", "arXiv:2106.09685v2", "arxiv.org/abs/2106.09685"])
def test_an_arxiv_id(text: str) -> None:
    found = understand(text)
    assert (found.kind, found.id, found.title) == (ID, "2106.09685", "")


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a/paper?id=3",
        "www.nature.com/articles/s41586",
        "doi:10.1145/3292500.3330701",
        "https://doi.org/10.1145/3292500.3330701",
        "PMID: 31978945",
        "2106.09685, 2106.09686\nhep-th/9901001",
    ],
)
def test_addresses_and_numbers(text: str) -> None:
    assert understand(text) == intake.Understood(ADDRESS)


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n\nAbstract. "])
def test_a_text(between: str) -> None:
    found = understand(TITLE + between + ABSTRACT)
    assert (found.kind, found.title, found.abstract) == (TEXT, TITLE, ABSTRACT)


def test_a_text_that_names_an_address_or_an_id_is_a_text() -> None:
    found = understand(f"{TITLE}\n{ABSTRACT} See arXiv:2106.09685 and https://example.org/code.")
    assert (found.kind, found.title) == (TEXT, TITLE)


def test_a_latex_source() -> None:
    source = (
        "\\documentclass{article}\n\\title[Short]{" + TITLE + "}\n\\author{A. Uthor}\n"
        "\\begin{document}\n\\begin{abstract}\n" + ABSTRACT + "\n\\end{abstract}\nWords.\n"
    )
    found = understand(source)
    assert (found.kind, found.title, found.abstract) == (TEXT, TITLE, ABSTRACT)


@pytest.mark.parametrize(("text", "kind"), [(ENTRY, BIBTEX), (REFERENCE, RIS)])
def test_one_entry_is_its_paper(text: str, kind: str) -> None:
    found = understand(text)
    assert (found.kind, found.title, found.abstract) == (kind, TITLE, ABSTRACT)
    assert len(found.records) == 1


def test_several_entries_are_a_choice() -> None:
    found = understand(f"{ENTRY}\n{ENTRY.replace('one', 'two').replace('Ramsey', 'Turan')}")
    assert (found.kind, found.title) == (BIBTEX, "")
    second = intake.from_record(found, found.records[1])
    assert second.title == "Turan numbers of sparse graphs"


def test_an_entry_without_abstract_says_so_and_names_its_id() -> None:
    found = understand("@misc{two,\n  title = {" + TITLE + "},\n  eprint = {2106.09685}\n}")
    assert (found.title, found.abstract, found.id) == (TITLE, "", "2106.09685")
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    "text", ["@article{one, title", "@misc{one,\n year = {2020}\n}", "TY  - X"]
)
def test_a_broken_entry_is_no_text(text: str) -> None:
    found = understand(text)
    assert found.kind in (BIBTEX, RIS)
    assert not found.title + found.abstract
    assert found.notes


def test_categories_of_an_entry() -> None:
    assert intake.categories_of({"categories": "cs.CL cs.AI"}) == ("cs.CL", "cs.AI")
    assert intake.categories_of({"categories": ["cs.CL"]}) == ("cs.CL",)
    assert intake.categories_of({}) == ()


def test_files() -> None:
    assert intake.text_of_file("a.txt", "Schrödinger".encode("utf-16")) == "Schrödinger"
    assert intake.text_of_file("a.bib", ENTRY.encode()) == ENTRY
    with pytest.raises(TooLarge) as error:
        intake.text_of_file("a.txt", b"x" * (intake.MAX_TEXT_BYTES + 1))
    assert error.value.fields["name"] == "a.txt"
