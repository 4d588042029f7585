"""The report of a file's answers: what the file holds, its rows, its models."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.prediction import questions
from core.prediction.answer import Answerer, load
from core.prediction.questions import SuggestingRespondent
from core.prediction.uploads import ClassificationJob, ResultFilter, Upload
from core.reports.batch import batch_report
from core.reports.render import render


@pytest.fixture
def run(papers: list[dict[str, str]], tiny_blend: Path) -> Iterator[ClassificationJob]:
    """Suggestions for the invented papers, one of them without a text."""
    papers[3] |= {"title": "", "abstract": ""}
    upload = Upload("my <b>papers</b>.jsonl")
    upload.receive(io.BytesIO("\n".join(map(json.dumps, papers)).encode()))
    answerer: Answerer = load()
    question = questions.suggestion()
    job = upload.start(question, {}, lambda: SuggestingRespondent(answerer, question.confidence))
    assert job.wait(60)
    yield job
    upload.delete()


def test_it_holds_the_rows_and_the_models(run: ClassificationJob) -> None:
    report = batch_report(run, ResultFilter())
    facts = dict(report.lead[0].rows)
    assert facts["Rows"] == str(run.rows) == "30"
    assert facts["Rows with problems"] == str(run.noted)
    (grid,) = report.sections[-1].blocks
    assert len(grid.rows) == 30
    assert "row 4 has neither a title nor an abstract" in grid.rows[3]
    assert [version for _name, version in report.models if version.startswith("Primary")]
    assert b"<b>" not in render(report)


def test_a_filter_is_told(run: ClassificationJob) -> None:
    report = batch_report(run, ResultFilter(words="knots in loops"))
    note, grid = report.sections[-1].blocks
    assert note.text == "Only the rows that the filters of the page let pass."
    assert [row[2] for row in grid.rows] == [
        "Knots in loops We tie a knot in a loop and count its crossings."
    ]
