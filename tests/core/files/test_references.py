"""BibTeX and RIS: accents, keys, keywords, entries that are wrong."""

import logging
from pathlib import Path

import pytest

from core.files.bibtex_text import plain
from core.files.errors import OtherFormat
from core.files.records import read_rows
from core.files.references import from_bibtex, from_ris

BIB = r"""
% A comment, and @ sign.
@comment{nothing}
@string{jmlr = "Journal"}
@Article{doe:2021,
  Title = {{On {G}{\"o}del's} $x_{1}$ \emph{numbers}},
  Author = {Doe, J. and M{\"u}ller, K.},
  Abstract = "We prove that it
     holds -- always~\cite{a}.",
  journal = jmlr,
  archivePrefix = "arXiv", eprint = {hep-th/9901001v2}, primaryClass = {math.LO},
}
@misc{twice, title = {First}, title = {Second}, url = {https://arxiv.org/abs/2101.00001}}
@misc{broken, title = {No end,
@misc{last, title={Last}, keywords={topology, cs.LG; math.gt}}
"""


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"Schr{\"o}dinger, Poincar\'e, {\v C}ech, \c{c}a", "Schrödinger, Poincaré, Čech, ça"),
        (r"\O re \& {\L}uk, na\"{\i}ve", "Øre & Łuk, naïve"),
        (r"{\bf Bold} \textbf{and \emph{deep}}~a--b", "Bold and deep a–b"),
        (r"$\alpha_{1}$ and \(x~y\)", r"$\alpha_{1}$ and \(x~y\)"),
        (r"50\% of \{a\}", "50% of {a}"),
        ("plain  text\n here", "plain text here"),
    ],
)
def test_latex_becomes_text(latex: str, text: str) -> None:
    assert plain(latex) == text


def test_entries_of_bibtex() -> None:
    first, twice, last = from_bibtex(BIB)
    assert first == {
        "title": "On Gödel's $x_{1}$ numbers",
        "abstract": "We prove that it holds – always.",
        "id": "hep-th/9901001",
        "categories": "math.LO",
        "entry_type": "article",
        "Author": "Doe, J. and Müller, K.",
        "journal": "jmlr",
        "archivePrefix": "arXiv",
        "eprint": "hep-th/9901001v2",
        "primaryClass": "math.LO",
    }
    assert (twice["id"], twice["title"]) == ("2101.00001", "First")
    assert (last["id"], last["categories"]) == ("last", "cs.LG math.GT")


def test_a_wrong_entry_has_a_note_in_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "in.bib").write_text(BIB, encoding="utf-8")
    rows = list(read_rows(tmp_path / "in.bib"))
    assert [row.id for row in rows] == ["hep-th/9901001", "2101.00001", "3", "last"]
    assert [row.note and row.note.fields for row in rows] == ["", "", {"number": 3}, ""]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


RIS = """\ufeffProvider: some
TY  - JOUR
T1  - A title over
 two lines
N2  - An abstract.
AU  - Doe, J.
AU  - Roe, K.
UR  - https://arxiv.org/abs/2101.00001v1
KW  - cs.LG
KW  - topology
ER  -

TY - CONF
TI - Without an end
AB - Its abstract
TY  - JOUR
ER  -
"""


def test_references_of_ris() -> None:
    first, second, third = from_ris(RIS)
    assert (first["title"], first["abstract"]) == ("A title over two lines", "An abstract.")
    assert (first["id"], first["categories"]) == ("2101.00001", "cs.LG")
    assert first["authors"] == ["Doe, J.", "Roe, K."]
    assert (second["title"], second["abstract"]) == ("Without an end", "Its abstract")
    assert third == {"id": "", "type_of_reference": "JOUR"}


@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_line_ends_of_ris(line: str, tmp_path: Path) -> None:
    (tmp_path / "in.ris").write_bytes(RIS.replace("\n", line).encode())
    rows = list(read_rows(tmp_path / "in.ris"))
    assert [row.text for row in rows[:2]] == [
        "A title over two lines\nAn abstract.",
        "Without an end\nIts abstract",
    ]
    assert rows[2].note.fields == {"number": 3}


@pytest.mark.parametrize("name", ["in.bib", "in.ris"])
def test_text_without_references(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("Nothing of the kind.\n")
    with pytest.raises(OtherFormat):
        list(read_rows(tmp_path / name))


def test_many_entries_are_parsed_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bibtexparser

    sizes = []
    real = bibtexparser.parse_string

    def counted(text: str, **more: object) -> object:
        sizes.append(len(text))
        return real(text, **more)

    monkeypatch.setattr(bibtexparser, "parse_string", counted)
    entry = "@misc{{k{i}, title={{{{Title}}}}, abstract={{{{{words}}}}}}}\n"
    entries = [entry.format(i=i, words="word " * 200) for i in range(500)]
    (tmp_path / "in.bib").write_text("".join(entries))
    assert [row.id for row in read_rows(tmp_path / "in.bib")] == [f"k{i}" for i in range(500)]
    assert max(sizes) < 80_000
