"""A file on the dashboard: the command line's answers, views of them, stopping and leaving."""

import errno
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core import language, scratch, settings, store, uploads
from core.batch import classify_file
from core.classifiers.base import Classifier
from core.reports import evaluate_file
from core.rows import BatchError
from core.uploads import DONE, FAILED, STOPPED, Run, Upload, View

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


@pytest.fixture
def upload(papers: Records) -> Iterator[Upload]:
    """The invented papers, one of them bad and one unknown to the model."""
    papers[3] |= {"title": "", "abstract": ""}
    papers[4] |= {"title": "zzz", "abstract": "qqq"}
    found = Upload("my papers.jsonl", io.BytesIO(content(papers)))
    yield found
    found.close()


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
    run = classified(upload, store.load(store.find("archive")))
    assert (run.status, run.error, run.rows, run.noted, run.share) == (DONE, "", 30, 2, 1.0)
    classify_file(upload.path, tmp_path / f"out{kind}", "archive")
    saved, wanted = run.save(View(), kind), tmp_path / f"out{kind}"
    if kind == ".parquet":
        assert pq.read_table(saved).equals(pq.read_table(wanted))
    else:
        assert saved.read_bytes().removeprefix(b"\xef\xbb\xbf") == wanted.read_bytes()
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
    saved = pq.read_table(run.save(View(label="math"), ".parquet"))
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


def test_one_file_at_a_time_and_the_next_one_waits(upload: Upload, model: Classifier) -> None:
    slow = Slow(model)
    first = upload.start("archive", "linear", {}, slow)
    assert slow.begun.wait(30)
    other = Upload("other.csv", io.BytesIO(b"title\nKnots\n"))
    second = other.start("archive", "linear", {}, lambda: model)
    assert second.waiting
    slow.go.set()
    assert first.wait(30)
    assert second.wait(30)
    assert (second.status, second.rows) == (DONE, 1)
    other.close()


def test_leaving_removes_everything(upload: Upload, model: Classifier, temporary: Path) -> None:
    slow = Slow(model)
    upload.start("archive", "linear", {}, slow)
    slow.go.set()
    assert list(temporary.iterdir()) == [upload.folder]
    upload.close()
    assert not list(temporary.iterdir())


def test_what_a_killed_server_left_goes_by_age(temporary: Path) -> None:
    old, new, other = (
        temporary / name for name in (f"{scratch.PREFIX}1", f"{scratch.PREFIX}2", "mine")
    )
    for folder in (old, new, other):
        folder.mkdir()
        (folder / "file").write_text("x")
    os.utime(old, (1, 1))
    os.utime(other, (1, 1))
    Upload("a.csv", io.BytesIO(b"title\nKnots\n")).close()
    assert {path.name for path in temporary.iterdir()} == {new.name, other.name}


KILLED = """
import io, os, sys
from core.uploads import Upload
upload = Upload("a.csv", io.BytesIO(b"title\\nKnots\\n"))
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
        scratch.sweep()
        assert {path.name for path in temporary.iterdir()} == {upload.folder.name, theirs.name}
        other.kill()
    scratch.sweep()
    assert list(temporary.iterdir()) == [upload.folder]


def test_a_bad_file_is_called_by_its_own_name(temporary: Path) -> None:
    with pytest.raises(BatchError, match=r"^my papers\.csv is empty"):
        Upload("my papers.csv", io.BytesIO(b""))
    with pytest.raises(BatchError, match=r"^papers should end in one of"):
        Upload("../../papers", io.BytesIO(b"x"))
    assert not list(temporary.iterdir())


class Full(io.BytesIO):
    """A file of which the second read finds no room left."""

    def read(self, size: int | None = -1) -> bytes:
        """The beginning, once."""
        if self.tell():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().read(5)


def test_a_file_that_cannot_be_kept_leaves_nothing(temporary: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        Upload("a.csv", Full(b"title\nKnots\n"))
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
    language.use("zh")
    try:
        run = classified(upload, model)
    finally:
        language.use(None)
    notes = run.page(View(noted=True), 10)[1]["note"].tolist()
    assert notes == ["第 4 行既无标题也无摘要", "文本中没有模型认识的词"]
    # The table's columns are for scripts, whatever the language.
    with run.save(View(), ".csv").open(encoding="utf-8-sig") as file:
        assert file.readline().strip() == "id,predicted,scores,note"
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

    language.use("zh")
    try:
        run = upload.start("archive", "linear", {}, load)
        assert run.wait(30)
    finally:
        language.use(None)
    assert (run.status, run.error) == (FAILED, "无法分类（RuntimeError：out of paper）。")
