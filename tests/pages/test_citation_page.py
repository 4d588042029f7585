"""The citation half of the classify page, run by Streamlit's test harness on a small model."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import cards
from core.classifiers import store
from pages.classify.examples import CITATIONS
from tests.visit import plain, visit

SENTENCE = "We measured pine pollen with the dye assay of Quill et al. (1998)."

pytestmark = pytest.mark.usefixtures("intent_models")


def opened(**address: str) -> AppTest:
    return visit("classify", {"kind": "Citation", **address})


def asked(sentence: str, section: str = "") -> AppTest:
    app = opened()
    app.text_area(key="sentence").set_value(sentence)
    app.text_input(key="section").set_value(section)
    return app.button[0].click().run()


def headings(app: AppTest) -> list[str]:
    return [heading.value for heading in app.subheader]


def warnings(app: AppTest) -> str:
    return " ".join(warning.value for warning in app.warning)


def marked(app: AppTest) -> str:
    return app.get("html")[0].proto.body


def test_the_first_visit_says_what_to_do() -> None:
    app = opened()
    assert not app.exception
    assert "Paste a sentence or a paragraph, or try an example." in app.info[0].value


def test_a_sentence_gets_its_intent_and_reasons() -> None:
    app = asked(SENTENCE, "Methods")
    assert not app.exception
    assert headings(app)[0].startswith("Method · ")
    model = store.load(cards.find("intent"))
    why = model.explain(f"Methods\n{SENTENCE}", "method")
    bars = plain(json.loads(app.get("plotly_chart")[1].proto.spec))["data"][0]
    assert sum(bars["x"]) == pytest.approx(why.log_odds, abs=1e-4)
    said = " ".join(caption.value for caption in app.caption)
    assert f"for method over {why.against}: {why.log_odds:+.2f} (log-odds)" in said
    assert len(app.get("plotly_chart")) == 2


def test_a_sentence_without_its_section_is_answered() -> None:
    app = asked(SENTENCE)
    assert not app.exception
    assert headings(app)[0].startswith("Method · ")
    assert not app.warning
    assert marked(app).startswith(("We", "<span"))


def test_every_example_opens_from_the_address() -> None:
    for example in CITATIONS:
        app = opened(citation=example.name)
        assert not app.exception
        assert app.text_area(key="sentence").value == example.sentence
        assert app.text_input(key="section").value == example.section
        assert " · " in headings(app)[0]


def test_a_link_opens_what_a_click_opens() -> None:
    clicked = opened()
    (examples,) = (g for g in clicked.get("button_group") if g.key == "citation")
    examples.set_value("Method").run()
    linked = opened(citation="Method")
    assert headings(clicked) == headings(linked)
    specs = [[chart.proto.spec for chart in app.get("plotly_chart")] for app in (clicked, linked)]
    assert specs[0] == specs[1]


@pytest.mark.parametrize(
    ("sentence", "said", "answered"),
    [
        ("", "Paste a sentence that cites something.", False),
        (" \n\t ", "Paste a sentence that cites something.", False),
        ("We measured pine pollen with the dye assay.", "No citation was found", True),
        ("我们采用了先前的方法 [3]。", "no word in Latin letters", False),
        ("zzqx vvkw wwxq [3]", "is known to the model", False),
        (f"{SENTENCE[:-1]}{' again' * 600}.", "The first 3,000 were read.", True),
    ],
)
def test_odd_sentences_get_a_note(sentence: str, said: str, answered: bool) -> None:
    app = asked(sentence)
    assert not app.exception
    assert said in warnings(app)
    assert bool(app.get("plotly_chart")) == answered


def test_markup_is_text() -> None:
    app = asked(f"{SENTENCE} <script>alert(1)</script> <b>$x$</b>", "<i>Methods</i>")
    assert not app.exception
    assert "<script" not in marked(app)
    assert "&lt;" in marked(app)
    assert "<i>" not in marked(app)


def test_reasons_may_be_asked_for_another_intent() -> None:
    app = asked(SENTENCE)
    reasons = next(g for g in app.get("button_group") if g.label == "Reasons for")
    reasons.set_value("result").run()
    assert not app.exception
    said = " ".join(caption.value for caption in app.caption)
    assert "for result over method" in said


def test_changing_between_papers_and_citations_keeps_both() -> None:
    app = asked(SENTENCE, "Methods")
    app.get("button_group")[0].set_value("Paper").run()
    assert not app.exception
    app.text_area(key="box").set_value("Knots in loops")
    app.button[0].click().run()
    app.get("button_group")[0].set_value("Citation").run()
    assert not app.exception
    assert app.text_area(key="sentence").value == SENTENCE
    assert app.text_input(key="section").value == "Methods"
    assert headings(app)[0].startswith("Method · ")
    app.get("button_group")[0].set_value("Paper").run()
    assert app.text_input(key="title").value == "Knots in loops"


def test_a_bad_address_is_ignored() -> None:
    app = opened(citation="<script>", **{"intent-model": "../../etc"})
    assert not app.exception
    assert "Paste a sentence" in app.info[0].value


def test_without_a_model_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    app = asked(SENTENCE)
    assert not app.exception
    assert "No model for citations is installed" in app.error[0].value
    assert "python -m core train intent" in app.error[0].value


def test_a_paragraph_gets_a_row_for_each_sentence_that_cites() -> None:
    app = asked(f"{SENTENCE} Nothing here. Its colour agrees with Miller (2004).", "Methods")
    assert not app.exception
    table = app.dataframe[0].value
    assert table["sentence"].tolist() == [SENTENCE, "Its colour agrees with Miller (2004)."]
    model = store.load(cards.find("intent"))
    scores = model.predict_scores([f"Methods\n{sentence}" for sentence in table["sentence"]])
    assert table["probability"].tolist() == pytest.approx(scores.max(axis=1).tolist(), abs=1e-4)
    assert table["intent"].tolist() == [model.labels[best] for best in scores.argmax(axis=1)]
    assert [button.label for button in app.get("download_button")] == ["Download as CSV"]
