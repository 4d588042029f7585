"""A file on the dashboard: the command line's answers, views of them, stopping and leaving."""

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core import cards, i18n, settings
from core.classifiers import store
from core.classifiers.base import Classifier
from core.files import locks
from core.files.errors import BatchError
from core.files.upload_store import UploadStore
from core.prediction import uploads
from core.prediction.batch import classify_file
from core.prediction.reports import evaluate_file
from core.prediction.uploads import DONE, FAILED, STOPPED, ResultsError, Run, Upload, View

Records = list[dict[str, str]]


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


def classified(upload: Upload, model: Classifier) -> Run:
    """Its run, once it has ended."""
    run = upload.start("archive", "linear", {}, lambda: model)
    assert run.wait(30)
    return run


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_the_answers_are_those_of_the_command_line(
    kind: str, upload: Upload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 7)
    run = classified(upload, store.load(cards.find("archive")))
    assert (run.status, run.error, run.rows, run.noted, run.share) == (DONE, "", 30, 2, 1.0)
    classify_file(upload.path, tmp_path / f"out{kind}", "archive")
    saved, wanted = run.export(View(), kind), tmp_path / f"out{kind}"
    if kind == ".parquet":
        assert pq.read_table(io.BytesIO(saved)).equals(pq.read_table(wanted))
    else:
        assert saved.removeprefix(b"\xef\xbb\xbf") == wanted.read_bytes()
    figures = evaluate_file(upload.path, "archive")
    assert run.report["n"] == 29
    assert run.report == {key: figures[key] for key in run.report}


def test_views_hold_what_they_say(upload: Upload, model: Classifier) -> None:
    run = classified(upload, model)
    count, table = run.page(View(), 100)
    assert count == 30 == len(table)
    assert table["row"].tolist() == list(range(1, 31))
    counts = run.labels()
    for label, times in counts.items():
        found, rows = run.page(View(label=label), 100)
        assert found == times == len(rows)
        assert all(label in predicted.split() for predicted in rows["predicted"])
    assert sum(counts.values()) == sum(len(cell.split()) for cell in table["predicted"])
    assert run.page(View(noted=True), 100)[1]["row"].tolist() == [4, 5]
    _, rows = run.page(View(words="TORUS"), 100)
    assert len(rows) == sum("torus" in text.lower() for text in table["text"]) >= 2
    middle = table["probability"].median()
    assert run.page(View(below=middle), 100)[0] == (table["probability"] < middle).sum() > 5
    assert run.page(View(), 4)[0] == 30
    assert len(run.page(View(), 4)[1]) == 4
    assert run.page(View(label="'; DROP TABLE x", words="%"), 4)[0] == 0
    saved = pq.read_table(io.BytesIO(run.export(View(label="math"), ".parquet")))
    assert saved.num_rows == counts["math"]


def test_only_so_many_rows_are_measured(
    upload: Upload, model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MEASURED", 10)
    monkeypatch.setattr(uploads, "CHUNK", 7)
    assert classified(upload, model).report["n"] == 10


class Slow:
    """A model that waits to be let on."""

    def __init__(self, model: Classifier) -> None:
        self.model, self.begun, self.go = model, threading.Event(), threading.Event()

    def __call__(self) -> Classifier:
        """The model, once it may."""
        self.begun.set()
        assert self.go.wait(30)
        return self.model


def test_a_run_can_be_stopped_and_keeps_what_it_has(upload: Upload, model: Classifier) -> None:
    slow = Slow(model)
    run = upload.start("archive", "linear", {}, slow)
    assert slow.begun.wait(30)
    run.stop()
    slow.go.set()
    assert run.wait(30)
    assert run.status == STOPPED
    assert run.page(View(), 100)[0] == run.rows > 0


class StopAfter:
    """A model that has its run stopped while it classifies for the second time."""

    def __init__(self, model: Classifier) -> None:
        self.model, self.calls = model, 0
        self.run: Run | None = None
        self.known_run = threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The model's own."""
        assert self.known_run.wait(30)
        self.calls += 1
        if self.calls == 2:
            self.run.stop()
        return self.model.scores_and_known(texts)


def test_a_slow_model_stops_within_a_chunk(
    upload: Upload, model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FIRST", 4)
    # Every model is slow for this: its rows are classified one by one after the first.
    monkeypatch.setattr(uploads, "PAUSE", 0.0)
    stopping = StopAfter(model)
    stopping.run = run = upload.start("archive", "linear", {}, lambda: stopping)
    stopping.known_run.set()
    assert run.wait(30)
    assert (run.status, run.rows, stopping.calls) == (STOPPED, 5, 2)
    assert run.page(View(), 100)[1]["row"].tolist() == [1, 2, 3, 4, 5]


def test_downloads_of_different_views_do_not_meet(upload: Upload, model: Classifier) -> None:
    run = classified(upload, model)
    views = [View(label=label) for label in run.labels()] * 3
    wanted = [run.export(view, ".jsonl") for view in views]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda view: run.export(view, ".jsonl"), views)) == wanted


def test_results_of_a_run_before_are_removed_and_missed_in_a_sentence(
    upload: Upload, model: Classifier
) -> None:
    first = classified(upload, model)
    second = classified(upload, model)
    assert list(upload.folder.rglob("results.parquet")) == [second.table]
    for ask in (first.labels, lambda: first.page(View(), 5), lambda: first.export(View(), ".csv")):
        with pytest.raises(ResultsError):
            ask()


def test_one_file_at_a_time_and_the_next_one_waits(upload: Upload, model: Classifier) -> None:
    slow = Slow(model)
    first = upload.start("archive", "linear", {}, slow)
    assert slow.begun.wait(30)
    other = received("other.csv", b"title\nKnots\n")
    second = other.start("archive", "linear", {}, lambda: model)
    assert second.waiting
    slow.go.set()
    assert first.wait(30)
    assert second.wait(30)
    assert (second.status, second.rows) == (DONE, 1)
    other.delete()


def test_leaving_removes_everything(upload: Upload, model: Classifier, temporary: Path) -> None:
    slow = Slow(model)
    upload.start("archive", "linear", {}, slow)
    slow.go.set()
    assert list(temporary.iterdir()) == [upload.folder]
    upload.delete()
    assert not list(temporary.iterdir())


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


def test_a_model_that_fails_ends_the_run_in_a_sentence(upload: Upload) -> None:
    def fail() -> Classifier:
        raise MemoryError("too much")

    run = upload.start("archive", "linear", {}, fail)
    assert run.wait(30)
    assert (run.status, run.error) == (
        FAILED,
        "It could not be classified (MemoryError: too much).",
    )
    run = upload.start("archive", "linear", {"title": "nothing"}, lambda: None)
    assert run.wait(30)
    assert run.status == FAILED
    assert "my papers.jsonl has no column 'nothing'" in run.error


def test_fields_find_their_columns() -> None:
    found = dict(uploads.columns_for("archive", ("ID", "Title", "TEXT", "title")))
    assert found == {"id": "ID", "title": "Title", "abstract": "TEXT", "categories": None}
    found = dict(uploads.columns_for("intent", ("text", "sectionName")))
    assert found == {"id": None, "string": "text", "section": "sectionName", "label": None}


def test_notes_speak_the_language_of_whoever_brought_the_file(
    upload: Upload, model: Classifier, tmp_path: Path
) -> None:
    i18n.use("zh")
    try:
        run = classified(upload, model)
    finally:
        i18n.use(None)
    notes = run.page(View(noted=True), 10)[1]["note"].tolist()
    assert notes == ["第 4 行既无标题也无摘要", "文本中没有模型认识的词"]
    # The table's columns are for scripts, whatever the language.
    first, _, _ = run.export(View(), ".csv").decode("utf-8-sig").partition("\r\n")
    assert first == "id,predicted,scores,note"
    classify_file(upload.path, tmp_path / "out.jsonl", "archive")
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    found = [note for line in lines if (note := json.loads(line)["note"])]
    assert found == [
        "row 4 has neither a title nor an abstract",
        "no word of the text is known to the model",
    ]


def test_a_failed_run_tells_its_visitor_why(upload: Upload) -> None:
    def load() -> Classifier:
        raise RuntimeError("out of paper")

    i18n.use("zh")
    try:
        run = upload.start("archive", "linear", {}, load)
        assert run.wait(30)
    finally:
        i18n.use(None)
    assert (run.status, run.error) == (FAILED, "无法分类（RuntimeError：out of paper）。")
