"""The examples of CONTRIBUTING work: a model family, a view with its figure, a file format."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def examples(title: str) -> list[str]:
    """The Python blocks under a heading."""
    text = CONTRIBUTING.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the code to add the examples to."""
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("core", "pages", ".streamlit"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(ROOT / "app.py", tmp_path)
    return tmp_path


def add(path: Path, code: str) -> None:
    """Write an example, which must be in the project's style."""
    path.write_text(code, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        run(path.parents[2], "ruff", *command, "--config", ROOT / "pyproject.toml", path)


def insert(path: Path, line: str, code: str) -> None:
    """Put an entry, the block's second line, after the line that the block begins with."""
    first, entry = code.rstrip("\n").split("\n")
    text = path.read_text(encoding="utf-8")
    before, found, after = text.partition(f"\n{first}\n")
    assert found
    path.write_text(f"{line}\n{before}{found}{entry}\n{after}", encoding="utf-8")


def run(folder: Path, *words: object, **environment: object) -> str:
    """The output of a module of Python."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=folder,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_model_family(checkout: Path, corpus: Path) -> None:
    (code,) = examples("A model family")
    add(checkout / "core" / "classifiers" / "centroid.py", code)
    models = checkout / "models"
    out = checkout / "out.jsonl"
    run(checkout, "core", "train", "centroid", "--data", corpus, PAPERLENS_MODELS=models)
    assert "centroid" in run(checkout, "core", "models", PAPERLENS_MODELS=models)
    words = ("classify", corpus, "--out", out, "--model", "centroid")
    run(checkout, "core", *words, PAPERLENS_MODELS=models)
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    papers = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    hits = sum(
        answer["predicted"].split()[0]
        in {code.partition(".")[0] for code in paper["categories"].split()}
        for answer, paper in zip(answers, papers, strict=True)
    )
    assert hits > 0.95 * len(papers)


VISIT = """
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

app = AppTest.from_file("app.py", default_timeout=60)
app.query_params["show"] = "Retired archives"
app.query_params["merge"] = "false"
app._page_hash = calc_hash("statistics")
app.run()
assert not app.exception, app.exception[0].message
(figure,) = (element.proto.spec for element in app.get("plotly_chart"))
assert "solv-int" in figure and "Papers by retired archive" in figure
assert set(app.dataframe[0].value["code"]) >= {"solv-int", "alg-geom"}
"""


def test_a_view_and_its_figure(checkout: Path) -> None:
    figure, view, entry = examples("A view and its figure")
    add(checkout / "core" / "plots" / "retired.py", figure)
    add(checkout / "pages" / "corpus" / "retired.py", view)
    insert(checkout / "pages" / "corpus" / "page.py", "from pages.corpus import retired", entry)
    (checkout / "visit.py").write_text(VISIT, encoding="utf-8")
    none = checkout / "none"
    environment = {"PAPERLENS_DATA": none, "PAPERLENS_MODELS": ROOT / "models"}
    run(checkout, "visit", PAPERLENS_RUNS=none, **environment)


def test_a_file_format(checkout: Path, tiny_models: Path) -> None:
    reader, entry, reader_entry = examples("A file format")
    files = checkout / "core" / "files"
    add(files / "json_sequence_reader.py", reader)
    insert(files / "formats.py", "", entry)
    line = "from core.files.json_sequence_reader import JsonSequenceReader"
    insert(files / "readers.py", line, reader_entry)
    papers = [
        {"id": f"2501.{i:05}", "title": "Knots", "abstract": "In loops.", "categories": "math.GT"}
        for i in range(1, 4)
    ]
    source, out = checkout / "papers.jsonseq", checkout / "out.csv"
    lines = [f"\x1e{json.dumps(paper)}\n" for paper in papers]
    source.write_text("".join([*lines, "\x1enot JSON\n"]), encoding="utf-8")
    run(checkout, "core", "classify", source, "--out", out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows[:3]] == [paper["id"] for paper in papers]
    assert [bool(row["note"]) for row in rows] == [False, False, False, True]
    summary = run(checkout, "core", "statistics", source, PAPERLENS_RUNS=checkout / "runs")
    assert "3 papers" in summary and "damaged lines left out: 1" in summary
