"""The page that compares terms, run by Streamlit's own test harness on a small embedding."""

import base64
import csv
import io
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.embeddings import hub_module, module_export, swivel
from core.embeddings.chance import random_pairs
from core.embeddings.pair_counts import PAIRS, write_pairs
from core.embeddings.term_list import MAX_TERMS, NOTEBOOK
from core.embeddings.vectors import WordVectors
from core.plots import heatmap
from pages.terms import chips, odd_one_out
from tests.visit import go_to, visit

ATTACK = "<img src=x onerror=alert(1)> **bold** [a](http://b) :red[c] $x^2$ `d`"
pytestmark = pytest.mark.usefixtures("fresh", "embedding")


def opened(**address: str | list[str]) -> AppTest:
    return visit("terms", address)


def add(app: AppTest, terms: str, group: str = "") -> AppTest:
    """Type terms into the field of chips, and before that their group."""
    if group:
        states = app._tree.get_widget_states()
        field = app.selectbox(key="new_group").proto.id
        next(state for state in states.widgets if state.id == field).string_value = group
        app._run(states)
    field = app.multiselect(key="chips")
    return field.set_value([*field.value, terms]).run()


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def edit(app: AppTest, **changes: Any) -> AppTest:
    """Change the table of terms as the browser does."""
    states = app._tree.get_widget_states()
    table = states.widgets.add()
    table.id = app.data_editor[0].proto.id
    nothing: dict[str, Any] = {"edited_rows": {}, "added_rows": [], "deleted_rows": []}
    table.string_value = json.dumps(nothing | changes)
    return app._run(states)


def shown(app: AppTest) -> list[tuple[str, str]]:
    """Terms and groups in the table."""
    table = app.data_editor[0].value
    return list(zip(table["term"], table["group"], strict=True))


def chart(app: AppTest, place: int = 0) -> dict[str, Any]:
    return json.loads(app.get("plotly_chart")[place].proto.spec)


def chart_values(app: AppTest) -> np.ndarray:
    """The heatmap's cells as they are drawn."""
    cells = chart(app)["data"][0]["z"]
    values = np.frombuffer(base64.b64decode(cells["bdata"]), cells["dtype"])
    return values.reshape([int(n) for n in cells["shape"].split(",")])


def ticks(app: AppTest) -> list[str]:
    layout = chart(app)["layout"]
    names = layout["yaxis"]["ticktext"]
    # Of many columns not every one has its name.
    assert all(x in ("", y) for x, y in zip(layout["xaxis"]["ticktext"], names, strict=True))
    return layout["yaxis"]["ticktext"]


def said(app: AppTest) -> str:
    """All notes on the page, Markdown's backslashes taken off."""
    notes = [note.value for kind in (app.warning, app.info, app.error) for note in kind]
    return " ".join(notes).replace("\\", "")


# The first visit.


def test_the_first_visit_shows_the_notebooks_terms() -> None:
    app = opened()
    assert not app.exception
    assert not app.warning
    assert shown(app) == list(NOTEBOOK)
    assert ticks(app) == list(NOTEBOOK.terms)
    assert "terms" not in app.query_params
    assert app.title[0].value == "Compare terms"


def test_the_heatmap_has_cosines_and_the_notebooks_measure(
    embedding: WordVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[heatmap.Heatmap] = []
    real = heatmap.heatmap
    monkeypatch.setattr(heatmap, "heatmap", lambda picture: drawn.append(picture) or real(picture))
    app = opened()
    vectors = embedding.embed(NOTEBOOK.terms)
    corr = np.inner(vectors, vectors)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(drawn[-1].values, unit @ unit.T, rtol=1e-4, atol=1e-6)
    assert drawn[-1].measure == "cosine"
    app = opened(measure="Scaled dot product")
    assert not app.exception
    np.testing.assert_allclose(drawn[-1].values, corr / corr.max(), rtol=1e-5)


def test_the_caption_tells_the_module_and_the_groups() -> None:
    words = " ".join(caption.value for caption in opened().caption).replace("\\", "")
    assert "**Swivel (small)** · 8 dimensions, 247 words · trained on nothing_at_all" in words
    assert "Mean similarity within groups **0." in words


def click(app: AppTest, point: int) -> AppTest:
    """Click a cell of the heatmap as the browser does."""
    states = app._tree.get_widget_states()
    cell = states.widgets.add()
    cell.id = app.get("plotly_chart")[0].proto.id
    points = [{"curve_number": 4, "point_index": point}]
    cell.string_value = json.dumps({"selection": {"points": points}})
    return app._run(states)


def test_a_click_tells_how_often_two_words_meet(
    built_embedding: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedding: WordVectors
) -> None:
    folder = shutil.copytree(built_embedding, tmp_path / "models") / "embedding" / "swivel"
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    row = {token: i for i, token in enumerate(embedding.tokens)}
    fever, cough, sars = row["fever"], row["cough"], row["SARSCoV2"]
    words = np.array(
        [fever, cough, swivel.END] * 1_200 + [fever, fever, sars, swivel.END], np.int32
    )
    counted = np.ones(len(row), bool)
    write_pairs(swivel.count_pairs(words, counted, 10, lambda share: None), folder)

    def told(app: AppTest) -> str:
        assert not app.exception
        texts = (*app.markdown, *app.caption)
        return " ".join(text.value for text in texts).replace("\\", "")

    app = opened(terms="x: fever, cough, SARS-CoV-2, chest pain")
    assert "Click a cell" in told(app)
    # 1,203 pairs, of 2,403 words: 2 · 1,203 · (1,202 · 1,200) / 2,403².
    assert (
        "**fever** and **cough** stand within 10 words of each other **1,200** times in the "
        "training text; by chance it would be 601. Occurrences: fever 1,202, cough 1,200."
    ) in told(click(app, 1))
    assert (
        "**fever** and **SARS-CoV-2** stand within 10 words of each other fewer than 10 times"
        in (text := told(click(app, 2)))
    )
    assert "by chance it would be 0.5." in text
    assert "**cough** occurs 1,200 times" in told(click(app, 5))
    # A phrase is not counted.
    assert "Click a cell" in told(click(app, 3))
    # Without the file nothing can be clicked.
    (folder / PAIRS).unlink()
    assert "Click a cell" not in told(opened(terms="x: fever, cough"))


# Adding, editing, removing.


def test_terms_are_added_at_the_end() -> None:
    app = add(opened(), "France; chest  pain, SARS-CoV-2", " Others: new ")
    assert not app.exception
    assert not app.warning
    assert shown(app)[9:] == [
        ("France", "Others new"),
        ("chest pain", "Others new"),
        ("SARS-CoV-2", "Others new"),
    ]
    assert ticks(app)[9:] == ["France", "chest pain", "SARS-CoV-2"]
    # The text of groups follows, or else using it would undo the addition.
    assert "Others new: France, chest pain, SARS-CoV-2" in app.text_area[0].value


def test_a_term_called_term() -> None:
    app = add(opened(), "term")
    assert not app.exception
    assert ticks(app)[-1] == "term"


def test_duplicates_are_told_and_kept_once() -> None:
    app = add(opened(), "SARS, rash, rash", "New")
    assert shown(app)[9:] == [("rash", "New")]
    assert "Entered twice and kept once: rash, SARS." in said(app)
    # The note goes with the next change.
    assert "Entered twice" not in said(add(app, "Spain pain"))


def test_unknown_words_are_told_once_and_corrected_by_a_click() -> None:
    app = add(opened(), "zzqx fever, italy, yyqx, Coughs")
    assert "left out: zzqx, italy, yyqx, Coughs." in said(app)
    assert ticks(app)[-2:] == ["throat", "zzqx fever"]
    offered = {button.help: button.label for button in app.button if button.help}
    assert offered == {"italy": "Italy", "Coughs": "cough"}
    app = press(app, "Italy")
    assert not app.exception
    # Italy was there, and counts once.
    assert "Entered twice and kept once: Italy." in said(app)
    assert "left out: zzqx, yyqx, Coughs." in said(app)
    assert shown(app)[9:] == [
        ("zzqx fever", "Other"),
        ("yyqx", "Other"),
        ("Coughs", "Other"),
    ]


def test_merged_spellings_are_one_term_and_known() -> None:
    lines = "x: cough, Cough, ITALY, SARS-CoV-2, sars-cov-2, zzqx"
    assert ticks(opened(terms=lines)) == ["cough", "SARS-CoV-2"]
    app = opened(terms=lines, merge="true")
    assert not app.exception
    assert ticks(app) == ["cough", "Italy", "SARSCoV2"]
    assert "left out: zzqx." in said(app)


def test_chips_remove_and_add_terms_and_keep_the_group() -> None:
    app = add(opened(), "rash", "Skin")
    assert shown(app)[9:] == [("rash", "Skin")]
    assert app.selectbox(key="new_group").value == "Skin"
    assert "Symptoms" in app.selectbox(key="new_group").options
    field = app.multiselect(key="chips")
    assert field.value == [*NOTEBOOK.terms, "rash"]
    app = field.set_value(["MERS", "rash", "pain, sore"]).run()
    assert shown(app) == [
        ("MERS", "Related viruses"),
        ("rash", "Skin"),
        ("pain", "Skin"),
        ("sore", "Skin"),
    ]
    assert app.multiselect(key="chips").value == ["MERS", "rash", "pain", "sore"]
    # The cross of all of them can be taken back.
    app = press(app.multiselect(key="chips").set_value([]).run(), "Undo")
    assert shown(app) == [
        ("MERS", "Related viruses"),
        ("rash", "Skin"),
        ("pain", "Skin"),
        ("sore", "Skin"),
    ]
    # What is changed elsewhere is seen in the chips.
    app = edit(app, deleted_rows=[0])
    assert app.multiselect(key="chips").value == ["rash", "pain", "sore"]


def test_words_of_the_vocabulary_are_offered_while_typing() -> None:
    offered = opened().multiselect(key="chips").options
    assert offered[:4] == ["chest", "coronavirus", "cough", "COVID19"]
    assert "w10" in offered
    assert "w1" not in offered


def test_rarer_words_are_offered_where_enter_would_take_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chips, "MOST", 2)
    table = WordVectors(("fluid", "cough", "Flu", "zinc"), np.eye(4, dtype=np.float32))
    assert chips.completions(table, ("four words", "", 0.0)) == ["cough", "Flu", "fluid"]


def test_nothing_is_added_by_an_empty_form() -> None:
    app = add(opened(), " ,; ")
    assert not app.exception
    assert shown(app) == list(NOTEBOOK)


def test_the_table_edits_regroups_removes_and_adds() -> None:
    app = edit(
        opened(),
        edited_rows={"0": {"term": "COVID-19"}, "3": {"group": "Countries"}, "4": {"group": None}},
        deleted_rows=[1, 8],
        added_rows=[{"term": "pain", "group": "Symptoms"}, {"term": "France"}, {}],
    )
    assert not app.exception
    assert shown(app) == [
        ("COVID-19", "Related viruses"),
        ("MERS", "Related viruses"),
        ("Italy", "Countries"),
        ("Spain", "Other"),
        ("Europe", "Regions"),
        ("cough", "Symptoms"),
        ("fever", "Symptoms"),
        ("pain", "Symptoms"),
        ("France", "Other"),
    ]
    assert ticks(app) == [term for term, _ in shown(app)]
    app = edit(app, deleted_rows=[0])
    assert shown(app)[0] == ("MERS", "Related viruses")
    assert len(shown(app)) == 8


@pytest.mark.parametrize("begun", [{}, {"group": "New"}])
def test_a_new_row_waits_for_its_term(begun: dict[str, str]) -> None:
    app = opened()
    before = app.data_editor[0].proto.id
    app = edit(app, added_rows=[begun])
    assert not app.exception
    # Another table would not have the row that was begun.
    assert app.data_editor[0].proto.id == before
    app = edit(app, added_rows=[begun | {"term": "pain"}])
    assert shown(app)[9:] == [("pain", begun.get("group", "Other"))]


def test_a_term_emptied_in_the_table_goes() -> None:
    app = edit(
        opened(), edited_rows={"0": {"term": None}, "1": {"term": " "}, "2": {"term": "Italy"}}
    )
    assert [term for term, _ in shown(app)] == [
        "Italy",
        "Spain",
        "Europe",
        "cough",
        "fever",
        "throat",
    ]
    assert "Entered twice and kept once: Italy." in said(app)


def test_pasted_groups_replace_the_terms() -> None:
    app = opened()
    app.text_area[0].set_value("Pains: chest pain, throat\r\nFrance\nPains: cough")
    app = press(app, "Replace my terms")
    assert not app.exception
    wanted = [("chest pain", "Pains"), ("throat", "Pains"), ("France", "Other"), ("cough", "Pains")]
    assert shown(app) == wanted
    app.segmented_control(key="order").set_value("By group").run()
    assert ticks(app) == ["chest pain", "throat", "cough", "France"]
    shapes = chart(app)["layout"]["shapes"]
    assert 2.5 in [shape["y0"] for shape in shapes if shape["type"] == "line"]
    strips = [(s["y0"], s["y1"]) for s in shapes if s["type"] == "rect"]
    assert strips == [(-0.5, 2.5), (2.5, 3.5)]
    assert [trace["name"] for trace in chart(app)["data"][1:]] == ["Pains", "Other"]


def test_a_file_replaces_the_terms() -> None:
    app = opened()
    app.file_uploader[0].set_value(
        ("list.csv", b"term,group\nFrance,Here\npain,There\n", "text/csv")
    )
    app = app.run()
    assert not app.exception
    assert shown(app) == [("France", "Here"), ("pain", "There")]
    app.file_uploader[0].set_value(("odd_*x*.csv", b"\x00\x01", "text/csv")).run()
    assert not app.exception
    assert "odd_*x*.csv is not a text file" in said(app)
    assert shown(app) == [("France", "Here"), ("pain", "There")]


def test_clearing_and_starting_again() -> None:
    app = press(opened(), "Clear")
    assert not app.exception
    assert shown(app) == []
    assert "Add terms on the left" in said(app)
    assert not app.get("plotly_chart")
    assert app.query_params["terms"] == ""
    assert shown(opened(terms="")) == []
    app = add(app, "France")
    assert "Add at least two terms" in said(app)
    assert not app.get("plotly_chart")
    app = press(app, "Example terms")
    assert ticks(app) == list(NOTEBOOK.terms)
    assert "terms" not in app.query_params


def test_more_terms_than_fit_are_cut_with_a_note(embedding: WordVectors) -> None:
    app = add(press(opened(), "Clear"), ",".join(embedding.tokens[-(MAX_TERMS + 5) :]))
    assert not app.exception
    assert len(chart(app)["data"][0]["customdata"]) == MAX_TERMS
    assert "the first 200 are kept, 5 left out" in said(app)
    app.segmented_control(key="order").set_value("Clustered").run()
    assert not app.exception


# The address.


def test_the_address_opens_the_same_picture() -> None:
    app = add(opened(order="Clustered", measure="Cosine"), "France, chest pain", "More")
    again = opened(**app.query_params)
    assert not again.exception
    assert shown(again) == shown(app)
    assert chart(again) == chart(app)
    assert again.query_params == app.query_params
    assert app.query_params["terms"] == [
        *NOTEBOOK.lines(),
        "More: France, chest pain",
    ]


def test_the_address_is_told_again_after_another_page() -> None:
    app = add(opened(), "France")
    before = app.query_params["terms"]
    go_to(app, "classify")
    del app.query_params["terms"]
    go_to(app, "terms")
    assert shown(app)[-1] == ("France", "Other")
    assert app.query_params["terms"] == before


@pytest.mark.parametrize(
    "address",
    [
        {"terms": ["A: SARS, SARS", "SARS", "::", ""]},
        {"terms": ATTACK},
        {"terms": "\x00\u202e,\u200b"},
        {"view": "nonsense", "order": "1", "measure": "<b>", "module": "../../etc"},
        {"view": "Neighbours", "near": "x" * 5_000},
        {"view": "Neighbours", "near": ""},
        {"view": "Analogy", "a": "", "b": "zzqx", "c": ATTACK},
        {"view": "Analogy", "a": "Italy", "b": "Italy", "c": "zzqx"},
        {"view": "Map", "method": "PCB", "solid": "maybe"},
        {"view": "Map", "terms": "zzqx"},
        {"view": "Map", "method": "t-SNE", "terms": "SARS, MERS"},
        {"view": "Odd one out", "terms": "SARS, zzqx, MERS"},
        {"view": "Heatmap", "order": "Clustered", "terms": "zzqx, yyqx"},
        {"view": "Heatmap", "order": "By group", "terms": "SARS"},
    ],
    ids=str,
)
def test_odd_addresses_do_no_harm(address: dict[str, Any]) -> None:
    app = opened(**address)
    assert not app.exception
    assert app.title


# The other views.


def test_neighbours_of_a_term(embedding: WordVectors) -> None:
    app = opened(view="Neighbours", near="SARS")
    assert not app.exception
    names = chart(app)["layout"]["yaxis"]["ticktext"]
    assert len(names) == 20
    assert set(names[:4]) == {"coronavirus", "MERS", "COVID19", "SARSCoV2"}
    app = press(app, "Add the first five to the heatmap")
    assert not app.exception
    assert [group for _, group in shown(app)[9:]] == ["Neighbours"] * (len(shown(app)) - 9)
    assert {"COVID19", "SARSCoV2"} <= {term for term, _ in shown(app)}
    app.text_input(key="near").set_value("zzqx").run()
    assert "No word of 'zzqx' has a vector." in said(app)
    app.text_input(key="near").set_value("fevr").run()
    app = press(app, "fever")
    assert app.text_input(key="near").value == "fever"
    assert "cough" in chart(app)["layout"]["yaxis"]["ticktext"]
    app.text_input(key="near").set_value(" ").run()
    assert "Type a term" in said(app)


def test_an_analogy() -> None:
    app = opened(view="Analogy")
    assert "No word of 'remdesivir' has a vector." in said(app)
    app = opened(view="Analogy", a="Italy", b="Italian", c="France")
    assert not app.exception
    assert "Italy is to Italian as France is to …" in app.markdown[0].value
    assert "French" in chart(app)["layout"]["yaxis"]["ticktext"]
    app.text_input(key="b").set_value("").run()
    assert not app.exception
    assert "An analogy takes three terms." in said(app)


def test_the_odd_one_out() -> None:
    app = opened(view="Odd one out", terms="x: Italy, Spain, fever, zzqx, France")
    assert not app.exception
    assert "The odd one out is fever." in verdict_of(app)
    names = chart(app)["layout"]["yaxis"]["ticktext"]
    assert names[0] == "fever"
    assert sorted(names) == ["France", "Italy", "Spain", "fever"]


def verdict_of(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown).replace("\\", "")


def test_a_tie_is_no_odd_one_out() -> None:
    assert odd_one_out.verdict(["a", "b", "c"], [0.1, 0.2, 0.3]) == "The odd one out is a."
    tied = odd_one_out.verdict(["a", "b", "c"], [0.1, 0.1004, 0.3])
    assert tied.startswith("Too close to call: a, b ")
    assert odd_one_out.verdict(["a", "b"], [0.1, 0.1]).startswith("No term is")


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
@pytest.mark.parametrize("solid", ["true", "false"])
def test_maps(method: str, solid: str) -> None:
    many = "Many: " + ", ".join(f"w{i}" for i in range(30))
    app = opened(view="Map", method=method, solid=solid, terms=[*NOTEBOOK.lines(), many, "zzqx"])
    assert not app.exception
    *context, viruses, regions, _symptoms, rest = chart(app)["data"]
    assert viruses["name"] == "Related viruses"
    assert regions["customdata"] == ["Italy", "Spain", "Europe"]
    assert len(rest["customdata"]) == 30
    assert viruses["type"] == ("scatter3d" if solid == "true" else "scatter")
    if solid == "true":
        assert not context
    else:
        near = set(context[0]["customdata"])
        assert {"France", "pain"} <= near
        assert not near & {"Italy", "cough", "w3"}
    assert "left out: zzqx." in said(app)


def test_few_terms_have_no_tsne_map() -> None:
    app = opened(view="Map", method="t-SNE")
    assert not app.exception
    assert "method" not in [control.key for control in app.segmented_control]
    assert chart(app)["layout"]["xaxis"]["title"]["text"].startswith("PCA 1 (")


def test_unknown_terms_are_in_no_heatmap() -> None:
    lines = "x: yyqx, cough, SARS, zzqx, fever, MERS"
    for measure in ("Scaled dot product", "Cosine"):
        app = opened(terms=lines, measure=measure, order="Clustered")
        assert not app.exception
        alone = opened(terms="x: cough, SARS, fever, MERS", measure=measure, order="Clustered")
        assert chart(alone) == chart(app)
        assert len(ticks(app)) == 4


def test_unknown_words_are_estimated_where_that_is_wanted() -> None:
    lines = "x: cough, SARS, fever, sars, zzqx, coughed fever"
    for view in ("Heatmap", "Map", "Odd one out"):
        app = opened(terms=lines, view=view, parts="true")
        assert not app.exception
        assert "left out: zzqx." in said(app)
        (note,) = (note.value for note in app.info if note.value.startswith("≈"))
        assert "sars from SARS" in note and "coughed from cough" in note
        assert "SARS (a rough guess" not in note
        assert "sars ≈" in json.dumps(chart(app), ensure_ascii=False)
    app = opened(terms=lines, parts="true")
    assert ticks(app) == ["cough", "SARS", "fever", "sars ≈", "coughed fever ≈"]
    assert "≈" not in " ".join(ticks(opened(terms=lines)))


def test_values_are_told_beside_random_pairs(embedding: WordVectors) -> None:
    app = opened()
    random = random_pairs(embedding)
    assert random is not None
    captions = " ".join(caption.value for caption in app.caption)
    assert f"above **{random.cosine_of(0.05):.2f}** a pair is in the top 5 %" in captions
    assert chart(app)["data"][0]["customdata"][0][3].endswith("% of random pairs")
    # The notebook's measure depends on the other terms, so it has no such meaning.
    app = opened(measure="Scaled dot product")
    assert "random" not in " ".join(caption.value for caption in app.caption)
    assert "random" not in chart(app)["data"][0]["customdata"][0][3]


@pytest.mark.parametrize("view", ["Heatmap", "Neighbours", "Odd one out", "Map"])
def test_every_view_has_the_same_downloads(view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, Callable[[], bytes]] = {}
    monkeypatch.setattr(
        st, "download_button", lambda label, data, name, *a, **k: files.update({name: data})
    )
    app = opened(view=view)
    assert not app.exception
    contents = {name.rpartition(".")[2]: make() for name, make in files.items()}
    assert contents["csv"].startswith(b"\xef\xbb\xbf")
    assert contents["png"].startswith(b"\x89PNG")
    assert contents["pdf"].startswith(b"%PDF")
    assert b"Swivel (small)" in contents["svg"]
    if view == "Map":
        assert len(files["vectors.tsv"]().splitlines()) == 9
        assert files["metadata.tsv"]().splitlines()[1] == b"coronavirus\tRelated viruses"


def test_the_table_holds_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[Callable[[], bytes]] = []
    monkeypatch.setattr(st, "download_button", lambda label, data, *a, **k: files.append(data))
    app = opened(terms="x: cough, zzqx, fever", measure="Cosine")
    head, *lines = csv.reader(io.StringIO(files[0]().decode("utf-8-sig")))
    assert head == ["term", "cough", "fever"]
    assert [line[0] for line in lines] == ["cough", "fever"]
    similar = lines[0][2]
    assert float(similar) == pytest.approx(chart_values(app)[0][1], abs=1e-6)
    assert len(similar.partition(".")[2]) <= 6


# Modules that are not there.


def test_no_module_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    app = opened()
    assert not app.exception
    assert len(app.error) == 1
    assert "No embedding is installed" in app.error[0].value
    assert not app.warning
    assert len(shown(app)) == 9


def test_a_broken_module_is_named(
    built_embedding: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(built_embedding, tmp_path / "models") / "embedding" / "swivel"
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    tokens = folder / "assets" / "tokens.txt"
    tokens.write_text(tokens.read_text().replace("SARS\n", "SARZ\n"))
    app = opened()
    assert not app.exception
    assert "checksum differs" in said(app)
    assert not app.get("plotly_chart")


def test_a_module_of_ones_own_beside_the_shipped_one(
    built_embedding: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copytree(built_embedding / "embedding" / "swivel", tmp_path / "my_*own*")
    (own / "card.json").unlink()
    monkeypatch.setenv("PAPERLENS_CORD19_MODULE", str(own))
    app = opened()
    assert not app.exception
    assert app.multiselect(key="module").options == ["my_*own*", "Swivel (small)"]
    assert app.multiselect(key="module").value == ["my_*own*"]
    app.multiselect(key="module").set_value(["my_*own*", "Swivel (small)"]).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2
    for view in ("Neighbours", "Odd one out", "Map"):
        app.segmented_control(key="view").set_value(view).run()
        assert not app.exception
        assert len(app.get("plotly_chart")) == 2
    monkeypatch.setenv("PAPERLENS_CORD19_MODULE", str(tmp_path / "gone"))
    app = opened()
    assert not app.exception
    assert "There is no folder" in said(app)


def test_a_module_that_is_written_anew_has_a_new_map(
    embedding: WordVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    monkeypatch.setenv("PAPERLENS_CORD19_MODULE", str(own))
    maps = []
    for written, vectors in enumerate((embedding.vectors, embedding.vectors**3), 1):
        module_export.export(embedding.tokens, vectors, own)
        os.utime(own / hub_module.SAVED_MODEL, (written, written))
        app = opened(view="Map", module="own")
        assert not app.exception
        maps.append([trace["x"] for trace in chart(app)["data"]])
        shutil.rmtree(own)
    assert maps[0] != maps[1]


# Speed.


def test_adding_to_fifty_terms_is_quick(embedding: WordVectors) -> None:
    def seconds(count: int) -> float:
        """CPU seconds to add a term to so many, the best of three."""
        app = opened(terms="Many: " + ", ".join(embedding.tokens[-count:]), order="Clustered")
        add(app, "SARS")
        took = []
        for term in ("MERS", "Italy", "cough"):
            before = time.process_time()
            add(app, term)
            took.append(time.process_time() - before)
        assert not app.exception
        assert len(ticks(app)) == count + 4
        return min(took)

    # Most of a rerun is the page's own; each pair of terms costs little beside it.
    assert seconds(50) < 4 * seconds(5)


# In Chinese.


def test_the_page_speaks_chinese_and_options_stay_what_they_are() -> None:
    app = opened(lang="zh", view="热力图", order="聚类", measure="余弦")
    assert not app.exception
    assert app.title[0].value == "比较术语"
    assert app.segmented_control(key="order").value == "Clustered"
    assert app.segmented_control(key="measure").value == "Cosine"
    assert chart(app)["data"][0]["colorbar"]["title"]["text"].startswith("余弦")
    assert shown(app)[0] == ("coronavirus", "相关病毒")
    assert "症状: cough, fever, throat" in app.text_area[0].value
    assert "地区" in [trace.get("name") for trace in chart(app)["data"]]
    # In the session and the link they keep their names.
    app = edit(app, edited_rows={"0": {"group": "症状"}})
    assert app.session_state.selection.groups[0] == "Symptoms"
    assert app.query_params["terms"][0] == "Symptoms: coronavirus"
    captions = " ".join(caption.value for caption in app.caption).replace("\\", "")
    assert "8 维，247 个词" in captions


def test_notes_are_chinese() -> None:
    app = opened(lang="zh", terms="A: SARS, SARS, zzqx")
    assert "重复输入，只保留一个：SARS。" in said(app)
    assert "不在词汇表中" in said(app)
