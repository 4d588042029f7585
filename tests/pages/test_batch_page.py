"""Batch on the classify page, run by Streamlit's test harness on a small model."""

import csv
import io
import json
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import openpyxl
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
from core.taxonomy import archives_of
from pages.classify import results
from pages.components import visitor_files
from tests.visit import go_to, visit

Records = list[dict[str, str]]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_models: Path) -> Path:
    """A folder for temporary files of the test's own, and the small models."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def opened(**address: str) -> AppTest:
    return visit("classify", {"kind": "Batch", **address})


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


def marked(app: AppTest) -> str:
    """All that is written in Markdown, without its marks."""
    text = " ".join(element.value for element in app.markdown)
    return text.replace("\\", "").replace("*", "")


def test_the_first_visit_says_what_to_bring_and_the_limits() -> None:
    app = opened()
    assert not app.exception
    assert "Your file needs a title or an abstract column" in app.info[0].value
    for limit in ("200,000 rows", "200 MB", "1,024 MB unpacked", "1,000 columns", "1,000,000 char"):
        assert limit in app.file_uploader[0].help
    assert "60 minutes" in said(app)


@pytest.mark.parametrize(("task", "fields"), [("Archive", "title"), ("Intent", "string")])
def test_the_sample_file_is_one_that_the_page_takes(
    task: str, fields: str, built_intent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if task == "Intent":
        monkeypatch.setenv("PAPERLENS_MODELS", str(built_intent))
    found = downloads(monkeypatch)
    app = opened(**{"many-task": task})
    content = found["Download a sample file"]
    assert content.startswith(f"id,{fields},")
    app = classified(bring(app, content.encode(), "sample.csv"))
    assert int(metric(app, "Rows")) == len(content.splitlines()) - 1 >= 6
    assert not app.error
    assert not app.warning


def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is behind each download button, by its name, as pages draw them."""
    found: dict[str, Any] = {}
    real = st.download_button

    def kept(label: str, data: Any, *rest: Any, **more: Any) -> bool:
        found[label] = data
        return real(label, data, *rest, **more)

    monkeypatch.setattr(st, "download_button", kept)
    return found


def test_a_file_with_labels_gets_answers_and_figures(papers: Records, tmp_path: Path) -> None:
    papers[3] |= {"title": "", "abstract": ""}
    app = bring(opened(), table(papers))
    assert app.dataframe[0].value.columns.tolist() == list(papers[0])
    assert app.dataframe[0].value["title"].tolist() == [p["title"] for p in papers[:5]]
    assert "CSV, UTF-8, comma-separated, 4 columns" in marked(app)
    app = classified(app)
    assert (metric(app, "Rows"), metric(app, "Rows with problems")) == ("30", "1")
    assert app.dataframe[1].value["row"].tolist()[:2] == [4, 1]
    app.segmented_control(key="many-order").set_value("As in the file").run()
    answers = app.dataframe[1].value
    assert answers["id"].tolist() == [p["id"] for p in papers]
    assert answers["best"][0].endswith(f"({answers['predicted'][0].split()[0]})")
    assert answers["note"].tolist()[3] == "row 4 has neither a title nor an abstract"
    (tmp_path / "mine.csv").write_bytes(table(papers))
    figures = evaluate_file(tmp_path / "mine.csv", "archive")
    right = sum(
        best.split()[0] in archives_of(paper["categories"])
        for best, paper in zip(answers["predicted"], papers, strict=True)
        if best
    )
    assert f"The best label is right for {right} of {figures['n']}." in marked(app)
    assert {m.label for m in app.metric} == {"Rows", "Rows with problems"}
    assert len(app.get("plotly_chart")) == 1


def test_figures_are_shown_on_many_rows_alone(
    papers: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "WITH_FIGURES", 30)
    app = classified(bring(opened(), table(papers)))
    (tmp_path / "mine.csv").write_bytes(table(papers))
    figures = evaluate_file(tmp_path / "mine.csv", "archive")
    assert metric(app, "Micro-F1") == f"{figures['micro_f1']:.3f}"
    assert "On 30 labelled rows" in said(app)
    app = classified(bring(opened(), table(papers[:29])))
    assert {m.label for m in app.metric} == {"Rows", "Rows with problems"}


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
    assert "No row matches these filters" in said(app)
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
    assert "Suggestion by blend, in " in said(advised)
    counts = [metric(advised, name) for name in ("Rows", "Sure", "Unsure", "No suggestion")]
    assert (counts[0], counts[3]) == ("30", "1")
    assert sum(map(int, counts[1:])) == 30
    rows = advised.dataframe[1].value
    assert rows.columns.tolist() == [
        *("text", "certainty", "primary", "probability", "note", "cross_lists"),
        *("prediction_set", "best", "row", "id"),
    ]
    order = [("none", "unsure", "sure").index(certainty) for certainty in rows["certainty"]]
    assert order == sorted(order)
    advised.segmented_control(key="many-order").set_value("As in the file").run()
    rows = advised.dataframe[1].value
    assert rows["text"][0].startswith("Knots in loops We tie")
    assert (rows["primary"][0], rows["best"][0]) == ("math.AT", "Algebraic Topology (math.AT)")
    assert (rows["primary"][3], rows["certainty"][3]) == ("", "none")
    words = " ".join(element.value for element in advised.markdown)
    assert "27 of 28 have the right primary." in words
    assert "1 row is left out of this: the task knows none of its labels." in said(advised)
    assert "30 rows, with the file’s own columns and `primary`, `primary_prob" in said(advised)


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
    advised.get("button_group")[0].set_value("Batch").run()
    assert metric(advised, "Rows") == "30"


def test_downloads_of_suggestions_have_the_files_own_columns(
    advised: AppTest, papers: Records, tmp_path: Path
) -> None:
    upload = visitor_files.STORE.get(advised.query_params["upload"], uploads.Upload, "")
    (tmp_path / "mine.csv").write_bytes(table(papers))
    for kind in (".csv", ".jsonl", ".parquet", ".ris", ".bib"):
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


def box(app: AppTest, label: str) -> Any:
    return next(box for box in app.selectbox if box.label == label)


def odd(app: AppTest, papers: Records) -> AppTest:
    """A file whose columns nobody could know."""
    return bring(app, table(papers, ("A", "B", "C", "D")))


def test_without_a_column_of_texts_the_button_is_off_and_says_why(papers: Records) -> None:
    app = odd(opened(), papers)
    assert app.button(key="many-start").disabled
    assert "Choose a column for the title or the abstract first." in said(app)
    assert "Title ← none, Abstract ← none" in marked(app)
    box(app, "Title").set_value("B").run()
    assert not app.button(key="many-start").disabled
    assert "Choose a column" not in said(app)
    assert "No column is taken for the abstract" in said(app)
    assert "Title ← B, Abstract ← none" in marked(app)
    box(app, "Abstract").set_value("C").run()
    box(app, "Identifier").set_value("A").run()
    assert not app.warning
    assert "Identifier ← A, Title ← B, Abstract ← C" in marked(app)
    app = classified(app)
    assert app.dataframe[1].value["id"].tolist() == [p["id"] for p in papers]
    assert metric(app, "Rows with problems") == "0"


def test_picked_columns_are_kept_for_the_file(papers: Records) -> None:
    app = odd(opened(), papers)
    box(app, "Title").set_value("B").run()
    box(app, "Abstract").set_value("C").run()
    app = classified(app)
    (task,) = (group for group in app.get("button_group") if group.key == "many-task")
    for other in ("Intent", "Subject"):
        task.set_value(other).run()
        (task,) = (group for group in app.get("button_group") if group.key == "many-task")
    assert "Title ← B, Abstract ← C" in marked(app)
    assert not app.button(key="many-start").disabled
    go_to(app, "models")
    go_to(app, "classify")
    app.get("button_group")[0].set_value("Batch").run()
    assert "Title ← B, Abstract ← C" in marked(app)
    assert (box(app, "Title").value, box(app, "Abstract").value) == ("B", "C")
    assert metric(app, "Rows") == "30"
    odd(app, papers)
    assert "Title ← none, Abstract ← none" in marked(app)


def test_an_abstract_that_is_not_found_is_warned_of(papers: Records) -> None:
    app = bring(opened(), table(papers, ("id", "Title", "What it says", "categories")))
    assert "No column is taken for the abstract" in said(app)
    assert not app.button(key="many-start").disabled
    assert "No column is taken" not in said(bring(app, table(papers)))


def test_lines_of_json_may_have_a_text_later_on(papers: Records) -> None:
    rows = [{"id": "x"}] * 1_500 + papers
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    app = classified(bring(opened(), content, "mine.jsonl"))
    assert (metric(app, "Rows"), metric(app, "Rows with problems")) == ("1,530", "1,500")


def test_a_file_that_the_uploader_forgot_is_still_here(papers: Records) -> None:
    app = bring(opened(), table(papers))
    assert "Still here" not in marked(app)
    go_to(app, "models")
    go_to(app, "classify")
    app.get("button_group")[0].set_value("Batch").run()
    assert "Still here: mine.csv" in marked(app)
    app.button(key="many-upload-remove").click().run()
    assert "Still here" not in marked(app)
    assert "Your file needs a title" in said(app)


def test_a_refused_file_says_why_and_replaces_nothing(papers: Records, temporary: Path) -> None:
    app = classified(bring(opened(), table(papers)))
    bring(app, b"\x89PNG\r\n\x1a\n" + bytes(99), "picture.png")
    assert "picture.png" in app.error[0].value.replace("\\", "")
    assert "Still here: mine.csv" in marked(app)
    assert metric(app, "Rows") == "30"
    deleted()
    assert len(list(temporary.iterdir())) == 1
    bring(app, table(papers[:5]), "second.csv")
    assert not app.error
    assert "Still here" not in marked(app)
    assert not app.metric


def test_a_rerun_does_not_compute_again(papers: Records, temporary: Path) -> None:
    app = classified(bring(opened(), table(papers)))
    (before,) = temporary.rglob("results.parquet")
    stamp = before.stat().st_mtime_ns
    app.get("button_group")[0].set_value("Paper").run()
    app.get("button_group")[0].set_value("Batch").run()
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


@pytest.mark.parametrize("upload_id", ["zzz", "../../etc/passwd", "<b>", "A" * 22])
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
    assert "Your file needs a title" in said(again)
    deleted()
    assert not list(temporary.iterdir())
    app.run()
    assert "The file is no longer here" in said(app)


def test_a_file_taken_out_of_the_uploader_is_still_here_until_it_is_removed(
    papers: Records, temporary: Path, go: threading.Event
) -> None:
    app = bring(opened(), table(papers))
    app.button(key="many-start").click().run()
    app.file_uploader[0].set_value(None).run()
    assert "Still here: mine.csv" in marked(app)
    assert under_way(app)
    app.button(key="many-upload-remove").click().run()
    # The page did not wait for the run, which cannot end yet.
    assert not go.is_set()
    assert not app.exception
    assert "Your file needs a title" in said(app)
    go.set()
    deleted()
    assert not list(temporary.iterdir())


def test_the_address_of_another_part_has_no_upload(papers: Records) -> None:
    app = bring(opened(), table(papers))
    app.get("button_group")[0].set_value("Paper").run()
    assert "upload" not in app.query_params
    app.get("button_group")[0].set_value("Batch").run()
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


def test_downloads_are_files_of_every_format(
    papers: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = downloads(monkeypatch)
    classified(bring(opened(), table(papers)))
    assert len(found["Download as CSV"]().decode("utf-8-sig").splitlines()) == 31
    assert len(found["Download as JSON lines"]().splitlines()) == 30
    assert pq.read_table(io.BytesIO(found["Download as Parquet"]())).num_rows == 30
    sheet = openpyxl.load_workbook(io.BytesIO(found["Download as Excel"]())).active
    assert [cell.value for cell in sheet[1]] == ["id", "predicted", "scores", "note"]
    assert sheet.max_row == 31
    assert found["Download as RIS"]().count(b"TI  - ") == 30
    assert found["Download as BibTeX"]().count(b"  title = {") == 30


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
    assert "Your file needs a title" in app.info[0].value
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
    assert "lines left out before the header: 1" in marked(app)
