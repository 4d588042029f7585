"""Many at once on the classify page, run by Streamlit's test harness on a small model."""

import csv
import io
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import cards
from core.files import upload_store
from core.prediction import uploads
from core.prediction.batch import suggest_file
from core.prediction.questions import ClassifyingRespondent
from core.prediction.reports import evaluate_file
from pages.components import visitor_files
from tests.visit import visit

Records = list[dict[str, str]]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_models: Path) -> Path:
    """A folder for temporary files of the test's own, and the small models."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def opened(**address: str) -> AppTest:
    return visit("classify", {"kind": "Many at once", **address})


def table(papers: Records, names: tuple[str, ...] = ()) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names or papers[0])
    writer.writerows(paper.values() for paper in papers)
    return out.getvalue().encode()


def bring(app: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    app.file_uploader[0].set_value((name, content, "text/csv")).run()
    assert not app.exception
    return app


def under_way(app: AppTest) -> bool:
    return any(button.key == "many-cancel" for button in app.button)


def classified(app: AppTest) -> AppTest:
    app.button(key="many-start").click().run()
    deadline = time.monotonic() + 60
    while under_way(app):
        assert time.monotonic() < deadline
        app.run()
    assert not app.exception
    return app


def deleted() -> None:
    """Wait for the threads that delete uploads."""
    for thread in threading.enumerate():
        if thread.name == "delete upload":
            thread.join(30)


def metric(app: AppTest, label: str) -> str:
    return next(m.value for m in app.metric if m.label == label)


def said(app: AppTest) -> str:
    return " ".join(
        e.value for kind in (app.caption, app.info, app.warning, app.error) for e in kind
    )


def test_the_first_visit_says_what_to_bring_and_the_limits() -> None:
    app = opened()
    assert not app.exception
    assert "Upload a file whose columns are title and abstract" in app.info[0].value
    for limit in ("200,000 rows", "200 MB", "1,024 MB unpacked", "1,000 columns", "1,000,000 char"):
        assert limit in said(app)


def test_a_file_with_labels_gets_answers_and_figures(papers: Records, tmp_path: Path) -> None:
    papers[3] |= {"title": "", "abstract": ""}
    app = bring(opened(), table(papers))
    assert app.dataframe[0].value.columns.tolist() == list(papers[0])
    assert app.dataframe[0].value["title"].tolist() == [p["title"] for p in papers[:5]]
    assert "Read as CSV, UTF-8, commas between cells; columns: 4." in said(app)
    app = classified(app)
    assert (metric(app, "Rows"), metric(app, "With a note")) == ("30", "1")
    answers = app.dataframe[1].value
    assert answers["id"].tolist() == [p["id"] for p in papers]
    assert answers["best"][0].endswith(f"({answers['predicted'][0].split()[0]})")
    assert answers["note"].tolist()[3] == "row 4 has neither a title nor an abstract"
    (tmp_path / "mine.csv").write_bytes(table(papers))
    figures = evaluate_file(tmp_path / "mine.csv", "archive")
    assert metric(app, "Micro-F1") == f"{figures['micro_f1']:.3f}"
    assert f"On {figures['n']} labelled rows" in said(app)
    assert len(app.get("download_button")) == 4


def test_filters_narrow_the_table(papers: Records) -> None:
    papers[3] |= {"title": "", "abstract": ""}
    app = classified(bring(opened(), table(papers)))
    app.selectbox(key="many-label").set_value("math").run()
    rows = app.dataframe[1].value
    assert 3 <= len(rows) < 15
    assert all("math" in cell.split() for cell in rows["predicted"])
    app.text_input(key="many-words").set_value("knot").run()
    assert 1 <= len(app.dataframe[1].value) < len(rows)
    app.text_input(key="many-words").set_value("no such words").run()
    assert "No row is like that" in said(app)
    app.text_input(key="many-words").set_value("").run()
    app.selectbox(key="many-label").set_value("").run()
    app.toggle(key="many-noted").set_value(True).run()
    assert app.dataframe[1].value["row"].tolist() == [4]
    app.toggle(key="many-noted").set_value(False).run()
    middle = int(app.dataframe[1].value["probability"].median() // 5 * 5)
    app.slider(key="many-below").set_value(middle).run()
    assert 1 <= len(app.dataframe[1].value) <= 15
    assert (app.dataframe[1].value["probability"] < middle).all()
    assert not app.exception


@pytest.fixture
def advised(tiny_blend: Path, papers: Records) -> AppTest:
    """A page with suggestions for the papers, of which one is bad and two have other labels."""
    papers[3] |= {"title": "", "abstract": ""}
    papers[1]["categories"], papers[2]["categories"] = "hep-th", "no.such"
    return classified(bring(opened(), table(papers)))


def test_suggestions_are_the_first_that_is_asked_for(advised: AppTest, papers: Records) -> None:
    assert "Suggestion by blend." in said(advised)
    assert (metric(advised, "Rows"), metric(advised, "With a note")) == ("30", "1")
    rows = advised.dataframe[1].value
    assert rows.columns.tolist() == [
        *("text", "certainty", "primary", "best", "probability", "cross_lists"),
        *("prediction_set", "note", "row", "id"),
    ]
    assert rows["text"][0].startswith("Knots in loops We tie")
    assert (rows["primary"][0], rows["best"][0]) == ("math.AT", "Algebraic Topology (math.AT)")
    assert (rows["primary"][3], rows["certainty"][3]) == ("", "none")
    words = " ".join(element.value for element in advised.markdown)
    assert "27 of 28 have the right primary." in words
    assert "1 row is left out: the task knows none of its labels." in said(advised)
    assert "30 rows: the file’s own columns, then `primary`, `primary_prob" in said(advised)


def test_suggestions_are_filtered_by_certainty(advised: AppTest) -> None:
    box = advised.selectbox(key="many-certainty")
    assert box.options[0] == "Any"
    assert box.options[3] == "none · 1"
    box.set_value("none").run()
    assert advised.dataframe[1].value["row"].tolist() == [4]
    advised.selectbox(key="many-certainty").set_value("sure").run()
    assert set(advised.dataframe[1].value["certainty"]) == {"sure"}
    advised.selectbox(key="many-label").set_value("cs.LG").run()
    rows = advised.dataframe[1].value
    assert len(rows) >= 4
    assert all(
        "cs.LG" in f"{a} {b}" for a, b in zip(rows["primary"], rows["cross_lists"], strict=True)
    )
    assert not advised.exception


def test_a_row_opens_as_a_paper(advised: AppTest, papers: Records) -> None:
    advised.text_input(key="many-words").set_value("torus knot").run()
    box = advised.selectbox(key="many-open")
    assert box.options == ["5 · Torus knots once more A torus knot has more crossings than a loop."]
    advised.button(key="many-open-button").click().run()
    assert not advised.exception
    assert advised.text_input(key="title").value == papers[4]["title"]
    assert advised.text_area(key="abstract").value == papers[4]["abstract"]
    assert "upload" not in advised.query_params
    # The file is still there.
    advised.get("button_group")[0].set_value("Many at once").run()
    assert metric(advised, "Rows") == "30"


def test_downloads_of_suggestions_have_the_files_own_columns(
    advised: AppTest, papers: Records, tmp_path: Path
) -> None:
    upload = visitor_files.STORE.get(advised.query_params["upload"], uploads.Upload, "")
    (tmp_path / "mine.csv").write_bytes(table(papers))
    for kind in (".csv", ".jsonl", ".parquet"):
        out = tmp_path / f"out{kind}"
        suggest_file(tmp_path / "mine.csv", out)
        saved = upload.job.export(uploads.ResultFilter(), kind)
        if kind == ".parquet":
            assert pq.read_table(io.BytesIO(saved)).equals(pq.read_table(out))
        else:
            assert saved.removeprefix(b"\xef\xbb\xbf") == out.read_bytes()


def test_the_confidence_is_that_of_the_address(tiny_blend: Path, papers: Records) -> None:
    app = classified(bring(opened(**{"many-confidence": "99"}), table(papers)))
    upload = visitor_files.STORE.get(app.query_params["upload"], uploads.Upload, "")
    assert upload.job.question.confidence == 0.99


def test_without_the_default_models_archives_come_first() -> None:
    assert opened().get("button_group")[1].options[0] == "Archive"


def test_other_names_are_picked(papers: Records) -> None:
    app = bring(opened(), table(papers, ("No", "Heading", "Summary", "True")))
    assert "No column has a name that is known" in said(app)
    app = classified(app)
    assert "no column title, abstract, string or text" in said(app).replace("\\", "")
    for label, name in (("Title", "Heading"), ("Abstract", "Summary"), ("Identifier", "No")):
        next(box for box in app.selectbox if box.label == label).set_value(name).run()
    app = classified(app)
    assert app.dataframe[1].value["id"].tolist() == [p["id"] for p in papers]
    assert metric(app, "With a note") == "0"


def test_a_rerun_does_not_compute_again(papers: Records, temporary: Path) -> None:
    app = classified(bring(opened(), table(papers)))
    (before,) = temporary.rglob("results.parquet")
    stamp = before.stat().st_mtime_ns
    app.get("button_group")[0].set_value("Paper").run()
    app.get("button_group")[0].set_value("Many at once").run()
    assert not app.exception
    assert metric(app, "Rows") == "30"
    assert [p.stat().st_mtime_ns for p in temporary.rglob("results.parquet")] == [stamp]


def test_a_run_is_cancelled(papers: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 5)
    app = bring(opened(), table(papers * 1000))
    app.button(key="many-start").click().run()
    assert under_way(app)
    app.button(key="many-cancel").click().run()
    deadline = time.monotonic() + 60
    while under_way(app):
        assert time.monotonic() < deadline
        app.run()
    assert not app.exception
    assert "Cancelled after" in said(app)


def test_another_file_takes_the_place_of_the_first(papers: Records, temporary: Path) -> None:
    app = classified(bring(opened(), table(papers)))
    bring(app, table(papers[:5]), "second.csv")
    assert "second.csv" in " ".join(m.value for m in app.markdown).replace("\\", "")
    assert not app.metric
    deleted()
    assert len(list(temporary.iterdir())) == 1


def test_a_reload_finds_the_file_and_its_answers(papers: Records) -> None:
    app = classified(bring(opened(), table(papers)))
    upload_id = app.query_params["upload"]
    assert len(upload_id) >= 22
    again = opened(upload=upload_id)
    assert not again.exception
    assert metric(again, "Rows") == "30"
    assert again.dataframe[1].value["id"].tolist() == [p["id"] for p in papers]
    # The session knows it too, without the address.
    del again.query_params["upload"]
    again.run()
    assert metric(again, "Rows") == "30"
    assert again.query_params["upload"] == upload_id


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Holds every run before its first answer, until it is set."""
    held, real = threading.Event(), ClassifyingRespondent.ask

    def ask(*given: Any) -> Any:
        assert held.wait(30)
        return real(*given)

    monkeypatch.setattr(ClassifyingRespondent, "ask", ask)
    return held


def test_a_reload_finds_a_run_that_goes_on(papers: Records, go: threading.Event) -> None:
    app = bring(opened(), table(papers))
    app.button(key="many-start").click().run()
    assert under_way(app)
    again = opened(upload=app.query_params["upload"])
    assert not again.exception
    assert under_way(again)
    go.set()
    deadline = time.monotonic() + 60
    while under_way(again):
        assert time.monotonic() < deadline
        again.run()
    assert metric(again, "Rows") == "30"


@pytest.mark.parametrize("upload_id", ["x", "../../etc/passwd", "<b>", "A" * 22])
def test_an_unknown_upload_is_told_and_leaves_the_address(upload_id: str, papers: Records) -> None:
    app = opened(upload=upload_id)
    assert not app.exception
    assert "The file is no longer here" in said(app)
    assert upload_id not in said(app)
    assert "upload" not in app.query_params
    app.run()
    assert "The file is no longer here" not in said(app)
    assert metric(classified(bring(app, table(papers))), "Rows") == "30"


def test_the_file_is_removed_by_its_button_after_a_reload(papers: Records, temporary: Path) -> None:
    app = bring(opened(), table(papers))
    assert not any(button.key == "many-upload-remove" for button in app.button)
    again = opened(upload=app.query_params["upload"])
    again.button(key="many-upload-remove").click().run()
    assert not again.exception
    assert "upload" not in again.query_params
    assert "Upload a file whose columns" in said(again)
    deleted()
    assert not list(temporary.iterdir())
    app.run()
    assert "The file is no longer here" in said(app)


def test_taking_the_file_out_of_the_uploader_stops_its_run(
    papers: Records, temporary: Path, go: threading.Event
) -> None:
    app = bring(opened(), table(papers))
    app.button(key="many-start").click().run()
    app.file_uploader[0].set_value(None).run()
    # The page did not wait for the run, which cannot end yet.
    assert not go.is_set()
    assert not app.exception
    assert "Upload a file whose columns" in said(app)
    go.set()
    deleted()
    assert not list(temporary.iterdir())


def test_the_address_of_another_part_has_no_upload(papers: Records) -> None:
    app = bring(opened(), table(papers))
    app.get("button_group")[0].set_value("Paper").run()
    assert "upload" not in app.query_params
    app.get("button_group")[0].set_value("Many at once").run()
    assert "upload" in app.query_params
    assert "mine.csv" in " ".join(m.value for m in app.markdown).replace("\\", "")


def test_a_full_store_refuses_a_file_in_a_sentence(
    papers: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_store, "MAX_BYTES", 100)
    app = bring(opened(), table(papers))
    assert "The file cannot be kept: the files in use fill" in said(app).replace("\\", "")
    assert "upload" not in app.query_params
    monkeypatch.undo()


def test_answers_that_vanish_are_told_in_a_sentence(papers: Records, temporary: Path) -> None:
    app = classified(bring(opened(), table(papers)))
    (results,) = temporary.rglob("results.parquet")
    results.unlink()
    app.run()
    assert not app.exception
    assert "The answers are no longer here" in said(app)


def test_downloads_are_bytes(papers: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, Callable[[], bytes]] = {}
    real = st.download_button

    def kept(label: str, data: Any, *rest: Any, **more: Any) -> bool:
        found[label] = data
        return real(label, data, *rest, **more)

    monkeypatch.setattr(st, "download_button", kept)
    classified(bring(opened(), table(papers)))
    assert len(found["Download as CSV"]().decode("utf-8-sig").splitlines()) == 31
    assert len(found["Download as JSON lines"]().splitlines()) == 30
    assert pq.read_table(io.BytesIO(found["Download as Parquet"]())).num_rows == 30


def test_the_task_stands_in_the_address(papers: Records) -> None:
    app = bring(opened(**{"many-task": "Subject"}), table(papers))
    app = classified(app)
    assert any("." in cell for cell in app.dataframe[1].value["predicted"])
    assert "Subject by linear" in said(app)
    app = opened(**{"many-task": "Intent"})
    assert not app.exception
    assert "No model for intent is installed" in said(app)


def test_a_damaged_model_is_told(
    papers: Records, tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_models, tmp_path / "models")
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    weights = tmp_path / "models" / "archive" / "linear" / "weights.npz"
    good = weights.read_bytes()
    weights.write_bytes(good[:-9])
    # Another model than those of other tests, which may be loaded already.
    card = weights.with_name(cards.CARD)
    record = json.loads(card.read_text())
    card.write_text(json.dumps(record | {"thresholds": [0.31] * len(record["labels"])}))
    app = bring(opened(), table(papers))
    app.button(key="many-start").click().run()
    assert not app.exception
    assert "weights.npz" in app.error[0].value.replace("\\", "")
    assert app.dataframe[0].value["title"].tolist() == [p["title"] for p in papers[:5]]
    weights.write_bytes(good)
    assert not classified(app).error


def test_a_file_that_cannot_be_kept_is_told(
    papers: Records, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "gone"))
    bring(app, table(papers))
    words = said(app).replace("\\", "")
    assert "The file cannot be kept: No such file or directory" in words
    assert "Upload a file whose columns" in app.info[0].value
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert not bring(app, table(papers), "again.csv").error


def test_parquet_with_odd_cells_is_shown_and_classified() -> None:
    arrays = [pa.array(["Knots"]), pa.array([10**15], pa.timestamp("s")), pa.array(["x"])]
    content = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, ["title", "when", "when"]), content)
    app = classified(bring(opened(), content.getvalue(), "odd.parquet"))
    assert not app.error
    assert metric(app, "Rows") == "1"


def test_lines_before_the_header_are_told() -> None:
    app = bring(opened(), b"# of May\nid,title\na,Knots\n")
    assert any("lines left out before the header: 1" in caption.value for caption in app.caption)
