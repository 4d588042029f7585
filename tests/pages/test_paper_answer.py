"""The answer for a paper on the classify page, with the default models of invented papers."""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.classifiers.base import Explanation, FeatureAttribution, TokenAttribution
from core.classifiers.blend import Blend, Scores
from core.evaluation.decisions import Ranked
from core.plots.ranking import percent
from core.prediction import answer
from core.prediction.answer import Suggestion, without_aliases
from core.text.documents import paper_text
from pages.classify.answer_card import close_calls
from pages.components.reasons import marked_text, strongest_tokens, strongest_words
from tests.visit import plain, visit

TITLE, ABSTRACT = (
    "Torus knots in loops",
    "We tie a knot in a loop and count crossings of the torus.",
)

pytestmark = pytest.mark.usefixtures("fresh", "tiny_blend")


def asked(title: str = TITLE, abstract: str = ABSTRACT, **address: Any) -> AppTest:
    app = visit("classify", {"fields": "true", **address})
    app.text_input(key="title").set_value(title)
    app.text_area(key="abstract").set_value(abstract)
    app.button[0].click().run()
    assert not app.exception
    return app


def expected(confidence: float = 0.9, threshold: float | None = None) -> answer.Answer:
    answerer = answer.load()
    return answerer.answer(answerer.scores([paper_text(TITLE, ABSTRACT)]), 0, confidence, threshold)


def text_of(app: AppTest) -> str:
    """All Markdown of a page, without backslashes."""
    shown = [*app.subheader, *app.markdown, *app.caption]
    return " ".join(one.value for one in shown).replace("\\", "")


def figures(app: AppTest) -> list[dict[str, Any]]:
    return [plain(json.loads(chart.proto.spec)) for chart in app.get("plotly_chart")]


def test_the_card_says_what_the_answer_holds() -> None:
    app, found = asked(), expected().suggestion
    heading = app.subheader[0].value.replace("\\", "")
    assert heading.startswith(f"{found.primary} · ")
    assert f"·\u00a0{percent(found.probability)} " in heading
    assert f" {found.certainty}]" in heading
    assert app.code[0].value == found.primary
    assert [block.value for block in app.code[1:]] == (
        [" ".join(code for code, _ in found.cross_lists)] if found.cross_lists else []
    )
    for code, probability in found.cross_lists:
        assert f"[{code}](https://arxiv.org/list/{code}/recent)" in text_of(app)
        assert percent(probability) in text_of(app)
    assert ("is one of" in text_of(app)) == (len(found.prediction_set) > 1)


def test_a_bar_that_reaches_its_mark_is_suggested_and_no_other() -> None:
    for view in ("Primary", "Subject", "Archive"):
        yes, no, marks, _ = figures(asked(task=view))[0]["data"]
        thresholds = dict(zip(marks["y"], marks["x"], strict=True))
        assert yes["y"]
        assert all(p >= thresholds[name] for name, p in zip(yes["y"], yes["x"], strict=True))
        assert all(p < thresholds[name] for name, p in zip(no["y"], no["x"], strict=True))


@pytest.mark.parametrize(
    ("view", "task"),
    [("Primary", "primary"), ("Subject", "subject"), ("Archive", "archive")],
)
def test_reasons_add_up_to_the_percent_that_is_shown(view: str, task: str) -> None:
    app = asked(task=view)
    bars, reasons = figures(app)[:2]
    label = app.selectbox(key=f"reasons-{task}").value
    probabilities = {
        code: p
        for trace in bars["data"][:2]
        for code, p in zip(trace["customdata"], trace["x"], strict=True)
    }
    log_odds = sum(reasons["data"][0]["x"])
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(probabilities[label], abs=1e-4)


def test_another_label_shows_its_own_reasons() -> None:
    app = asked(task="Subject")
    box = app.selectbox(key="reasons-subject")
    before = figures(app)[1]["data"][0]["x"]
    box.set_value("math.GT" if box.value == "math.AT" else "math.AT")
    app.run()
    assert not app.exception
    assert figures(app)[1]["data"][0]["x"] != before
    # Another paper begins with its own best label.
    app.text_input(key="title").set_value("Words in sentences")
    app.text_area(key="abstract").set_value("A network reads the words of sentences.")
    app.button[0].click().run()
    assert app.selectbox(key="reasons-subject").value.startswith("cs.")


def test_sliders_predict_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    count, scores = [0], Blend.scores

    def counted(model: Blend, texts: list[str]) -> Scores:
        count[0] += 1
        return scores(model, texts)

    monkeypatch.setattr(Blend, "scores", counted)
    app = asked(task="Archive")
    before = count[0]
    app.toggle(key="own").set_value(True).run()
    for level in (5, 95):
        app.slider(key="threshold").set_value(level).run()
    app.slider(key="confidence").set_value(50).run()
    assert not app.exception
    assert count[0] == before
    assert max(figures(app)[0]["data"][2]["x"]) == pytest.approx(0.95)


def test_what_is_no_paper_gets_no_category(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = Blend.scores

    def untypical(model: Blend, texts: list[str]) -> Scores:
        found = scores(model, texts)
        found.typical[:] = -9.0
        return found

    monkeypatch.setattr(Blend, "scores", untypical)
    app = asked()
    assert not app.subheader
    assert not app.get("plotly_chart")
    assert not app.code
    assert "This does not look like an arXiv paper." in text_of(app)
    assert "The closest would be" in text_of(app)


def test_without_a_known_word_nothing_is_close() -> None:
    app = asked("zzqx", "qqzzkk wwxxzz")
    assert not app.subheader
    assert "The closest would be" not in text_of(app)
    assert "is known to the model" in app.warning[0].value


def test_models_beside_the_default_one_are_compared() -> None:
    app = asked(model=["blend", "linear"])
    assert "Side by side" in [head.value for head in app.subheader]
    assert "2 of 2 models agree on" in text_of(app)
    assert len(figures(app)[-1]["data"]) == 2


def test_a_category_with_two_codes_is_shown_once() -> None:
    rows = (
        Ranked("math.MP", 0.6, 0.7, False),
        Ranked("math-ph", 0.5, 0.4, True),
        Ranked("cs.NA", 0.2, 0.5, False),
        Ranked("math.NA", 0.1, 0.5, False),
        Ranked("cs.LG", 0.05, 0.5, False),
    )
    assert [row.label for row in without_aliases(rows)] == ["math-ph", "cs.NA", "cs.LG"]


def test_close_calls_are_in_the_set_or_over_half_as_likely() -> None:
    found = Suggestion("a", 0.4, "a", (("d", 0.6),), ("a", "c", "d"), "unsure")
    probabilities = {"a": 0.4, "b": 0.3, "c": 0.1, "d": 0.3, "e": 0.1}
    rows = [Ranked(label, p, 1.0, label == "a") for label, p in probabilities.items()]
    assert [row.label for row in close_calls(found, rows)] == ["b", "c"]


def test_words_why_are_telling_and_none_is_there_twice() -> None:
    terms = ("of the", "protein", "proteins", "protein (in the title)", "the wave", "7", "folding")
    features = tuple(FeatureAttribution(term, 1.0) for term in terms)
    features += (FeatureAttribution("network", -3.0),)
    assert strongest_words(Explanation("x", 0.0, 0.0, features, ())) == ["protein", "folding"]


def test_fifteen_words_are_shaded_wherever_they_stand() -> None:
    words = [f"word{i:02}" for i in range(20)] * 2
    text = " ".join(words)
    credits = [TokenAttribution(7 * i, 7 * i + 6, float(i % 20 + 1)) for i in range(40)]
    strongest = strongest_tokens(text, credits)
    assert {text[one.start : one.end] for one in strongest} == {f"word{i:02}" for i in range(5, 20)}
    assert marked_text(text, strongest).count("<span") == 30


def test_the_card_and_the_figures_are_in_chinese() -> None:
    app = asked(lang="zh")
    shown = f"{text_of(app)} {figures(app)}"
    assert "建议的主类别" in shown
    for word in (
        "sure]",
        "Close calls",
        "Because",
        "confidence",
        "likely'",
        "against",
        "how common",
    ):
        assert word not in shown
