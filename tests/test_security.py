"""What hostile input must not do: run, reach outside its folder, fill memory, or stop the page.

SECURITY.md lists these promises and where each is tested.
"""

import csv
import gzip
import hashlib
import io
import itertools
import json
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.cards import CARD, installed
from core.cli import main
from core.corpora import blocks
from core.embeddings.term_list import from_file
from core.embeddings.vectors import TermError
from core.files import formats, limits, records
from core.statistics import conversion, data_folder, label_counts
from tests.visit import visit

CLASSIFY, TERMS, STATISTICS, MODELS, TRAINING = (
    "classify",
    "terms",
    "statistics",
    "models",
    "training",
)

LINK = "[press](javascript:alert(1))"
PICTURE = "![x](https://example.invalid/track.png)"
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    LINK,
    PICTURE,
    "<javascript:alert(1)>",
    ":material/bug_report:",
    ":red[danger]",
    ":streamlit:",
    r"$\href{javascript:alert(1)}{x}$",
    "# Heading",
    "`code`",
)
HOSTILE = " ".join(ATTACKS)
STARTS = ("=", "+", "-", "@", "\t", "\r")


def opened(page: str, **address: str | list[str]) -> AppTest:
    app = visit(page, address)
    assert not app.exception
    return app


def drawn_as_markdown(app: AppTest) -> list[str]:
    """Every text of the page that Streamlit hands to its Markdown renderer."""
    kinds = (
        app.markdown, app.caption, app.title, app.header, app.subheader,
        app.warning, app.error, app.info, app.success,
    )  # fmt: skip
    texts = [element.value for kind in kinds for element in kind]
    # The options of a segmented control and of pills are Markdown too.
    for kind in ("segmented_control", "pills"):
        texts += [str(option) for group in app.get(kind) for option in group.options]
    return texts + [metric.label for metric in app.metric]


def means_something(text: str) -> list[str]:
    """The attacks that a Markdown text holds with nothing to take their meaning away."""
    return [attack for attack in (*ATTACKS[:8], ATTACKS[8]) if attack in text]


def assert_harmless(app: AppTest) -> None:
    assert not app.exception
    for text in drawn_as_markdown(app):
        assert not means_something(text), text
    for chart in app.get("plotly_chart"):
        for text in shown_by(json.loads(chart.proto.spec)):
            assert not re.search("<(script|img|a|svg|javascript)", text), text


def shown_by(figure: Any) -> Iterator[str]:
    """The texts that a figure shows: Plotly reads HTML in them.

    Not the ids of areas, and of data of several columns only the first, which is hovered over: the
    second is for clicks.
    """
    if isinstance(figure, dict):
        for key, value in figure.items():
            if key == "customdata" and all(isinstance(row, list) for row in value):
                yield from shown_by([row[0] for row in value])
            elif key not in ("ids", "parents"):
                yield from shown_by(value)
    elif isinstance(figure, list):
        for value in figure:
            yield from shown_by(value)
    elif isinstance(figure, str):
        yield figure


@pytest.fixture
def models(
    built_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> Path:
    """A models folder of one's own with the two small models; no data, no runs."""
    folder = tmp_path / "models"
    shutil.copytree(built_models, folder)
    monkeypatch.setenv("PAPERLENS_MODELS", str(folder))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "data"))
    return folder


def change_card(folder: Path, **fields: Any) -> None:
    """Change fields of a model's card."""
    path = folder / CARD
    record = json.loads(path.read_text(encoding="utf-8")) | fields
    path.write_text(json.dumps(record), encoding="utf-8")


def put_in(folder: Path, name: str, content: bytes) -> None:
    """Put a file among a model's, with its checksum on the card: a forged model."""
    (folder / name).write_bytes(content)
    listed = json.loads((folder / CARD).read_text(encoding="utf-8"))["files"]
    change_card(folder, files=listed | {name: hashlib.sha256(content).hexdigest()})


# What is typed, uploaded or linked is shown and does nothing.


def test_a_title_and_an_abstract_do_nothing(models: Path) -> None:
    app = opened(CLASSIFY, fields="true")
    for attack in ATTACKS:
        app.text_input(key="title").set_value(f"Knots in loops {attack}")
        app.text_area(key="abstract").set_value(f"We tie a knot in a loop. {attack}")
        app.button[0].click().run()
        assert app.subheader
        # The formula is the one thing that is set; KaTeX trusts no \href (browser journey).
        if not attack.startswith("$"):
            assert_harmless(app)
        for block in app.get("html"):
            assert "<script" not in block.proto.body
            assert "<img" not in block.proto.body


def test_terms_and_groups_do_nothing(embedding: Any, fresh: None) -> None:
    line = f"{HOSTILE.replace(':', ' ').replace(',', ' ')}: SARS, {HOSTILE}, cough"
    for view in ("Heatmap", "Neighbours", "Analogy", "Odd one out", "Map"):
        app = opened(TERMS, terms=[line], view=view, near=HOSTILE[:200], a=HOSTILE[:200])
        assert_harmless(app)


@pytest.mark.parametrize("page", [CLASSIFY, TERMS, STATISTICS, MODELS, TRAINING])
def test_an_address_does_nothing(embedding: Any, fresh: None, page: str) -> None:
    names = (
        "kind", "example", "citation", "model", "task", "own", "threshold", "intent-model",
        "terms", "view", "measure", "order", "near", "a", "b", "c", "module", "corpus", "path",
        "years", "archives", "text", "merge", "show", "level", "runs", "metric", "smoothing",
        "log", "many-task", HOSTILE, "__proto__",
    )  # fmt: skip
    assert_harmless(opened(page, **dict.fromkeys(names, HOSTILE[:200])))


def test_the_name_of_an_upload_does_nothing(models: Path) -> None:
    app = opened(CLASSIFY, kind="Batch")
    for attack in ATTACKS:
        for content in (b"title\nKnots\n", b""):
            app.file_uploader[0].set_value((f"{attack}.csv", content, "text/csv")).run()
            assert_harmless(app)


def test_columns_of_an_upload_do_nothing(models: Path) -> None:
    table = io.StringIO()
    csv.writer(table).writerows([["title", *ATTACKS], ["Knots in loops", *ATTACKS]])
    app = opened(CLASSIFY, kind="Batch")
    app.file_uploader[0].set_value(("in.csv", table.getvalue().encode(), "text/csv")).run()
    assert set(ATTACKS) <= set(app.dataframe[0].value.columns)
    assert_harmless(app)


def hostile_corpus(path: Path) -> Path:
    """A corpus whose categories, texts and licences are attacks and formulas."""
    codes = [attack.replace(" ", "/") for attack in ATTACKS] + [f"{start}1+1" for start in "=+-@"]
    with path.open("w", encoding="utf-8") as file:
        for i in range(4 * len(codes)):
            record = {
                "id": f"{HOSTILE}{i}" if i % 2 else f"24{1 + i % 12:02}.{i:05}",
                "categories": f"{codes[i % len(codes)]} {codes[(i + 1) % len(codes)]} math.AT",
                "title": HOSTILE,
                "abstract": f"{STARTS[i % 6]}1+1 {HOSTILE}",
                "license": ATTACKS[i % len(ATTACKS)] if i % 2 else f"{STARTS[i % 6]}1+1",
            }
            file.write(json.dumps(record) + "\n")
    return path


def counted(**address: str) -> AppTest:
    """The Statistics page once its corpus is converted."""
    app = opened(STATISTICS, **address)
    deadline = time.monotonic() + 60
    while app.get("progress"):
        assert time.monotonic() < deadline
        app.run()
    return app


def counts_papers(app: AppTest, papers: int) -> bool:
    """Whether the totals of a corpus say so."""
    return any(f"Papers **{papers}**" in one.value for one in app.markdown)


VIEWS = ("Categories", "Over time", "Co-occurrence", "Treemap", "Distributions", "Words")


def test_the_categories_of_a_corpus_do_nothing_and_download_plain(
    models: Path, taken: dict[str, bytes]
) -> None:
    data = models.parent / "data"
    data.mkdir()
    name = f"{ATTACKS[6]}{ATTACKS[5].replace('/', '')}.jsonl"
    hostile_corpus(data / name)
    for view, level in itertools.product(VIEWS, ("Archives", "Subjects")):
        for of in ("Licences", "Length of titles") if view == "Distributions" else ("",):
            app = counted(corpus=name, show=view, level=level, of=of)
            assert counts_papers(app, 60)
            assert_harmless(app)
    assert {"archives.csv", "subjects-by-month.csv", "licences.csv", "archive-pairs.csv"} <= set(
        taken
    )
    assert_all_plain(taken)


def test_a_card_does_nothing(models: Path, built_intent: Path) -> None:
    shutil.copytree(built_intent / "intent", models / "intent")
    history = [{"loss": 1.0, HOSTILE: 0.5}, {"loss": 0.5, HOSTILE: 0.7}]
    attacks = [*ATTACKS, *(f"{attack}." for attack in ATTACKS)]
    for task, name in (("archive", "linear"), ("subject", "linear"), ("intent", "intent")):
        folder = models / task / name
        labels = json.loads((folder / CARD).read_text(encoding="utf-8"))["labels"]
        change_card(
            folder,
            label=HOSTILE,
            summary=HOSTILE,
            data={HOSTILE: HOSTILE},
            parameters={HOSTILE: HOSTILE},
            versions={HOSTILE: HOSTILE},
            labels=attacks[: len(labels)] + labels[len(attacks) :],
            history=history,
        )
    app = opened(CLASSIFY)
    app.text_area(key="box").set_value("Knots in loops")
    app.button[0].click().run()
    assert_harmless(app)
    assert app.subheader[0].value
    app = opened(CLASSIFY, kind="Citation")
    app.text_area(key="sentence").set_value("We measured owl calls with the sieve of Tarn (1999).")
    app.button[0].click().run()
    assert app.subheader[0].value
    assert_harmless(app)
    assert_harmless(opened(CLASSIFY, kind="Batch"))
    assert_harmless(opened(TRAINING))
    for title in ("Archive", "Subject", "Intent"):
        assert_harmless(opened(MODELS, task=title))


def test_a_damaged_card_does_nothing(models: Path) -> None:
    folder = models / "archive" / "linear"
    change_card(folder, name=HOSTILE)
    for page in (CLASSIFY, MODELS, TRAINING):
        app = opened(page)
        assert "holds the card of another model" in " ".join(w.value for w in app.warning)
        assert_harmless(app)


# What leaves is no formula.


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What the page's download buttons hold, by file name."""
    found: dict[str, bytes] = {}
    real = st.download_button

    def kept(label: str, data: Any, file_name: str, *more: Any, **named: Any) -> bool:
        content = data() if callable(data) else data
        if hasattr(content, "read"):
            with content:
                content = content.read()
        found[file_name] = content.encode() if isinstance(content, str) else content
        return real(label, b"", file_name, *more, **named)

    monkeypatch.setattr(st, "download_button", kept)
    return found


def assert_plain(content: bytes) -> None:
    """Assert that no cell of a CSV file is a formula to a spreadsheet; numbers are none."""
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        for cell in row:
            if cell.startswith(STARTS):
                float(cell)  # a negative number


def assert_all_plain(taken: dict[str, bytes]) -> None:
    tables = {name: content for name, content in taken.items() if name.endswith(".csv")}
    assert tables
    for content in tables.values():
        assert_plain(content)


def test_answers_to_one_text_download_plain(
    models: Path, built_intent: Path, taken: dict[str, bytes]
) -> None:
    shutil.copytree(built_intent / "intent", models / "intent")
    for task in ("archive", "subject", "intent"):
        name = "intent" if task == "intent" else "linear"
        path = models / task / name / CARD
        labels = json.loads(path.read_text(encoding="utf-8"))["labels"]
        change_card(path.parent, labels=[f"{STARTS[i % 6]}{x}" for i, x in enumerate(labels)])
    app = opened(CLASSIFY)
    app.text_area(key="box").set_value("Knots in loops")
    app.button[0].click().run()
    app = opened(CLASSIFY, kind="Citation")
    app.text_area(key="sentence").set_value("We measured owl calls with the sieve of Tarn (1999).")
    app.button[0].click().run()
    assert {"categories.csv", "intent.csv"} <= set(taken)
    assert_all_plain(taken)


def test_answers_to_many_download_plain(models: Path, taken: dict[str, bytes]) -> None:
    table = io.StringIO(newline="")
    ids = [f"{start}1+1" for start in STARTS]
    csv.writer(table).writerows([("id", "title"), *((i, "Knots in loops") for i in ids)])
    app = opened(CLASSIFY, kind="Batch")
    app.file_uploader[0].set_value(("in.csv", table.getvalue().encode(), "text/csv")).run()
    app.button(key="many-start").click().run()
    deadline = time.monotonic() + 60
    while "archive.csv" not in taken:
        assert time.monotonic() < deadline
        app.run()
    assert_all_plain(taken)
    lines = csv.DictReader(io.StringIO(taken["archive.csv"].decode("utf-8-sig"), newline=""))
    # The reader takes blanks off an identifier's ends.
    assert [row["id"] for row in lines][:4] == [f"'{i}" for i in ids[:4]]


def test_words_download_plain(embedding: Any, fresh: None, taken: dict[str, bytes]) -> None:
    terms = ["=1+1", "+SARS", "-cough", "@fever", "SARS"]
    for view in ("Heatmap", "Neighbours", "Analogy"):
        opened(TERMS, terms=[f"=group: {', '.join(terms)}"], view=view, near="SARS")
    assert {"similarity.csv", "words.csv"} <= set(taken)
    # What no vector is known of is left out.
    assert taken["similarity.csv"].startswith(b"\xef\xbb\xbfterm,'-cough,'@fever,SARS\r\n'-cough,")
    assert_all_plain(taken)


def test_training_and_reports_download_plain(models: Path, taken: dict[str, bytes]) -> None:
    history = [{"loss": 1.0, "=1+1": 0.5, "val_loss": 1.0}]
    change_card(models / "archive" / "linear", label="=1+1", history=history)
    opened(TRAINING)
    for show in ("Card", "Report", "Curves", "Errors"):
        opened(MODELS, **{"archive-show": show})
    assert "training.csv" in taken
    assert_all_plain(taken)


def test_the_command_line_writes_no_formula(
    models: Path, embedding: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        main(["similarity", "=1+1", "+2", "@SARS", "\tcough", "--out", str(tmp_path / "m.csv")])
        == 0
    )
    hostile_corpus(tmp_path / "hostile.jsonl")
    assert main(["statistics", str(tmp_path / "hostile.jsonl"), "--out", str(tmp_path / "s")]) == 0
    monkeypatch.setenv("PAPERLENS_MODELS", str(models))
    done = tmp_path / "answers.csv"
    assert main(["classify", str(tmp_path / "hostile.jsonl"), "--out", str(done)]) == 0
    written = [tmp_path / "m.csv", done, *(tmp_path / "s").glob("*.csv")]
    assert len(written) > 6
    for path in written:
        assert_plain(path.read_bytes())


# Nothing is reached outside the folders.


PATHS = (
    "..", "../secret.jsonl", "arxiv/../../secret.jsonl", "{root}/secret.jsonl", "/etc/passwd", "/",
    "link.jsonl", "folder/secret.jsonl", "~", "~/secret.jsonl", "~root", "a\0b", "\0",
    "..%2fsecret.jsonl", "%2e%2e/secret.jsonl", "file:///etc/passwd", "..\\secret.jsonl",
    "//etc/passwd", "./../secret.jsonl", "s3://bucket/key", "https://example.invalid/a.jsonl",
    "x" * 5_000, "missing.jsonl", "*.jsonl", "a/" * 3_000,
)  # fmt: skip


@pytest.fixture
def locked(models: Path) -> Path:
    """A data folder with links out of it, and a secret beside it."""
    data = models.parent / "data"
    (data / "arxiv").mkdir(parents=True)
    secret = hostile_corpus(models.parent / "secret.jsonl")
    (data / "link.jsonl").symlink_to(secret)
    (data / "folder").symlink_to(models.parent)
    return data


@pytest.mark.parametrize("text", PATHS, ids=range(len(PATHS)))
def test_a_typed_path_stays_in_the_data_folder(locked: Path, text: str) -> None:
    with pytest.raises(label_counts.StatisticsError) as refused:
        data_folder.resolve_in_data_folder(text.format(root=locked.parent))
    # Whether there is such a file elsewhere is not told.
    assert not refused.value.fields


def test_the_links_that_a_keeper_made_are_listed_and_open(locked: Path) -> None:
    app = counted(corpus="link.jsonl")
    assert counts_papers(app, 60)
    assert_harmless(app)


@pytest.mark.parametrize("name", ["a.b/../../x.csv", "a.\0.csv", "a." + "b" * 300, "../../x.CSV"])
def test_a_brought_files_name_is_no_path(name: str) -> None:
    assert formats.endings(name) in ("", ".csv")
    assert formats.endings("papers.jsonl.GZ") == ".jsonl.gz"
    assert formats.endings("x.parquet") == ".parquet"
    assert formats.endings("papers") == ""


def test_needs_of_a_card_import_nothing(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    for need in ("trap.door", "", "..", "a b", "os.path"):
        change_card(models / "archive" / "linear", needs=[need])
        cards, problems = installed(("archive",))
        assert cards == []
        assert problems[0].fields["field"] == "needs"


# Bombs.


def packed(block: bytes, times: int, head: bytes = b"") -> bytes:
    """A gzip of a block, over and over."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(times):
            file.write(block)
    return out.getvalue()


LINE = b'{"id": "2401.00001", "categories": "cs.CL", "title": "Knots"}\n'


@pytest.mark.parametrize(
    "block", [LINE * 20_000, b"\n" * (1 << 20), b"{}\n" * 400_000, bytes(1 << 20)]
)
@pytest.mark.parametrize("name", ["in.jsonl.gz", "in.csv.gz"])
def test_a_packed_corpus_may_not_unfold_for_ever(
    models: Path, tmp_path: Path, block: bytes, name: str
) -> None:
    head = b"categories,title\n" if "csv" in name else LINE
    path = tmp_path / name
    path.write_bytes(packed(block, 40, head))
    with pytest.raises(blocks.CorpusError) as refused:
        conversion.convert(path, max_bytes=10_000_000)
    assert refused.value.fields["most"] == 10
    assert not list((models.parent / "runs" / "statistics").iterdir())


def test_a_corpus_of_repeated_values_may_not_unfold_for_ever(models: Path, tmp_path: Path) -> None:
    # A Parquet file holds a value that comes a million times once, and its size tells nothing.
    path = tmp_path / "in.parquet"
    text = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(200_000, np.int32)), pa.array(["word " * 200])
    )
    pq.write_table(pa.table({"categories": ["cs.CL"] * 200_000, "abstract": text}), path)
    assert path.stat().st_size < 100_000
    with pytest.raises(blocks.CorpusError) as refused:
        conversion.convert(path, max_bytes=20_000_000)
    assert refused.value.fields["most"] == 20
    assert conversion.convert(path).papers == 200_000


def test_the_limit_holds_for_uploads_on_the_page(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The real limit takes a gigabyte to reach; another order of magnitude shows the same.
    monkeypatch.setattr(limits, "UPLOADED", limits.Limits(200_000, 200 << 20, 5_000_000))
    app = opened(STATISTICS, corpus="Upload a file …")
    app.file_uploader[0].set_value(("in.jsonl.gz", packed(LINE * 20_000, 10), "application/gzip"))
    app.run()
    deadline = time.monotonic() + 60
    while not app.error:
        assert time.monotonic() < deadline
        app.run()
    said = app.error[0].value.replace("\\", "")
    assert "is refused: it holds more than 5 MB once unpacked" in said
    app.file_uploader[0].set_value(("good.jsonl", LINE, "application/json")).run()
    while not app.get("plotly_chart"):
        assert time.monotonic() < deadline
        app.run()
    assert counts_papers(app, 1)


def test_a_packed_list_of_terms_is_refused(growth: Callable[..., float]) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("terms.csv", "cough\n" * 1_000_000)
    for content in (packed(b"\0" * (1 << 20), 4), b"cough\n" * 200_000, out.getvalue()):
        with pytest.raises(TermError):
            from_file("terms.csv", content)

    # So many lines within the limit are read soon, and all but the first 200 left out.
    def read(count: int) -> None:
        change = from_file("terms.csv", "\n".join(f"w{i}" for i in range(count)).encode())
        assert len(change.selection) == 200

    assert growth(read, 4_000, 32_000) < 32


# Depth, length and number.


DEEP = "[" * 100_000 + "]" * 100_000


def test_deep_json_in_an_upload_costs_its_row_alone(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    good = '{"id": "2401.00001", "categories": "cs.CL", "title": "Knots"}'
    lines = [good, DEEP, f'{{"title": {DEEP}, "categories": "cs.CL"}}', good]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = list(records.read_rows(path))
    assert [bool(row.note) for row in found] == [False, True, True, False]
    cached = conversion.convert(path)
    assert cached.papers + cached.damaged == 4
    assert cached.papers >= 2


def test_counts_with_a_deep_card_are_named(models: Path) -> None:
    folder = models / "statistics" / "deep"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(DEEP)
    app = opened(STATISTICS)
    assert "cannot be read" in app.warning[0].value
    assert_harmless(app)


@pytest.mark.parametrize("page", [CLASSIFY, TERMS, STATISTICS, MODELS, TRAINING])
def test_an_address_may_be_long(embedding: Any, fresh: None, page: str) -> None:
    many = [f"w{i}" for i in range(900)]
    app = opened(page, terms=many, text="x" * 300_000, near="w" * 100_000)
    assert_harmless(app)
    assert not any(len(text) > 10_000 for text in drawn_as_markdown(app))
    # Over Streamlit's limit of a thousand fields, an address is one without any.
    assert_harmless(opened(page, terms=[f"w{i}" for i in range(5_000)], runs=many))


# The server's settings.


def test_the_server_keeps_its_guards() -> None:
    import tomllib

    from core.settings import ROOT

    kept = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert kept["server"]["enableCORS"] is True
    assert kept["server"]["enableXsrfProtection"] is True
    assert kept["server"]["maxUploadSize"] << 20 == limits.UPLOADED.size
    assert kept["client"]["showErrorDetails"] == "none"
    assert kept["client"]["disableDataExport"] is True
    assert kept["browser"]["gatherUsageStats"] is False
    assert "enableStaticServing" not in kept["server"]
