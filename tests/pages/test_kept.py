"""What a browser sends back is taken over only where it has the right shape."""

from typing import Any

import pytest

from pages.components.kept import checked
from tests.visit import visit

PASTED = "Ramsey numbers of sparse graphs\nWe bound the Ramsey numbers of sparse graphs."


@pytest.mark.parametrize(
    "kept",
    [
        None,
        "text",
        [1],
        {"box": 1},
        {"box": ["a"]},
        {"paper": ["title"]},
        {"paper": ["title", None]},
        {"answers": [["title", "abstract"]]},
        {"answers": [[]]},
        {"aside": {"a": "b"}},
        {"unknown": "x"},
    ],
)
def test_other_shapes_are_dropped(kept: Any) -> None:
    assert checked(kept) == {}


def test_the_right_shapes_are_kept() -> None:
    kept = {
        "box": "text",
        "paper": ["title", ""],
        "aside": [],
        "terms": ["Pets: cat, dog"],
        "answers": [["title", "abstract", "cs.CL"]],
    }
    assert checked(kept) == kept


def test_at_most_ten_answers_the_newest_first() -> None:
    app = visit("classify")
    for number in range(12):
        app.text_area(key="box").set_value(f"{PASTED} {number}")
        app.button[0].click().run()
        assert not app.exception
    answers = app.session_state.kept["answers"]
    assert [abstract.split()[-1] for _, abstract, _ in answers] == [
        str(number) for number in range(11, 1, -1)
    ]


def test_an_identifier_gets_no_category_in_any_field() -> None:
    for fields, key in (("false", "box"), ("true", "title"), ("true", "abstract")):
        app = visit("classify", {"fields": fields})
        kind = app.text_input if key == "title" else app.text_area
        kind(key=key).set_value("https://arxiv.org/abs/2106.09685")
        app.button[0].click().run()
        assert not app.exception
        assert not app.subheader
        assert any("Look it up at arXiv" in button.label for button in app.button)


def test_an_example_sets_the_own_text_aside_and_restores_it() -> None:
    app = visit("classify")
    app.text_area(key="box").set_value(PASTED).run()
    app.pills(key="example").set_value("Qubits").run()
    assert not app.exception
    assert app.text_area(key="box").value.startswith("Erasure conversion")
    next(button for button in app.button if button.label == "Restore").click().run()
    assert not app.exception
    assert app.text_area(key="box").value == PASTED
    assert app.subheader[0].value.startswith("math")


def test_a_file_fills_the_box_and_a_damaged_one_changes_nothing() -> None:
    app = visit("classify")
    entry = "@article{one,\n  title = {Sparse graphs},\n  abstract = {We bound Ramsey numbers.}\n}"
    app.file_uploader[0].set_value(("one.bib", entry.encode(), "text/plain")).run()
    assert app.text_area(key="box").value == entry
    assert app.text_input(key="title").value == "Sparse graphs"
    app.file_uploader[0].set_value(("one.pdf", b"%PDF-1.4 damaged", "application/pdf")).run()
    assert not app.exception
    assert len(app.error) == 1
    assert app.text_area(key="box").value == entry


def test_a_field_that_reaches_the_browser_late_begins_with_its_text() -> None:
    app = visit("classify")
    app.text_area(key="box").set_value(PASTED).run()
    # Had the browser missed the first run, it would learn the title from the second.
    app.run()
    title = app.text_input(key="title")
    assert title.proto.default == title.value == PASTED.split("\n")[0]


def test_a_title_that_the_browser_sends_once_more_does_not_replace_that_of_a_new_text() -> None:
    app = visit("classify")
    app.text_area(key="box").set_value(PASTED).run()
    app.text_area(key="box").set_value("Spiral galaxies and their stars\nWe observe them.").run()
    # As of a browser that has not drawn the new title when somebody presses the button.
    app.text_input(key="title").set_value(PASTED.split("\n")[0])
    app.button[0].click().run()
    assert not app.exception
    title = "Spiral galaxies and their stars"
    assert app.text_input(key="title").value == title
    assert app.session_state.kept["paper"][0] == title
    # What somebody types is taken.
    app.text_input(key="title").set_value("Stars").run()
    app.text_input(key="title").set_value(PASTED.split("\n")[0]).run()
    assert app.text_input(key="title").value == PASTED.split("\n")[0]
