"""Papers as people paste them: the shipped models answer as for the clean text, or say why not."""

import json
from pathlib import Path

import pytest

from core.files.records import Row, read_rows
from core.prediction import answer
from core.prediction.answer import Answerer, Suggestion
from core.text import input_checks
from core.text.pasted import split_title
from core.text.unanswerable import ADDRESS, ARXIV_ID, BIBTEX, NO_SUBJECT, WITHDRAWN

FILES = Path(__file__).with_name("files")


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    """The shipped models."""
    return answer.load()


def rows(name: str, task: str = "primary") -> dict[str, Row]:
    """A file's rows by their ids."""
    return {row.id: row for row in read_rows(FILES / name, task)}


def suggestion(answerer: Answerer, text: str) -> Suggestion:
    """What is suggested for a text."""
    return answerer.suggest(answerer.scores([text]))[0]


def pasted(name: str) -> tuple[str, str]:
    """Title and abstract of a record as they were pasted."""
    for line in (FILES / "pasted_texts.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["id"] == name:
            return record["title"], record["abstract"]
    raise KeyError(name)


CLEAN = "clean long"
TITLE, ABSTRACT = pasted(CLEAN)
LINES = ABSTRACT.replace(". ", ".\n").replace("distant ", "distant\n")
VARIANTS = {
    "ligatures": ABSTRACT.replace("ffi", "\ufb03").replace("fi", "\ufb01"),
    "soft hyphens": ABSTRACT.replace("lax", "l\u00adax").replace("vol", "v\u00adol"),
    "zero-width": ABSTRACT.replace("lax", "l\u200bax").replace("vol", "v\u200bol"),
    "full-width": "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in ABSTRACT),
    "line numbers": "\n".join(f"{i} {line}" for i, line in enumerate(LINES.split("\n"), 1)),
    "html": "<p>" + ABSTRACT.replace("convolutional", "<i>convolutional</i>") + "</p>",
    "markdown": "# Abstract\n\n" + ABSTRACT.replace("dust", "**dust**"),
    "latex": "\\begin{abstract}" + ABSTRACT.replace("dust", "\\emph{dust}~\\cite{a}"),
    "addresses": f"Institute of Mathematics, University of Life\ndoe@example.org\n\n{ABSTRACT}",
    "keywords": f"Abstract: {ABSTRACT} Keywords: knots, manifolds, topology",
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_has_the_answer_of_the_clean_text(answerer: Answerer, variant: str) -> None:
    clean = suggestion(answerer, input_checks.read(TITLE, ABSTRACT).text)
    other = suggestion(answerer, input_checks.read(TITLE, VARIANTS[variant]).text)
    assert clean.primary == other.primary == "astro-ph.GA"
    assert other.probability == pytest.approx(clean.probability, abs=0.02)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("hyphens at line ends", CLEAN),
        ("LaTeX textbf cite emph", "clean short"),
        ("LaTeX environments", "clean short"),
    ],
)
def test_a_files_variant_has_the_labels_of_its_clean_text(
    answerer: Answerer, name: str, clean: str
) -> None:
    read = rows("pasted_texts.jsonl")
    given = answerer.scores([read[name].text, read[clean].text])
    found, wanted = (answerer.answer(given, i) for i in range(2))
    assert found.suggestion.primary == wanted.suggestion.primary
    for ranked, clean_ranked in (
        (found.archives, wanted.archives),
        (found.subjects, wanted.subjects),
    ):
        chosen = {row.label for row in clean_ranked if row.predicted}
        assert chosen <= {row.label for row in ranked if row.predicted}


def test_the_page_and_a_file_read_the_same() -> None:
    for name, row in rows("pasted_texts.jsonl").items():
        reading = input_checks.read(*pasted(name))
        assert reading.usable is not bool(row.note)
        assert not reading.usable or reading.text == row.text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("arXiv URL", ARXIV_ID),
        ("arXiv id", ARXIV_ID),
        ("old arXiv id", ARXIV_ID),
        ("DOI", ADDRESS),
        ("BibTeX", BIBTEX),
    ],
)
def test_what_only_points_to_a_paper_gets_no_category(name: str, reason: str) -> None:
    for title, abstract in (pasted(name), pasted(name)[::-1]):
        reading = input_checks.read(title, abstract)
        assert (reading.usable, reading.notes) == (False, (reason,))
    row = rows("pasted_texts.jsonl")[name]
    assert (row.text, row.note.fields["reason"]) == ("", reason)


@pytest.mark.parametrize("name", ["call for papers", "medical trial", "history"])
def test_texts_that_are_no_papers_are_left_to_the_models(name: str) -> None:
    assert rows("pasted_texts.jsonl")[name].note == ""


def test_withdrawn_papers_have_a_note() -> None:
    reasons = [row.note.fields["reason"] for row in rows("withdrawn.jsonl").values()]
    assert reasons == [WITHDRAWN, WITHDRAWN, NO_SUBJECT]


def test_invisible_characters_change_nothing() -> None:
    texts = {row.text for row in rows("invisible_characters.jsonl").values()}
    assert len(texts) == 1


def test_masks_of_citations_are_read_as_citations() -> None:
    # Rows with numbers instead of names or masks are what the models know.
    read = list(read_rows(FILES / "citation_masks.jsonl", "intent"))
    for sentence in (read[:7], read[7:]):
        assert {row.text for row in sentence[1:]} == {sentence[5].text.replace("[3]", "[1]")} | {
            sentence[5].text
        }


def test_a_first_page_has_the_answer_of_its_title_and_abstract(answerer: Answerer) -> None:
    page = f"{TITLE}\nA. Doe1, B. Roe2\n1Institute of Mathematics, Life\n\nAbstract\n{LINES}\n"
    clean = suggestion(answerer, input_checks.read(TITLE, ABSTRACT).text)
    assert suggestion(answerer, input_checks.read(*split_title(page)).text).primary == clean.primary
