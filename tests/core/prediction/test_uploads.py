"""A file on the dashboard: the command line's answers, filters of them, stopping and leaving."""

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest

from core import cards, settings
from core.classifiers import store
from core.classifiers.base import Classifier
from core.files import locks
from core.files.errors import BatchError
from core.files.upload_store import UploadStore
from core.jobs import DONE, FAILED, STOPPED
from core.prediction import uploads
from core.prediction.batch import classify_file
from core.prediction.questions import ClassifyingRespondent, Respondent, classification
from core.prediction.reports import best_are_right, evaluate_file
from core.prediction.uploads import ClassificationJob, ResultFilter, ResultsError, Upload

Records = list[dict[str, str]]
ARCHIVE = partial(classification, "archive", "linear")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_models: Path) -> Path:
    """A folder for temporary files of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def content(papers: Records) -> bytes:
    """Papers as JSON lines."""
    return "".join(json.dumps(paper) + "\n" for paper in papers).encode()


def received(name: str, content: bytes) -> Upload:
    """A file that is kept."""
    found = Upload(name)
    found.receive(io.BytesIO(content))
    return found


@pytest.fixture
def upload(papers: Records) -> Iterator[Upload]:
    """The invented papers, one of them bad and one unknown to the model."""
    papers[3] |= {"title": "", "abstract": ""}
    papers[4] |= {"title": "zzz", "abstract": "qqq"}
    found = received("my papers.jsonl", content(papers))
    yield found
    found.delete()


def classified(upload: Upload, model: Classifier) -> ClassificationJob:
    """Its job, once it has ended."""
    job = upload.start(ARCHIVE(), {}, lambda: ClassifyingRespondent(model))
    assert job.wait(30)
    return job


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_the_answers_are_those_of_the_command_line(
    kind: str, upload: Upload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 7)
    job = classified(upload, store.load(cards.find("archive")))
    assert (job.status, job.error, job.rows, job.noted, job.share) == (DONE, None, 30, 2, 1.0)
    classify_file(upload.path, tmp_path / f"out{kind}", "archive")
    saved, wanted = job.export(ResultFilter(), kind), tmp_path / f"out{kind}"
    if kind == ".parquet":
        assert pq.read_table(io.BytesIO(saved)).equals(pq.read_table(wanted))
    else:
        assert saved.removeprefix(b"\xef\xbb\xbf") == wanted.read_bytes()
    figures = evaluate_file(upload.path, "archive")
    assert job.report["n"] == 29
    assert job.report == {key: figures[key] for key in job.report}


def test_filters_hold_what_they_say(upload: Upload, model: Classifier) -> None:
    job = classified(upload, model)
    count, table = job.page(ResultFilter(), 100)
    assert count == 30 == len(table)
    assert table["row"].tolist() == list(range(1, 31))
    counts = uploads.count_labels(job.label_sets())
    for label, (times, firsts) in counts.items():
        assert firsts == sum(cell.split()[:1] == [label] for cell in table["predicted"])
        found, rows = job.page(ResultFilter(label=label), 100)
        assert found == times == len(rows)
        assert all(label in predicted.split() for predicted in rows["predicted"])
    assert sum(times for times, _ in counts.values()) == sum(
        len(cell.split()) for cell in table["predicted"]
    )
    assert job.page(ResultFilter(noted=True), 100)[1]["row"].tolist() == [4, 5]
    _, rows = job.page(ResultFilter(), 100, problems_first=True)
    assert rows["row"].tolist() == [4, 5, *range(1, 4), *range(6, 31)]
    _, rows = job.page(ResultFilter(words="TORUS"), 100)
    assert len(rows) == sum("torus" in text.lower() for text in table["text"]) >= 2
    middle = table["probability"].median()
    assert job.page(ResultFilter(below=middle), 100)[0] == (table["probability"] < middle).sum() > 5
    assert job.page(ResultFilter(), 4)[0] == 30
    assert len(job.page(ResultFilter(), 4)[1]) == 4
    assert job.page(ResultFilter(label="'; DROP TABLE x", words="%"), 4)[0] == 0
    saved = pq.read_table(io.BytesIO(job.export(ResultFilter(label="math"), ".parquet")))
    assert saved.num_rows == counts["math"][0]


def test_only_so_many_rows_are_measured(
    upload: Upload, model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MEASURED", 10)
    monkeypatch.setattr(uploads, "CHUNK", 7)
    assert classified(upload, model).report["n"] == 10


class StopAfter:
    """A model that has its job stopped while it classifies for the second time."""

    def __init__(self, model: Classifier) -> None:
        self.model, self.calls = model, 0
        self.job: ClassificationJob | None = None
        self.known_job = threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The model's own."""
        assert self.known_job.wait(30)
        self.calls += 1
        if self.calls == 2:
            self.job.stop()
        return self.model.scores_and_known(texts)


def test_a_job_stops_within_a_chunk_and_keeps_what_it_has(
    upload: Upload, model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FIRST", 4)
    # Every model is slow for this: its rows are classified one by one after the first.
    monkeypatch.setattr(uploads, "PAUSE", 0.0)
    stopping = StopAfter(model)
    stopping.job = job = upload.start(ARCHIVE(), {}, lambda: ClassifyingRespondent(stopping))
    stopping.known_job.set()
    assert job.wait(30)
    assert (job.status, job.rows, stopping.calls) == (STOPPED, 5, 2)
    assert job.page(ResultFilter(), 100)[1]["row"].tolist() == [1, 2, 3, 4, 5]


def test_downloads_of_different_filters_do_not_meet(upload: Upload, model: Classifier) -> None:
    job = classified(upload, model)
    filters = [ResultFilter(label=label) for label in uploads.count_labels(job.label_sets())] * 3
    wanted = [job.export(one, ".jsonl") for one in filters]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda one: job.export(one, ".jsonl"), filters)) == wanted


def test_results_of_a_run_before_are_removed_and_missed_in_a_sentence(
    upload: Upload, model: Classifier
) -> None:
    first = classified(upload, model)
    second = classified(upload, model)
    assert list(upload.folder.rglob("results.parquet")) == [second.table]
    for ask in (first.label_sets, partial(first.page, ResultFilter(), 5)):
        with pytest.raises(ResultsError):
            ask()
    with pytest.raises(ResultsError):
        first.export(ResultFilter(), ".csv")


def test_one_file_at_a_time_is_classified(upload: Upload, model: Classifier) -> None:
    with uploads._lock:
        job = upload.start(ARCHIVE(), {}, lambda: ClassifyingRespondent(model))
        assert job.waiting
    assert job.wait(30)
    assert (job.status, job.rows) == (DONE, 30)


def test_what_a_killed_server_left_goes_by_age(temporary: Path) -> None:
    old, new, other = (
        temporary / name for name in (f"{locks.PREFIX}1", f"{locks.PREFIX}2", "mine")
    )
    for folder in (old, new, other):
        folder.mkdir()
        (folder / "file").write_text("x")
    os.utime(old, (1, 1))
    os.utime(other, (1, 1))
    locks.remove_stale_uploads()
    assert {path.name for path in temporary.iterdir()} == {new.name, other.name}


KILLED = """
import os, sys
from core.files.upload_store import StoredFile
upload = StoredFile("a.csv")
os.utime(upload.folder, (1, 1))
print(upload.folder, flush=True)
sys.stdin.read()
"""


def test_what_a_living_session_keeps_stays_however_old(upload: Upload, temporary: Path) -> None:
    os.utime(upload.folder, (1, 1))
    with subprocess.Popen(
        [sys.executable, "-c", KILLED],
        cwd=settings.ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout
        theirs = Path(other.stdout.readline().strip())
        locks.remove_stale_uploads()
        assert {path.name for path in temporary.iterdir()} == {upload.folder.name, theirs.name}
        other.kill()
    locks.remove_stale_uploads()
    assert list(temporary.iterdir()) == [upload.folder]


def test_a_bad_file_is_called_by_its_own_name(temporary: Path) -> None:
    store = UploadStore()
    for path, name, content in (
        ("my papers.csv", "my papers.csv", b""),
        ("../../papers", "papers", b"x"),
    ):
        with pytest.raises(BatchError) as caught:
            store.add(Upload, path, io.BytesIO(content))
        assert caught.value.fields["name"] == name
    assert not list(temporary.iterdir())


def test_a_model_or_a_column_that_fails_ends_the_job(upload: Upload) -> None:
    def fail() -> Respondent:
        raise LookupError("no such model")

    job = upload.start(ARCHIVE(), {}, fail)
    assert job.wait(30)
    assert (job.status, job.error.fields["kind"]) == (FAILED, "LookupError")
    job = upload.start(ARCHIVE(), {"title": "nothing"}, lambda: None)
    assert job.wait(30)
    assert job.status == FAILED
    assert "my papers.jsonl has no column 'nothing'" in job.error


def test_labels_are_counted_once_a_row_whatever_they_are_counted_as() -> None:
    sets = {"cs.CV cs.LG": 3, "cs.LG": 2, "math.GT cs.LG": 1}
    assert uploads.count_labels(sets) == {"cs.LG": (6, 2), "cs.CV": (3, 3), "math.GT": (1, 1)}
    assert uploads.count_labels(sets, lambda code: code.split(".")[0]) == {
        "cs": (6, 5),
        "math": (1, 1),
    }
    assert uploads.count_labels({}) == {}


@pytest.mark.parametrize(
    ("task", "truths", "right"),
    [
        ("archive", ["math", "cs math", "hep-th"], 2),
        ("primary", ["math.GT cs.CL", "math.GT cs.CL", "cs.CL"], 2),
        ("intent", ["method", "result", "method"], 1),
    ],
)
def test_the_best_label_is_right_where_it_is_a_true_one(
    task: str, truths: list[str], right: int
) -> None:
    labels = {"archive": ("cs", "math"), "primary": ("cs.CL", "math.GT")}
    known = SimpleNamespace(task=task, labels=labels.get(task, ("method", "result")))
    scores = np.array([[0.1, 0.9], [0.6, 0.4], [0.7, 0.3]])
    assert best_are_right(known, truths, scores) == right
