"""The walls of the house: who may import whom, and what must not be loaded at the start."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.classifiers.registry import families
from core.settings import ROOT

CORE = ROOT / "core"
FAMILIES = [CORE / "classifiers" / f"{name}.py" for name in families()]
SLOW = ("tensorflow", "keras", "seaborn", "matplotlib", "sklearn", "xgboost", "plotly", "streamlit")


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports anywhere, by its whole name; of `from a import b` also `a.b`."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            inside = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*inside, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{name.name}" for name in node.names)


def parts(path: Path) -> set[str]:
    """The modules a file imports and the packages these are in."""
    return {
        ".".join(name.split(".")[:n])
        for name in imports(path)
        for n in range(1, 1 + len(name.split(".")))
    }


def test_imports_are_found() -> None:
    assert {"core.classifiers.base", "core.text.tfidf", "numpy", "core"} <= parts(
        CORE / "classifiers" / "linear.py"
    )
    assert "core.text.documents" in parts(CORE / "text" / "input_checks.py")


@pytest.mark.parametrize("path", FAMILIES, ids=lambda p: p.stem)
def test_families_do_not_know_each_other(path: Path) -> None:
    others = {f"core.classifiers.{other.stem}" for other in FAMILIES if other != path}
    assert not parts(path) & others


def test_the_contract_knows_no_family() -> None:
    assert not parts(CORE / "classifiers" / "base.py") & {
        f"core.classifiers.{path.stem}" for path in FAMILIES
    }


def loaded_by(program: str) -> set[str]:
    """The top-level modules in a fresh process after a program."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_nothing_slow_is_imported_at_the_start() -> None:
    modules = (
        "classifiers.store text.input_checks text.tfidf text.markdown prediction.answer "
        "prediction.batch prediction.reports plots.heatmap evaluation.metrics taxonomy "
        "classifiers.training_queue training.keras_loop plots.learning_curves"
    )
    lines = [f"import core.{name}" for name in modules.split()]
    lines += [
        f"import pages.{name}"
        for name in ("overview.tour", "models.leaderboard", "about.installed")
    ]
    found = loaded_by("\n".join(lines))
    assert "core" in found
    assert not found & set(SLOW)


def test_a_model_loads_and_answers_without_anything_slow(tiny_models: Path) -> None:
    found = loaded_by(
        "from core import cards\n"
        "from core.classifiers import store\n"
        "model = store.load(cards.find('archive'))\n"
        "model.predict_scores(['Knots in loops'])\n"
        "model.explain('Knots in loops', 'math')"
    )
    assert not found & set(SLOW)


def test_the_command_line_starts_without_anything_slow(tiny_models: Path) -> None:
    found = loaded_by("from core.cli import main\nassert main(['models', '--json']) == 0")
    assert not found & set(SLOW)
