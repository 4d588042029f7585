"""The page of corpus statistics, run by Streamlit's own test harness on invented papers."""

import gc
import io
import json
import math
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.plots import theme
from core.statistics import aggregates, conversion, conversion_jobs, label_counts
from core.statistics.corpus import CorpusDatabase
from tests.visit import plain, visit

VIEWS = ("Categories", "Over time", "Co-occurrence", "Treemap", "Distributions", "Words")
SMALL = "small.jsonl"
RECORDS = (
    ("2401.00001", "cs.CL cs.LG", "=cmd", "A network reads words."),
    ("2401.00002", "cs.LG stat.ML", "A network learns", "Training a network."),
    ("2302.00001", "math.AT math.GT", "Knots", "A knot in a loop."),
    ("2302.00002", "hep-th math-ph", "Strings", "Strings end on branes."),
    ("alg-geom/9902001", "alg-geom", "Curves", "A curve of genus two."),
)


@pytest.fixture(autouse=True)
def data(fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a small corpus, counts of it in the models folder, an empty cache."""
    folder = tmp_path / "data"
    folder.mkdir()
    lines = [
        {"id": i, "categories": c, "title": t, "abstract": a, "license": "=by"}
        for i, c, t, a in RECORDS
    ]
    (folder / SMALL).write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setenv("PAPERLENS_DATA", str(folder))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "before"))
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    out = tmp_path / "models" / "statistics" / "small"
    aggregates.write_aggregate(
        folder / SMALL, out, "Invented counts", "Nobody wrote these.", "At all."
    )
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    return folder


def begun(**address: str | list[str]) -> AppTest:
    """The page at its first look, where a conversion may still be under way."""
    app = visit("statistics", address)
    assert not app.exception
    return app


def opened(**address: str | list[str]) -> AppTest:
    """The page once its corpus is converted."""
    return settled(begun(**address))


def settled(app: AppTest) -> AppTest:
    deadline = time.monotonic() + 60
    while app.get("progress") and time.monotonic() < deadline:
        app.run()
    assert not app.exception
    return app


def chart(app: AppTest, place: int = 0) -> dict[str, Any]:
    return json.loads(app.get("plotly_chart")[place].proto.spec)


def metrics(app: AppTest) -> dict[str, str]:
    """The totals over the figure, by name."""
    line = next((text.value for text in app.markdown if " · " in text.value), "")
    return dict(re.findall(r"([^\[·*]+?) \*\*(.+?)\*\*", line.replace("· ", "·")))


def said(app: AppTest) -> str:
    """All notes on the page, Markdown's backslashes taken off."""
    kinds = (app.warning, app.info, app.error, app.caption)
    return " ".join(note.value for kind in kinds for note in kind).replace("\\", "")


def content(app: AppTest, label: str, place: int = 0) -> bytes:
    button = [b for b in app.download_button if b.label == label][place]
    return button.click().value if hasattr(button, "value") else button.data


def test_the_first_visit_shows_the_counts_that_ship() -> None:
    app = opened()
    assert metrics(app) == {
        "Papers": "5",
        "Archives": "5",
        "Subjects": "8",
        "Subjects per paper": "1.80",
        "Years": "1999–2024",
    }
    assert chart(app)["layout"]["yaxis"]["ticktext"][0] == "cs"
    assert chart(app)["data"][0]["text"][0] == "<b>2</b>  Computer Science"
    assert any("Nobody wrote these" in text.value for text in app.markdown)
    assert "Invented counts, counted" in said(app)
    assert not app.text_input
    assert not app.query_params


def test_without_counts_and_data_the_page_asks_for_a_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("PAPERLENS_DATA", "PAPERLENS_MODELS"):
        monkeypatch.setenv(folder, str(tmp_path / "none"))
    assert "Upload a corpus" in said(opened())
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("corpus", ["Invented counts", SMALL])
def test_every_view_opens_by_its_link(view: str, corpus: str) -> None:
    app = opened(show=view, corpus=corpus)
    assert app.segmented_control(key="show").value == view
    if (view, corpus) == ("Words", "Invented counts"):
        assert "has only counts" in said(app)
        assert any(button.label == "Fetch" for button in app.button)
        assert "python -m core download arxiv" in said(app)
    else:
        assert len(app.get("plotly_chart")) == 1
        labels = [button.label for button in app.download_button]
        assert labels == ["Download as CSV", "Report"]
        # The picture is saved by the chart's own toolbar.
        config = json.loads(app.get("plotly_chart")[0].proto.config)
        assert config["toImageButtonOptions"]["filename"]


@pytest.fixture
def all_of_arxiv(data: Path) -> None:
    """Counts of listings beside the invented papers."""
    totals = aggregates.count_table([0, 0], ["cs.LG", "alg-geom"], [900, 100])
    months = [12 * year + month for year in (2022, 2024) for month in (0, 1)]
    monthly = aggregates.count_table(months, ["cs.LG"] * 4, [50, 60, 100, 120])
    tables = {aggregates.AGGREGATE: totals, aggregates.MONTHLY: monthly}
    folder = data.parent / "models" / "statistics" / "all"
    aggregates.write_tables(folder, {"title": "Everything", "papers": 1_000}, tables)


def test_listings_come_first_and_lend_what_they_lack(all_of_arxiv: None) -> None:
    app = opened()
    assert metrics(app)["Listings"] == "1,000"
    assert "primary" not in app.dataframe[0].value
    assert not app.exception
    bars = chart(opened(show="Growth"))["data"][0]
    assert bars["text"] == ["<b>+100%</b>  Computer Science"]
    months = chart(opened(show="Over time"))["data"][0]
    assert len(plain(months)["x"]) == 26
    app = opened(show="Co-occurrence")
    assert "From the sample" in said(app)
    assert metrics(app)["Papers"] == "5"
    assert any("Nobody wrote these" in text.value for text in app.markdown)
    assert metrics(opened(year="2024"))["Listings"] == "220"


def test_a_corpus_of_one_year_is_shown_by_month(data: Path) -> None:
    (data / "year.csv").write_text("Id,Categories\n2401.00001,cs.LG\n2403.00001,cs.LG\n")
    line = plain(chart(opened(show="Over time", corpus="year.csv"))["data"][0])
    assert line["y"] == [1, 0, 1]
    app = opened(show="Over time", corpus=SMALL, archives=["Computer Science (cs)"])
    assert "of one month" in said(app)
    assert not app.get("plotly_chart")


def test_one_leads_up_again_from_an_archive() -> None:
    app = opened(archives=["Computer Science (cs)"], level="Subjects")
    codes = [code for _, code in chart(app)["data"][0]["customdata"]]
    assert codes[-1] == "stat.ML"
    app.button(key="up").click().run()
    assert not app.exception
    assert app.multiselect(key="archives").value == []
    assert metrics(app)["Papers"] == "5"


def test_words_that_may_be_chance_are_grey(corpus: Path, data: Path) -> None:
    (data / "many.jsonl").write_bytes(corpus.read_bytes())
    app = opened(show="Words", corpus="many.jsonl")
    limit = float(re.search(r"Below z = ([\d.]+)", said(app))[1])
    bars = chart(app)["data"][0]
    drawn = zip(map(float, bars["text"]), bars["marker"]["color"], strict=True)
    # What is shown is rounded.
    sure = [(z < limit, colour) for z, colour in drawn if abs(z - limit) > 0.1]
    assert set(sure) == {(True, theme.OTHER), (False, theme.PREDICTED)}
    # Five papers tell nothing.
    (bars,) = chart(opened(show="Words", corpus=SMALL))["data"]
    assert set(bars["marker"]["color"]) == {theme.OTHER}


@pytest.mark.parametrize(
    "of", ["Length of titles", "Length of abstracts", "Authors", "Versions", "Licences"]
)
def test_distributions_of_what_the_file_tells(of: str) -> None:
    app = opened(show="Distributions", of=of, corpus=SMALL)
    if of in ("Authors", "Versions"):
        assert "does not tell this" in said(app)
    else:
        assert len(app.get("plotly_chart")) == (1 if of == "Licences" else 2)
    assert "has only counts" in said(opened(show="Distributions", of=of))


def test_distributions_are_counted_paper_by_paper(corpus: Path, data: Path) -> None:
    (data / "many.jsonl").write_bytes(corpus.read_bytes())
    records = [json.loads(line) for line in corpus.read_text().splitlines()]
    for of, field in (("Length of titles", "title"), ("Length of abstracts", "abstract")):
        app = opened(show="Distributions", of=of, corpus="many.jsonl")
        (bars,), (lengths, marks) = (plain(chart(app, place)["data"]) for place in (0, 1))
        lengths_of = [len(record[field]) for record in records]
        half = (bars["width"] / 0.9 - 1) / 2
        for middle, count in zip(bars["x"], bars["y"], strict=True):
            assert count == sum(abs(length - middle) <= half for length in lengths_of)
        assert sum(bars["y"]) == len(records)
        names = chart(app, 1)["layout"]["yaxis"]["ticktext"]
        rows = zip(names, lengths["base"], marks["x"], lengths["x"], strict=True)
        for name, lower, median, spread in rows:
            own = sorted(
                length
                for length, record in zip(lengths_of, records, strict=True)
                if name in re.split(r"[ .]", record["categories"])
            )
            at = [own[math.ceil(share * len(own)) - 1] for share in (0.25, 0.5, 0.75)]
            assert [lower, median, lower + spread] == at


def test_the_most_frequent_words_are_counted_paper_by_paper(corpus: Path, data: Path) -> None:
    (data / "many.jsonl").write_bytes(corpus.read_bytes())
    app = opened(show="Words", kind="Most frequent", corpus="many.jsonl")
    code = app.selectbox(key="archive-words").value
    texts = [
        set(re.findall("[a-z]+", f"{record['title']} {record['abstract']}".lower()))
        for record in map(json.loads, corpus.read_text().splitlines())
        if code in re.split(r"[ .]", record["categories"])
    ]
    (bars,) = plain(chart(app)["data"])
    words = chart(app)["layout"]["yaxis"]["ticktext"]
    assert bars["x"] == [sum(word in text for text in texts) for word in words]
    assert bars["x"] == sorted(bars["x"], reverse=True)


def test_distributions_tell_how_many_papers_they_count(data: Path) -> None:
    authors = ["Ada Tarn"] * 1_999 + ["Ada Tarn, Bo Quill", None]
    frame = pd.DataFrame({"categories": "cs.LG", "authors": authors, "license": None})
    frame.loc[:2, "license"] = "by"
    frame.to_parquet(data / "many.parquet")
    notes = said(opened(show="Distributions", of="Authors", corpus="many.parquet"))
    assert "Papers that tell this: 2,000 of 2,001." in notes
    assert "Left off the histogram, not its file: 1 above 1." in notes
    notes = said(opened(show="Distributions", of="Licences", corpus="many.parquet"))
    assert "Papers that tell this: 3 of 2,001." in notes
    notes = said(opened(show="Distributions", of="Length of titles", corpus=SMALL))
    assert "Papers that tell this: 5 of 5." in notes
    assert "Left off" not in notes


def test_filters_are_read_from_the_address() -> None:
    app = opened(corpus=SMALL)
    assert metrics(app)["Papers"] == "5"
    app.slider(key="years").set_value((2024, 2026)).run()
    app.multiselect(key="archives").set_value(["cs"]).run()
    app.text_input(key="text").set_value("READS").run()
    app.toggle(key="merge").set_value(True).run()
    assert not app.exception
    assert metrics(app)["Papers"] == "1"
    again = opened(
        corpus=SMALL,
        years=["2024", "2026"],
        archives=["Computer Science (cs)"],
        text="READS",
        merge="true",
    )
    assert metrics(again) == metrics(app)
    assert again.slider(key="years").value == (2024, 2026)
    assert again.text_input(key="text").value == "READS"
    assert again.toggle(key="merge").value


def test_bad_values_in_the_address_are_ignored() -> None:
    app = opened(corpus="../etc", years="x", show="No", archives="<b>", merge="7")
    assert metrics(app)["Papers"] == "5"


def test_filters_that_leave_nothing_say_so() -> None:
    app = opened(corpus=SMALL, text="zebrafish")
    assert "No paper passes these filters" in said(app)
    assert not metrics(app)


def test_retired_archives_are_marked_or_merged() -> None:
    app = opened(merge="false")
    bars = chart(app)["data"][0]
    names = [name for name, _ in bars["customdata"]]
    assert "Algebraic Geometry (alg-geom), retired" in names
    app.toggle(key="log").set_value(True).run()
    assert chart(app)["layout"]["xaxis"]["type"] == "log"
    app.toggle(key="merge").set_value(True).run()
    codes = [code for _, code in chart(app)["data"][0]["customdata"]]
    assert "alg-geom" not in codes


def test_a_click_on_a_bar_shows_the_archives_subjects() -> None:
    app = opened()
    states = app._tree.get_widget_states()
    place = next(
        i for i, (_, code) in enumerate(chart(app)["data"][0]["customdata"]) if code == "cs"
    )
    clicked = states.widgets.add()
    clicked.id = app.get("plotly_chart")[0].proto.id
    point = {"customdata": ["Computer Science (cs)", "cs"], "point_index": place}
    clicked.string_value = json.dumps(
        {"selection": {"points": [point], "point_indices": [place], "box": [], "lasso": []}}
    )
    app._run(states)
    assert not app.exception
    assert app.multiselect(key="archives").value == ["cs"]
    assert metrics(app)["Papers"] == "2"
    codes = {code for _, code in chart(app)["data"][0]["customdata"]}
    assert codes == {"cs.CL", "cs.LG", "stat.ML"}


def test_the_time_line_draws_the_labels_picked() -> None:
    app = opened(show="Over time", unit="Month", measure="Share")
    assert {line["name"] for line in chart(app)["data"]} >= {"Computer Science (cs)"}
    app.multiselect(key="archive-lines").set_value(["math"]).run()
    (line,) = chart(app)["data"]
    assert line["name"] == "Mathematics (math)"
    assert chart(app)["layout"]["yaxis"]["title"]["text"] == "share of papers"
    app.segmented_control(key="style").set_value("Stacked areas").run()
    assert [line["name"] for line in chart(app)["data"]] == ["Mathematics (math)", "all others"]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    """What the page offers to save, by file name, made when it is asked for."""
    found: dict[str, Callable[[], bytes]] = {}
    real = st.download_button

    def kept(label: str, data: Any, name: str, *rest: Any, **more: Any) -> bool:
        found[name] = data
        return real(label, data, name, *rest, **more)

    monkeypatch.setattr(st, "download_button", kept)
    return found


def test_downloads_hold_what_is_shown(files: dict[str, Callable[[], bytes]]) -> None:
    opened()
    table = pd.read_csv(io.BytesIO(files["archives.csv"]()), encoding="utf-8-sig")
    assert table["code"].tolist()[0] == "cs"
    assert table["papers"].tolist()[0] == 2
    opened(show="Distributions", of="Licences", corpus=SMALL)
    # A licence that a spreadsheet would run is a text to it.
    assert files["licences.csv"]().decode("utf-8-sig").splitlines() == ["value,papers", "'=by,5"]


def test_a_typed_path_is_opened_within_the_data_folder_only(data: Path, tmp_path: Path) -> None:
    more = "Another file in the data folder …"
    (tmp_path / "outside.jsonl").write_text((data / SMALL).read_text())
    (data / "link.jsonl").symlink_to(tmp_path / "outside.jsonl")
    assert metrics(opened(corpus=more, path=SMALL))["Papers"] == "5"
    for path in ("../outside.jsonl", "link.jsonl", str(tmp_path / "outside.jsonl"), "/etc/passwd"):
        app = opened(corpus=more, path=path)
        assert "There is no such file or folder in the data folder." in said(app)
        assert not metrics(app)
        assert str(tmp_path) not in said(app)


def test_a_bad_file_is_told_without_its_place_on_the_server(data: Path) -> None:
    (data / "bad.jsonl").write_text("nothing\n")
    app = opened(corpus="bad.jsonl")
    assert "bad.jsonl is not a file of papers" in said(app)
    assert str(data) not in said(app)
    (data / "bad.jsonl").write_text((data / SMALL).read_text())
    settled(app.button(key="again").click().run())
    assert metrics(app)["Papers"] == "5"


def test_a_cache_that_cannot_be_written_is_told_without_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    app = opened(corpus=SMALL)
    assert "The server’s cache cannot take the converted corpus" in said(app)
    assert not metrics(app)


def test_a_damaged_line_is_named(data: Path) -> None:
    with (data / SMALL).open("a") as file:
        file.write("{oops\n")
    assert "Damaged lines left out: 1 (first: small.jsonl, line 6)" in said(opened(corpus=SMALL))


def test_an_uploaded_file() -> None:
    app = opened(corpus="Upload a file …")
    assert "Upload a corpus" in said(app)
    table = b"id,categories,title\n2401.00001,cs.LG q-bio.PE,A\n2401.00002,q-bio.PE,B\n"
    settled(app.file_uploader(key="upload").upload("mine.csv", table, "text/csv").run())
    assert metrics(app)["Papers"] == "2"


def test_lines_before_the_header_are_told() -> None:
    app = opened(corpus="Upload a file …")
    table = b"# of May\nid,categories,title\n2401.00001,cs.LG,A\n"
    settled(app.file_uploader(key="upload").upload("mine.csv", table, "text/csv").run())
    assert "Lines before the header, left out: 1" in said(app)


def test_an_uploaded_file_goes_by_its_own_name() -> None:
    def uploaded(table: bytes) -> str:
        app = opened(corpus="Upload a file …", show="Distributions", of="Authors")
        upload = app.file_uploader(key="upload").upload("../a *fine* one.csv", table, "text/csv")
        return said(settled(upload.run()))

    words = uploaded(b"id,categories\n2401.00001,cs.LG\nodd,\n2401.00002,q-bio.PE,too,many\n")
    assert "Papers in a *fine* one.csv (1 kB): 2." in words
    assert "Damaged lines left out: 1 (first: a *fine* one.csv, line 4)." in words
    assert "Papers whose id tells no month: 1. Papers without a category: 1." in words
    assert "a *fine* one.csv does not tell this." in words
    words = uploaded(b"id,title\n2401.00001,A\n")
    assert words.startswith("a *fine* one.csv has no column 'categories'")


TABLE = b"id,categories,title\n2401.00001,cs.LG q-bio.PE,A\n2401.00002,q-bio.PE,B\n"


def uploading(name: str = "mine.csv") -> AppTest:
    """A session that has uploaded a small corpus, converted."""
    app = opened(corpus="Upload a file …")
    return settled(app.file_uploader(key="upload").upload(name, TABLE, "text/csv").run())


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are converted from now on."""
    real, found = conversion._write, []

    def write(path: Path, *more: Any) -> None:
        found.append(path)
        real(path, *more)

    monkeypatch.setattr(conversion, "_write", write)
    return found


def test_many_sessions_convert_their_uploads_once(conversions: list[Path]) -> None:
    apps = [uploading(f"{name}.csv") for name in "abcdefgh"]
    assert len(conversions) == len(set(conversions)) == 8
    for turn in range(24):
        app = apps[turn % 8]
        app.toggle(key="merge").set_value(turn % 16 < 8).run()
        assert not app.exception
        assert metrics(app)["Papers"] == "2"
    assert len(conversions) == 8


def test_an_uploaded_corpus_comes_back_after_a_reload(conversions: list[Path]) -> None:
    app = uploading()
    upload_id = app.query_params["upload"]
    again = settled(begun(corpus="Upload a file …", upload=upload_id))
    assert metrics(again)["Papers"] == "2"
    assert "mine.csv" in said(again)
    assert len(conversions) == 1
    again.button(key="uploaded-corpus-remove").click().run()
    assert not again.exception
    assert not again.query_params.get("upload")
    app.run()
    assert not app.exception
    assert "The file is no longer here" in said(app)
    assert not app.query_params.get("upload")


def test_an_upload_leaves_the_address_with_its_page_and_stays_in_the_session() -> None:
    app = uploading()
    app.selectbox(key="corpus").set_value("Invented counts").run()
    assert not app.query_params.get("upload")
    settled(app.selectbox(key="corpus").set_value("Upload a file …").run())
    assert metrics(app)["Papers"] == "2"
    assert app.query_params.get("upload")


def test_a_new_upload_takes_the_place_of_the_first(conversions: list[Path]) -> None:
    app = uploading()
    more = TABLE + b"2401.00003,math.GT,C\n"
    settled(app.file_uploader(key="upload").upload("more.csv", more, "text/csv").run())
    assert metrics(app)["Papers"] == "3"
    for thread in threading.enumerate():
        if thread.name == "delete upload":
            thread.join(30)
    first, second = conversions
    assert not first.parent.exists()
    assert second.exists()
    app.file_uploader(key="upload").set_value(None).run()
    assert metrics(app)["Papers"] == "3"
    app.button(key="uploaded-corpus-remove").click().run()
    assert "Upload a corpus" in said(app)
    assert not app.query_params.get("upload")


def test_a_corpus_that_vanishes_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    app = uploading()
    real = CorpusDatabase.counts

    def vanish(corpus: CorpusDatabase, *wanted: Any) -> label_counts.Counts:
        (corpus.cached.folder / conversion.PAPERS).unlink()
        return real(corpus, *wanted)

    monkeypatch.setattr(CorpusDatabase, "counts", vanish)
    app.text_input(key="text").set_value("a").run()
    assert not app.exception
    assert "The corpus can no longer be read" in said(app)
    monkeypatch.undo()


def test_a_shared_conversion_tells_each_visitor_in_their_language(data: Path) -> None:
    (data / "bad.jsonl").write_text("nothing\n")
    assert "bad.jsonl 不是论文文件" in said(opened(corpus="bad.jsonl", lang="zh"))
    assert "bad.jsonl is not a file of papers" in said(opened(corpus="bad.jsonl"))
    assert "bad.jsonl 不是论文文件" in said(opened(corpus="bad.jsonl", lang="zh"))


def test_texts_are_searched_where_a_table_has_them(data: Path) -> None:
    (data / "texts.csv").write_text("Id;Title;Categories\n2401.00001;Knots, once;math.GT\n")
    (data / "bare.csv").write_text("Id,Categories\n2401.00001,math.GT\n")
    app = opened(corpus="texts.csv", text="knots,")
    assert metrics(app)["Papers"] == "1"
    assert not opened(corpus="bare.csv").text_input


def test_a_long_conversion_shows_how_far_it_is_and_can_be_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, started = conversion.convert, time.monotonic()

    def slow(path: Path, progress: Any, *more: Any) -> conversion.Cached:
        while time.monotonic() - started < 30:
            progress(0.4, "1,000 papers read")
        return real(path, progress, *more)

    monkeypatch.setattr(conversion_jobs, "convert", slow)
    app = begun(corpus=SMALL)
    assert not metrics(app)
    assert "1,000 papers read" in app.get("progress")[0].proto.text.replace("\\", "")
    app.button(key="stop").click().run()
    deadline = time.monotonic() + 60
    while "stopped" not in said(app) and time.monotonic() < deadline:
        app.run()
    assert "The conversion was stopped." in said(app)
    monkeypatch.setattr(conversion_jobs, "convert", real)
    app.button(key="again").click().run()
    while not metrics(app) and time.monotonic() < deadline:
        app.run()
    assert metrics(app)["Papers"] == "5"


def test_counts_that_were_changed_are_told(data: Path) -> None:
    path = data.parent / "models" / "statistics" / "small" / "counts.parquet"
    path.write_bytes(b"other")
    app = opened(corpus=SMALL)
    assert "checksum differs" in said(app)
    assert metrics(app)["Papers"] == "5"


def test_counts_of_another_version_are_shown_without_what_their_card_lacks(data: Path) -> None:
    path = data.parent / "models" / "statistics" / "small" / "card.json"
    card = json.loads(path.read_text())
    for lacking in ("note", "date", "warning"):
        del card[lacking]
        path.write_text(json.dumps(card))
        app = opened()
        assert metrics(app)["Papers"] == "5"
        assert "Invented counts" in said(app)


def test_counts_do_not_outlive_their_run() -> None:
    app = opened()
    for first in range(1995, 2001):
        app.slider(key="years").set_value((first, 2026)).run()
        assert not app.exception
    gc.collect()
    # Those that ship, and no others; Streamlit keeps the callbacks of all six charts.
    assert sum(type(found) is label_counts.Counts for found in gc.get_objects()) == 1


# In Chinese.


def test_a_switch_of_the_language_keeps_what_was_picked() -> None:
    app = opened(corpus=SMALL, show="Over time", unit="Month")
    app.multiselect(key="archives").set_value(["cs", "math"]).run()
    app.session_state.lang = "zh"
    app.run()
    assert not app.exception
    assert app.title[0].value == "探索语料库"
    assert app.segmented_control(key="show").value == "Over time"
    assert app.multiselect(key="archives").value == ["cs", "math"]
    assert metrics(app)["论文数"] == "4"
    figure = chart(app)["layout"]
    assert figure["title"]["text"] == "各大类的论文数（按月份）"
    assert figure["yaxis"]["title"]["text"] == "论文"


def test_in_chinese_the_table_is_said_and_its_file_is_not(
    files: dict[str, Callable[[], bytes]],
) -> None:
    app = opened(lang="zh", merge="false")
    table = app.dataframe[0]
    assert {"现行", "已停用，现为 math.AG"} == set(table.value["status"])
    heads = json.loads(table.proto.columns)
    assert (heads["status"]["label"], heads["share"]["label"]) == ("状态", "占比")
    written = pd.read_csv(io.BytesIO(files["archives.csv"]()), encoding="utf-8-sig")
    assert list(written) == ["code", "name", "status", "papers", "share", "primary"]
    assert set(written["status"]) == {"live", "retired, now math.AG"}


def test_what_a_conversion_keeps_is_of_no_language(data: Path) -> None:
    with (data / SMALL).open("a") as file:
        file.write("{oops\n")
    assert "small.jsonl 第 6 行" in said(opened(corpus=SMALL, lang="zh"))
    assert "(first: small.jsonl, line 6)" in said(opened(corpus=SMALL))
