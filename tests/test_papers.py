"""What the documents say is so: settings, commands and files that they name exist."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.commands import commands
from core.settings import ROOT, VARIABLES

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PAPERS = {"README.md": README, "SECURITY.md": SECURITY, "CONTRIBUTING.md": CONTRIBUTING}

EXAMPLES = {
    "core/classifiers/centroid.py", "core/plots/retired.py", "pages/corpus/retired.py",
    "core/files/json_sequence_reader.py",
}  # fmt: skip
"""Files that readers of CONTRIBUTING write; tests/test_guide.py does."""


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next of its rank."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_variable_stands_in_the_readme_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", section(README, "Configuration"), re.MULTILINE)
    assert dict(rows) == VARIABLES


def test_no_other_variable_is_read() -> None:
    named = {
        name
        for folder in ("core", "pages", "benchmarks", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"\bPAPERLENS_[A-Z0-9_]+", path.read_text(encoding="utf-8"))
    }
    assert named <= set(VARIABLES)


def test_every_command_and_option_that_is_named_exists() -> None:
    for name, text in PAPERS.items():
        for line in re.findall(r"python -m core (\w.*)", text):
            command = re.split(r"[\s`]+", line)[0]
            assert command in commands.commands, (name, line)
            known = {option for p in commands.commands[command].params for option in p.opts}
            options = re.findall(r"(?<![\w-])--[a-z][a-z-]+", line.partition("`")[0])
            assert set(options) <= known, (name, line)


@pytest.mark.parametrize("name", PAPERS)
def test_files_that_are_named_exist(name: str) -> None:
    text = PAPERS[name]
    linked = [t for t in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in t]
    quoted = re.findall(r"`((?:tests|core|pages|models|benchmarks)/[\w/.-]+)`", text)
    assert linked or quoted
    for target in {*linked, *quoted} - EXAMPLES:
        assert (ROOT / target).exists(), target


def test_every_promise_says_where_it_is_tested() -> None:
    rows = [line for line in section(SECURITY, "What is promised").split("\n") if line[:2] == "| "]
    assert len(rows) > 10
    for row in rows[1:]:
        assert "`tests/" in row.split("|")[2], row


# The container, as far as it can be read.

CONTAINER = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
STEPS = [
    tuple(line.split(maxsplit=1))
    for line in CONTAINER.split("\n")
    if line.strip() and not line.startswith("#")
]


def steps(name: str) -> list[str]:
    return [words for step, words in STEPS if step == name]


def test_the_container_runs_as_nobody_in_particular() -> None:
    (user,) = steps("USER")
    assert int(user) >= 1000
    order = [step for step, _ in STEPS]
    # What comes after would be owned by it; the program is not its to change.
    assert "COPY" not in order[order.index("USER") :]
    assert f"--uid {user} " in steps("RUN")[1]


def test_the_container_copies_what_there_is_and_fetches_nothing() -> None:
    assert not steps("ADD")
    assert "http://" not in CONTAINER.replace("http://127.0.0.1:8501/", "")
    assert "https://" not in CONTAINER
    sources = [source for words in steps("COPY") for source in words.split()[:-1]]
    assert {"app.py", "core", "pages", "models", ".streamlit", "requirements.txt"} <= set(sources)
    assert not {"tests", "benchmarks", "."} & set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
    assert "requirements.txt" in steps("RUN")[0]


def test_the_container_tells_its_health_and_its_folders() -> None:
    (check,) = steps("HEALTHCHECK")
    assert "/_stcore/health" in check
    (settings,) = steps("ENV")
    assert "PAPERLENS_DATA=/data" in settings
    assert set(re.findall(r"PAPERLENS_\w+", settings)) <= set(VARIABLES)
    assert all(folder in steps("VOLUME")[0] for folder in ("/data", "/runs"))
    (command,) = steps("CMD")
    port = re.search(r'"--server.port", "(\d+)"', command)
    assert port
    assert steps("EXPOSE") == [port[1]]
    assert f":{port[1]}/_stcore" in check


EACH_PAGE = """
from pathlib import Path
from streamlit.testing.v1 import AppTest

app = AppTest.from_file("app.py", default_timeout=60).run()
for page in sorted(Path("pages").glob("*/page.py")):
    app.switch_page(str(page)).run()
    assert not app.exception, (page, app.exception[0].message)
    assert len(app.title) == 1, page
    print(page.parent.name)
"""


def test_what_the_container_copies_is_enough_for_every_page(tmp_path: Path) -> None:
    for words in steps("COPY"):
        *sources, _ = words.split()
        for source in sources:
            if source == "models":
                (tmp_path / source).symlink_to(ROOT / source)
            elif (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / source)
            else:
                shutil.copy(ROOT / source, tmp_path / source)
    environment = os.environ | {
        "PAPERLENS_DATA": str(tmp_path / "none"),
        "PAPERLENS_RUNS": str(tmp_path / "runs"),
    }
    done = subprocess.run(
        [sys.executable, "-c", EACH_PAGE],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pages = {"overview", "classify", "terms", "corpus", "training", "models"}
    assert pages <= set(done.stdout.split())


def test_only_what_is_copied_is_sent_to_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    rules = [line for line in lines if line and not line.startswith("#")]
    sources = {source for words in steps("COPY") for source in words.split()[:-1]}
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == sources
    assert ".streamlit/secrets.toml" in rules
