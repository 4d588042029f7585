"""The command line's contract: exit codes, columns and keys, one line on stderr, no traceback."""

import csv
import errno
import gzip
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import f1_score

from core import cards, cli, settings
from core.classifiers import store
from core.cli import main
from core.cli.commands import commands
from core.cli.console import progress_bar
from core.cli.training import RECIPES
from core.corpora import download, labels
from core.embeddings import hub_module
from core.embeddings.vectors import WordVectors
from core.prediction import batch
from core.training.recipe import Options, Recipe, TrainingResult

Run = Callable[..., tuple[int, str, str]]

EVALUATED = (
    "task model n micro_f1 macro_f1 macro_f1_live samples_f1 weighted_f1 subset_accuracy "
    "binary_accuracy top5_recall log_loss ece per_label"
).split()


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command: its exit code, standard output and standard error."""

    def call(*argv: object) -> tuple[int, str, str]:
        code = main([str(word) for word in argv])
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return code, written.out, written.err

    return call


@pytest.fixture
def run(tiny_models: Path, call: Run) -> Run:
    """Run a command where two small models are installed."""
    return call


@pytest.fixture
def advise(tiny_blend: Path, call: Run) -> Run:
    """Run a command where the small blend is installed, with its parts."""
    return call


@pytest.fixture
def ask(embedding: WordVectors, call: Run) -> Run:
    """Run a command where the small embedding is installed and nothing else."""
    return call


def fails(result: tuple[int, str, str], *named: object) -> None:
    """Assert that a command ended with 1 and one line on standard error, which names things."""
    code, out, err = result
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err[:-1].isprintable()
    assert "Something went wrong" not in err
    for name in named:
        assert str(name) in err


@pytest.fixture
def source(papers: list[dict[str, str]], tmp_path: Path) -> Path:
    """The invented papers as a file."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers))
    return path


def test_models_as_json(run: Run) -> None:
    code, out, err = run("models", "--json")
    assert (code, err) == (0, "")
    records = json.loads(out)
    assert [(r["task"], r["name"]) for r in records] == [
        ("archive", "linear"),
        ("subject", "linear"),
    ]
    for record in records:
        card = cards.find(record["task"])
        assert record["bytes"] == card.size > 0
        assert record["label"] == "Linear (small)"
        assert set(record["metrics"]["course"]) == {"micro_f1", "macro_f1_live", "ece_top"}
        assert record["metrics"]["course"]["micro_f1"] == card.metrics["course"]["micro_f1"]


def test_models_as_a_table(run: Run) -> None:
    code, out, _ = run("models")
    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 3
    assert lines[1].split()[:2] == ["archive", "linear"]
    assert "micro_f1 0." in lines[1] or "micro_f1 1." in lines[1]


@pytest.fixture
def own_models(tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the archive model in a models folder that may be changed."""
    shutil.copytree(tiny_models, tmp_path / "models")
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    return tmp_path / "models" / "archive" / "linear"


def test_models_warn_of_one_without_a_file_and_list_the_rest(call: Run, own_models: Path) -> None:
    (own_models / "words.txt").unlink()
    code, out, err = call("models", "--json")
    assert code == 0
    assert [r["task"] for r in json.loads(out)] == ["subject"]
    assert "words.txt" in err


@pytest.mark.parametrize("file", ["weights.npz", "words.txt"])
def test_models_mark_one_whose_file_was_cut_off(call: Run, own_models: Path, file: str) -> None:
    path = own_models / file
    path.write_bytes(path.read_bytes()[:100])
    code, out, err = call("models", "--json")
    assert code == 0
    assert {r["task"]: r["damaged"] for r in json.loads(out)} == {"archive": True, "subject": False}
    assert err.count("\n") == 1
    assert file in err
    assert "archive/linear" in err
    code, out, _ = call("models")
    assert code == 0
    _, archive, subject = out.splitlines()
    assert archive.split()[:2] == ["archive", "linear"]
    assert "damaged" in archive
    assert "damaged" not in subject


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_classify_writes_the_file_and_says_so(
    run: Run, source: Path, tmp_path: Path, ending: str
) -> None:
    code, out, err = run("classify", source, "--out", tmp_path / f"out.{ending}")
    assert (code, out) == (0, "")
    assert err.startswith("30 rows in ")
    assert "0 with a note" in err
    assert (tmp_path / f"out.{ending}").stat().st_size > 1000


def test_classify_takes_task_model_and_workers(run: Run, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    words = ("--task", "subject", "--model", "linear", "--workers", 2)
    assert run("classify", source, "--out", out, *words)[0] == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == [f"p{i}" for i in range(30)]
    assert rows[0]["predicted"].split()[0] in ("math.GT", "math.AT")


@pytest.mark.parametrize("options", [(), ("--workers", 2, "--confidence", "0.95")])
def test_suggest_adds_its_columns_and_says_so(
    advise: Run, source: Path, papers: list[dict[str, str]], tmp_path: Path, options: Any
) -> None:
    with source.open("a") as file:
        file.write("{bad\n")
    code, out, err = advise("suggest", source, "--out", tmp_path / "out.csv", *options)
    assert (code, out) == (0, "")
    assert err.startswith("31 rows in ")
    assert "1 with a note" in err
    with (tmp_path / "out.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert list(rows[0]) == [
        *papers[0],
        *("primary", "primary_probability", "cross_lists", "prediction_set", "certainty", "note"),
    ]
    assert [{name: row[name] for name in papers[0]} for row in rows[:30]] == papers
    assert rows[0]["primary"] == "math.AT"
    assert (rows[30]["certainty"], rows[30]["primary"], rows[30]["id"]) == ("none", "", "")
    assert rows[30]["note"] == "line 31 is not valid JSON"


def test_classify_gives_the_primary_category(advise: Run, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert advise("classify", source, "--out", out, "--task", "primary")[0] == 0
    first = json.loads(out.read_text().splitlines()[0])
    assert (first["id"], first["predicted"], first["note"]) == ("p0", "math.AT", "")
    assert next(iter(first["scores"])) == "math.AT"
    assert sum(first["scores"].values()) == pytest.approx(1, abs=0.01)


def test_evaluate_primary_tells_sets_and_what_gets_no_suggestion(advise: Run, source: Path) -> None:
    with source.open("a") as file:
        for text, truth in (
            ("Qqq", "math.AT"),
            ("Knots", "foo.BAR math.GT"),
            ("Stars", "astro-ph"),
        ):
            file.write(json.dumps({"title": text, "categories": truth}) + "\n")
        file.write('{"title": "Knots"}\n')
    code, out, err = advise("evaluate", source, "--task", "primary", "--json")
    report = json.loads(out)
    assert code == 0
    assert err == (
        "2 rows are left out, with labels that the task primary does not know: foo.BAR math.GT, "
        "astro-ph\n"
    )
    assert set(report) == {
        *EVALUATED,
        *("accuracy", "top3_accuracy", "ece_top", "confusion"),
        *("set_coverage", "set_size", "none", "skipped", "unknown_labels"),
    }
    assert (report["model"], report["n"]) == ("blend", 31)
    assert (report["skipped"], report["unknown_labels"]) == (1, 2)
    assert report["none"] == pytest.approx(1 / 31)
    assert report["accuracy"] >= 30 / 31
    assert 0.85 < report["set_coverage"] <= 1 <= report["set_size"] < 2
    softmax = ("evaluate", source, "--task", "primary", "--model", "softmax", "--json")
    report = json.loads(advise(*softmax)[1])
    assert (report["set_coverage"], report["set_size"]) == (None, None)
    assert report["none"] == pytest.approx(1 / 31)


@pytest.mark.parametrize("task", ["archive", "subject", "primary"])
def test_labels_that_no_task_knows_are_told(advise: Run, tmp_path: Path, task: str) -> None:
    path = tmp_path / "in.jsonl"
    others = ("Computer Vision", "Topology", "no-such", "Galaxies")
    path.write_text(
        "".join(json.dumps({"title": "Knots", "categories": other}) + "\n" for other in others)
    )
    code, out, err = advise("evaluate", path, "--task", task)
    assert code == 0
    assert err == (
        f"4 rows are left out, with labels that the task {task} does not know: Computer Vision, "
        "Topology, no-such\n"
    )
    assert "n               0\n" in out
    assert "unknown_labels  4\n" in out
    report = json.loads(advise("evaluate", path, "--task", task, "--json")[1])
    assert (report["n"], report["unknown_labels"], report["micro_f1"]) == (0, 4, None)
    with path.open("a") as file:
        file.write('{"title": "Knots in loops", "categories": "math.GT foo.BAR"}\n')
    report = json.loads(advise("evaluate", path, "--task", task, "--json")[1])
    assert (report["n"], report["unknown_labels"]) == (1, 4)
    assert report["per_label"]["math" if task == "archive" else "math.GT"]["support"] == 1


@pytest.mark.parametrize(("task", "n"), [("archive", 1), ("subject", 0), ("primary", 0)])
def test_an_archive_is_judged_where_archives_are_asked_for(
    advise: Run, tmp_path: Path, task: str, n: int
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"title": "Spiral galaxies", "categories": "astro-ph"}\n')
    report = json.loads(advise("evaluate", path, "--task", task, "--json")[1])
    assert (report["n"], report["unknown_labels"]) == (n, 1 - n)


def test_evaluate_as_json_has_the_contracts_keys(
    run: Run, source: Path, papers: list[dict[str, str]]
) -> None:
    with source.open("a") as file:
        file.write('{"title": "No categories"}\n{bad\n{"categories": "math.GT"}\n')
    code, out, err = run("evaluate", source, "--json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert set(report) == {*EVALUATED, "skipped", "unknown_labels", "ece_top"}
    assert (report["task"], report["model"]) == ("archive", "linear")
    assert (report["n"], report["skipped"]) == (30, 3)
    model = store.load(cards.find("archive"))
    truth, _ = labels.encode_archives([paper["categories"] for paper in papers], model.labels)
    texts = [f"{paper['title']}\n{paper['abstract']}" for paper in papers]
    scores = model.predict_scores(texts)
    chosen = (scores >= 0.3) | (scores == scores.max(axis=1, keepdims=True))
    assert report["micro_f1"] == pytest.approx(f1_score(truth, chosen, average="micro"))
    occurs = truth.any(axis=0)
    wanted = f1_score(truth[:, occurs], chosen[:, occurs], average="macro", zero_division=0)
    assert report["macro_f1"] == pytest.approx(wanted)
    assert set(report["per_label"]) == set(model.labels)
    assert report["per_label"]["math"]["support"] == 5


def test_evaluate_subjects_and_as_text(run: Run, source: Path) -> None:
    code, out, _ = run("evaluate", source, "--task", "subject", "--json")
    assert code == 0
    assert "math.GT" in json.loads(out)["per_label"]
    code, out, _ = run("evaluate", source)
    assert code == 0
    assert out.startswith("task            archive\n")
    assert "precision" in out
    assert sum(line.startswith("astro-ph ") for line in out.splitlines()) == 1


def test_evaluate_without_categories_fails(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("title\nKnots\n")
    fails(run("evaluate", path), path.name)


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x1b[31m\xff" * 30
CUT = gzip.compress(b'{"title": "Knots in loops"}\n' * 999)[:-20]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.csv", None),
        ("wrong.md", b"title\nKnots\n"),
        ("png.csv", PNG),
        ("png.parquet", PNG),
        ("png.jsonl", PNG),
        ("empty.csv", b""),
        ("empty.jsonl", b""),
        ("empty.parquet", b""),
        ("cut.jsonl.gz", CUT),
        ("header.csv", b"title,abstract\n"),
    ],
)
@pytest.mark.parametrize("command", ["classify", "evaluate", "suggest"])
def test_bad_files_fail(
    advise: Run, tmp_path: Path, command: str, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    out = tmp_path / "out.csv"
    rest = ("--json",) if command == "evaluate" else ("--out", out)
    fails(advise(command, tmp_path / name, *rest), name)
    assert {path.name for path in tmp_path.iterdir()} <= {name}


def test_folders_and_outputs_that_cannot_be_fail(run: Run, source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    for file, out, named in (
        (folder, tmp_path / "out.csv", folder.name),
        (source, folder, folder.name),
        (source, tmp_path / "out.txt", ".csv, .jsonl, .parquet"),
        (source, tmp_path / "out.csv.gz", ".csv, .jsonl, .parquet"),
        (source, tmp_path / "none" / "out.csv", tmp_path / "none"),
        (source, source, source.name),
    ):
        fails(run("classify", file, "--out", out), named)
    assert {path.name for path in tmp_path.iterdir()} == {"folder.csv", "in.jsonl"}


def test_an_unknown_model_fails_and_names_those_there_are(
    run: Run, source: Path, tmp_path: Path
) -> None:
    fails(run("classify", source, "--out", tmp_path / "o.csv", "--model", "nope"), "nope", "linear")
    fails(run("evaluate", source, "--model", "nope"), "nope", "linear")
    fails(run("suggest", source, "--out", tmp_path / "o.csv"), "blend", "primary")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "no-such",
        "models --yaml",
        "classify",
        "classify in.csv",
        *(
            f"classify in.csv --out o.csv {more}"
            for more in (
                "--task poetry", "--workers 0", "--workers many", "--workers +2", "--workers 1_0",
                "--cluster http://host:1", "--cluster tcp://host", "--column Heading",
                "--column heading=Title", "--column title=", "--workers 2 --cluster tcp://host:1",
            )
        ),
        "evaluate",
        "suggest in.csv",
        *(f"suggest in.csv --out o.csv --confidence {value}" for value in ("0", "1", "1.5", "nan")),
        "suggest in.csv --out o.csv --column string=Text",
        "suggest in.csv --out o.csv --task archive",
        "train no-such-recipe",
        "train linear --seed -1",
        *(
            f"train linear {option} {value}"
            for option in ("--epochs", "--batch-size", "--sample", "--patience")
            for value in ("0", "1.5")
        ),
        *(f"train linear --learning-rate {value}" for value in ("0", "-1", "nan", "inf", "fast")),
        "measure linear --task intent",
        "download everything",
        *(f"download arxiv-recent --papers {value}" for value in ("0", "30001", "1.5", "many")),
        "download arxiv-recent --archives cs,hep",
        "download scicite --papers 5",
        "download arxiv --archives cs",
        "similarity",
        "similarity a --measure x",
        "neighbours",
        "neighbours a --top 0",
        "neighbours a \x1b[2J",
        "evaluate-embedding",
    ],
)  # fmt: skip
def test_wrong_usage_exits_with_two(call: Run, words: str) -> None:
    code, out, err = call(*words.split())
    assert (code, out) == (2, "")
    assert err.startswith("Usage: ")
    assert not commands_a_terminal(err)


@pytest.mark.parametrize("command", ["", *commands.commands])
def test_help_exits_with_zero(call: Run, command: str) -> None:
    code, out, err = call(*command.split(), "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: python -m core {command}")
    assert call(*command.split(), "-h") == (0, out, "")


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), MemoryError(), RuntimeError("odd\nthing"), KeyError("x")]
)
def test_whatever_happens_ends_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail() -> Any:
        raise error

    monkeypatch.setattr("core.cli.training.installed", fail)
    code, out, err = run("models")
    assert (code, out, err.count("\n")) == (1, "", 1)


def test_an_error_while_the_commands_are_loaded_is_one_line(
    call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "core.cli.commands", None)
    code, out, err = call("models")
    assert (code, out, err.count("\n")) == (1, "", 1)


def test_a_seed_may_be_zero(
    run: Run,
    trained: Callable[[str], TrainingResult],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeds = []

    def train(data: Path, task: str, progress: Any) -> TrainingResult:
        seeds.append(progress.options.seed)
        return trained(task)

    recipe = Recipe("linear", "One", "", ("archive",), train, Options(seed=5), ("seed",))
    monkeypatch.setitem(RECIPES, "linear", recipe)
    for words in (["--seed", "0"], ["--seed", "7"], []):
        assert run("train", "linear", "--out", tmp_path, *words)[0] == 0
    assert seeds == [0, 7, 5]
    fails(run("train", "linear", "--out", tmp_path, "--epochs", 2), "--epochs", "seed")


def stop(*given: object) -> Any:
    """What Ctrl-C does."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("tasks", [(), ("archive",), ("archive", "subject")])
def test_a_training_that_is_stopped_says_what_was_saved(
    run: Run,
    trained: Callable[[str], TrainingResult],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tasks: tuple[str, ...],
) -> None:
    def train(data: Path, task: str, progress: Any) -> TrainingResult:
        return trained(task) if task in tasks else stop()

    recipe = Recipe("linear", "Two", "", ("archive", "subject"), train)
    monkeypatch.setitem(RECIPES, "linear", recipe)
    code, _, err = run("train", "linear", "--out", tmp_path)
    assert (code, err.count("\n")) == ((0, 0) if "subject" in tasks else (1, 1))
    assert ("archive/linear" in err) == (tasks == ("archive",))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == list(tasks)


def test_a_stop_says_how_to_continue(
    run: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "swivel", replace(RECIPES["swivel"], train=stop))
    monkeypatch.setattr(download, "arxiv", stop)
    monkeypatch.setattr(batch, "classify_file", stop)
    for words in (
        ["train", "swivel", "--out", tmp_path],
        ["download", "arxiv", "--to", tmp_path],
        ["classify", source, "--out", tmp_path / "out.csv"],
    ):
        fails(run(*words), "the same command")


def test_train_needs_papers(run: Run, tmp_path: Path) -> None:
    code, out, err = run("train", "nb-tfidf", "--data", tmp_path / "none.jsonl")
    fails((code, out, err.splitlines(keepends=True)[-1]), "none.jsonl")


@pytest.mark.parametrize(
    ("terminal", "log", "written"),
    [
        (True, False, "\r\033[K[############............]  50% half\r\033[K"),
        (False, True, " 50% half\n"),
        (False, False, ""),
    ],
)
def test_progress(
    terminal: bool,
    log: bool,
    written: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with progress_bar(log) as report:
        report(0.5, "{part}\x07", part="half")
    assert capsys.readouterr() == ("", written)


def process(*argv: object) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of a Python process."""
    done = subprocess.run(
        [sys.executable, *map(str, argv)],
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_process_itself_keeps_the_contract(
    tiny_models: Path, source: Path, tmp_path: Path
) -> None:
    classify = ("-m", "core", "classify")
    code, out, _ = process(*classify, source, "--out", tmp_path / "o.parquet", "--workers", 2)
    assert (code, out) == (0, "")
    assert pq.read_table(tmp_path / "o.parquet").schema.field("id").type == pa.string()
    missing = tmp_path / "none.csv"
    fails(process(*classify, missing, "--out", tmp_path / "o.csv"), missing)
    assert process(*classify)[0] == 2


def written_to(file: int, unbuffered: str, word: str) -> tuple[int, str]:
    """The exit code and standard error of a command whose standard output is an open file."""
    done = subprocess.run(
        [sys.executable, "-m", "core", word],
        cwd=settings.ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        stdout=file,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(file)
    return done.returncode, done.stderr


@pytest.mark.parametrize("word", ["models", "--help"])
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_output_that_nobody_reads_or_that_finds_no_room(
    tiny_models: Path, unbuffered: str, word: str
) -> None:
    read, write = os.pipe()
    os.close(read)
    # As any Unix command, without a word.
    assert written_to(write, unbuffered, word) == (128 + signal.SIGPIPE, "")
    full = os.open("/dev/full", os.O_WRONLY)
    code, err = written_to(full, unbuffered, word)
    fails((code, "", err), os.strerror(errno.ENOSPC))


LIMITED = """
import resource, sys
from core.prediction import batch; from core import cli
batch.CHUNK = 4
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), -1))
sys.exit(cli.main(sys.argv[2:]))
"""
"""A command whose files may hold so many bytes: to Python that is an error like a full disk."""


@pytest.mark.parametrize(
    ("name", "most"),
    [("out.csv", 1_000), ("out.jsonl", 4_000), ("out.parquet", 4_000), ("out", 1_000)],
    ids=["a piece of a table", "all of JSON lines", "all of Parquet", "a piece of a folder"],
)
def test_a_full_disk_is_a_sentence_that_names_the_place(
    source: Path,
    tiny_models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    most: int,
) -> None:
    out = tmp_path / "results" / name
    out.parent.mkdir()
    failed = process("-c", LIMITED, most, "classify", source, "--out", out)
    fails(failed, out, os.strerror(errno.EFBIG))
    assert "Errno" not in failed[2]
    assert not out.exists()
    # With room again the same command goes on.
    monkeypatch.setattr(batch, "CHUNK", 4)
    assert cli.main(["classify", str(source), "--out", str(out)]) == 0
    assert [path.name for path in out.parent.iterdir()] == [name]


def test_no_room_for_a_model_names_its_folder(tmp_path: Path) -> None:
    program = """
import resource, sys
from pathlib import Path
from core.classifiers import store
from core.files.export import ExportError
from tests.conftest import RECIPE, small_trained
resource.setrlimit(resource.RLIMIT_FSIZE, (100, -1))
try:
    store.save(small_trained("archive"), RECIPE, Path(sys.argv[1]))
except ExportError as error:
    print(error)
"""
    folder = tmp_path / "archive" / "linear"
    code, out, _ = process("-c", program, folder)
    assert code == 0
    assert str(folder) in out
    assert list(folder.parent.iterdir()) == []


# Terms.


def matrix(path: Path) -> tuple[list[str], list[str], np.ndarray]:
    """Head, first column and figures of a matrix that was written."""
    head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    return head, [row[0] for row in rows], np.array([row[1:] for row in rows], float)


def test_similarity_is_that_of_the_notebook(
    ask: Run, embedding: WordVectors, tmp_path: Path
) -> None:
    words = ("SARS", "chest pain", "Spain", "COVID-19")
    out = tmp_path / "m.csv"
    assert ask("similarity", *words, "--out", out) == (0, "", "")
    head, column, found = matrix(out)
    assert head == ["term", *words]
    assert column == list(words)
    row = dict(zip(embedding.tokens, embedding.vectors, strict=True))
    pain = (row["chest"] + row["pain"]) / np.sqrt(2)
    vectors = np.array([row["SARS"], pain, row["Spain"], row["COVID19"]])
    corr = np.inner(vectors, vectors)
    np.testing.assert_allclose(found, corr / corr.max(), atol=1e-6)
    assert (np.diag(found) == 1).sum() == 1


def test_similarity_by_cosine_on_the_screen(ask: Run, embedding: WordVectors) -> None:
    code, out, err = ask("similarity", "SARS", "MERS", "Italy", "--measure", "cosine")
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["SARS", "MERS", "Italy"]
    assert [line[0] for line in lines[1:]] == lines[0]
    vectors = embedding.embed(lines[0])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = np.array([line[1:] for line in lines[1:]], float)
    np.testing.assert_allclose(found, unit @ unit.T, atol=5.1e-4)


EVIL = "fe\x1b[2J\x1b]0;owned\x07ver\u202e\x9b31m\x7f"
"""Clears a terminal, names its window, turns the direction of writing."""


def commands_a_terminal(text: str) -> bool:
    return bool(re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text))


@pytest.mark.parametrize("options", [(), ("--measure", "cosine")], ids=["inner", "cosine"])
def test_terms_do_not_command_the_terminal(ask: Run, options: tuple[str, ...]) -> None:
    code, out, err = ask("similarity", EVIL, "SARS", "two\nlines", *options)
    assert code == 0
    assert not commands_a_terminal(out + err)
    assert len(out.splitlines()) == 4
    assert "ver" in out


def test_neighbours_do_not_command_the_terminal(
    ask: Run, monkeypatch: pytest.MonkeyPatch, embedding: WordVectors
) -> None:
    fails(ask("neighbours", EVIL))
    evil = WordVectors((EVIL, *embedding.tokens[1:]), embedding.vectors)
    monkeypatch.setattr(hub_module, "table_of", lambda loaded: evil)
    code, out, err = ask("neighbours", embedding.tokens[1], "--top", len(evil.tokens) - 1)
    assert (code, err) == (0, "")
    assert not commands_a_terminal(out)
    assert len(out.splitlines()) == len(evil.tokens) - 1


def test_similarity_names_unknown_words(ask: Run, tmp_path: Path) -> None:
    out = tmp_path / "m.csv"
    code, said, err = ask("similarity", "SARS", "zzqx fever", "sars", "=1+1", "--out", out)
    assert (code, said) == (0, "")
    assert [f"“{word}” is not in the vocabulary." for word in ("zzqx", "sars", "=1+1")] == (
        err.splitlines()
    )
    head, column, found = matrix(out)
    assert head == ["term", "SARS", "zzqx fever", "sars", "'=1+1"]
    assert column == head[1:]
    assert (found[2] == 0).all()


def test_similarity_with_parts_estimates_unknown_words(ask: Run, tmp_path: Path) -> None:
    out = tmp_path / "m.csv"
    code, said, err = ask("similarity", "SARS", "sars", "zzqx", "--parts", "--out", out)
    assert (code, said) == (0, "")
    sars, zzqx = err.splitlines()
    assert sars.startswith("“sars” is not") and sars.endswith("from SARS.")
    assert zzqx == "“zzqx” is not in the vocabulary."
    _, _, found = matrix(out)
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    assert (found[2] == 0).all()


def test_similarity_of_a_term_given_twice_and_of_the_word_term(ask: Run, tmp_path: Path) -> None:
    out = tmp_path / "m.csv"
    assert ask("similarity", "term", "SARS", "term", "--out", out)[0] == 0
    head, _, found = matrix(out)
    assert head == ["term", "term", "SARS", "term"]
    np.testing.assert_array_equal(found[0], found[2])


def test_similarity_of_too_many_terms(ask: Run, tmp_path: Path) -> None:
    out = tmp_path / "m.csv"
    fails(ask("similarity", *(f"w{i}" for i in range(201)), "--out", out), 200, 201)
    assert not out.exists()
    assert ask("similarity", *(f"w{i}" for i in range(200)), "--out", out)[0] == 0
    assert matrix(out)[2].shape == (200, 200)


def test_neighbours(ask: Run, embedding: WordVectors) -> None:
    code, out, err = ask("neighbours", "SARS", "--json", "--top", 3)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert [record["rank"] for record in found] == [1, 2, 3]
    unit = embedding.vectors / np.linalg.norm(embedding.vectors, axis=1, keepdims=True)
    near = unit @ unit[embedding.tokens.index("SARS")]
    near[embedding.tokens.index("SARS")] = -2
    best = np.argsort(-near)[:3]
    assert [record["word"] for record in found] == [embedding.tokens[i] for i in best]
    np.testing.assert_allclose([record["similarity"] for record in found], near[best], atol=1e-5)
    code, out, _ = ask("neighbours", "SARS")
    assert code == 0
    assert len(out.splitlines()) == 10
    assert out.split()[:3] == ["1", f"{near[best[0]]:.3f}", found[0]["word"]]


def test_neighbours_of_an_unknown_word_fail(ask: Run) -> None:
    fails(ask("neighbours", "zzqx"), "zzqx")


def test_evaluate_embedding(ask: Run, embedding: WordVectors, tmp_path: Path) -> None:
    pairs = [("SARS", "MERS", 9), ("SARS", "Italy", 1), ("cough", "fever", 8), ("Spain", "pain", 2)]
    path = tmp_path / "my set.txt"
    path.write_text("".join(f"{a}\t{b}\t{s}\n" for a, b, s in [*pairs, ("zzqx", "SARS", 5)]))
    code, out, err = ask("evaluate-embedding", path)
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert list(report) == ["set", "rho", "pairs", "total"]
    assert (report["set"], report["pairs"], report["total"]) == ("my set", 4, 5)
    ends = [embedding.embed([pair[side] for pair in pairs]) for side in (0, 1)]
    near = (ends[0] * ends[1]).sum(axis=1) / np.prod(
        [np.linalg.norm(e, axis=1) for e in ends], axis=0
    )
    assert report["rho"] == pytest.approx(spearmanr(near, [pair[2] for pair in pairs]).statistic)
    path.write_text("SARS\tMERS\t9\n")
    assert json.loads(ask("evaluate-embedding", path)[1])["rho"] is None
    path.write_text("SARS\tMERS\t9\nsars\tcough\t2\nzzqx\tcough\t3\n")
    assert json.loads(ask("evaluate-embedding", path)[1])["pairs"] == 1
    assert json.loads(ask("evaluate-embedding", path, "--parts")[1])["pairs"] == 2


def test_a_module_by_its_path(
    ask: Run, built_embedding: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(built_embedding / "none"))
    path = built_embedding / "embedding" / "swivel"
    assert ask("neighbours", "SARS", "--module", path)[0] == 0


@pytest.mark.parametrize(
    "words", [["similarity", "SARS"], ["neighbours", "SARS"], ["evaluate-embedding", "{set}"]]
)
def test_a_wrong_module_fails(ask: Run, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "set.txt").write_text("SARS\tMERS\t9\n")
    words = [word.format(set=tmp_path / "set.txt") for word in words]
    (tmp_path / "empty").mkdir()
    for module in (tmp_path / "none", tmp_path / "empty", tmp_path / "set.txt"):
        fails(ask(*words, "--module", module), module)


def test_a_wrong_set_fails(ask: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text("one two\n")
    for path in (tmp_path / "odd.txt", tmp_path / "none.txt", tmp_path):
        fails(ask("evaluate-embedding", path))


def test_models_list_an_embedding(ask: Run) -> None:
    code, out, err = ask("models", "--json")
    assert (code, err) == (0, "")
    (record,) = json.loads(out)
    assert (record["task"], record["name"]) == ("embedding", "swivel")
    assert record["label"] == "Swivel (small)"
    assert record["bytes"] > 250 * 8 * 4 * 0.9
    assert record["metrics"] == {"swivel": {"small-set": 0.25}}
    code, out, err = ask("models")
    assert (code, err) == (0, "")
    assert "swivel" in out.splitlines()[1]
    assert "small-set 0.250" in out.splitlines()[1]
