"""The classify page, run by Streamlit's own test harness on the shipped models."""

import errno
import gc
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import cards
from core.classifiers.linear import Linear
from pages.classify.examples import EXAMPLES
from pages.components.models import ranking
from tests.visit import plain, visit

TITLE = "Ramsey numbers of sparse graphs"
ABSTRACT = (
    "We prove new upper bounds on the Ramsey numbers of sparse graphs. The proof combines the "
    "regularity lemma with a probabilistic embedding theorem for bounded degree graphs."
)


def opened(**address: str) -> AppTest:
    return visit("classify", address)


def asked(title: str, abstract: str) -> AppTest:
    app = opened(fields="true")
    app.text_input(key="title").set_value(title)
    app.text_area(key="abstract").set_value(abstract)
    return app.button[0].click().run()


def headings(app: AppTest) -> list[str]:
    """The headings as they are read, without the marks that keep them from being Markdown."""
    return [re.sub(r"\\(.)", r"\1", heading.value) for heading in app.subheader]


def best(app: AppTest) -> str:
    """The code of the category in the largest type."""
    return headings(app)[0].partition(" · ")[0]


def drawn(chart: Any) -> dict[str, Any]:
    """A figure's data and layout."""
    return plain(json.loads(chart.proto.spec))


def warnings(app: AppTest) -> str:
    return " ".join(warning.value for warning in app.warning)


def test_the_first_visit_says_what_to_do() -> None:
    app = opened()
    assert not app.exception
    assert "Paste a paper, or try an example." in app.info[0].value


def test_a_paper_gets_its_category_and_reasons() -> None:
    app = asked(TITLE, ABSTRACT)
    assert not app.exception
    assert best(app) == "math.CO"
    assert any("**graphs**" in one.value for one in app.markdown)
    labels, reasons = app.get("plotly_chart")
    assert "Combinatorics (math.CO)" in drawn(labels)["layout"]["yaxis"]["categoryarray"]
    assert any("graphs" in word for word in drawn(reasons)["data"][0]["customdata"])


@pytest.mark.parametrize(
    ("name", "fitting"),
    [
        ("Linguistics", {"cs.CL"}),
        ("Title only", {"cond-mat.supr-con"}),
        ("LaTeX", {"math.AP", "math.SP"}),
        ("Finance", {"q-fin.MF", "q-fin.PR"}),
        ("Qubits", {"quant-ph"}),
    ],
)
def test_examples_open_from_the_address(name: str, fitting: set[str]) -> None:
    app = opened(example=name)
    assert not app.exception
    assert best(app) in fitting


def test_every_example_has_an_answer() -> None:
    for example in EXAMPLES:
        app = opened(example=example.name)
        assert not app.exception
        assert headings(app)[0]


@pytest.mark.parametrize(
    ("title", "abstract", "said"),
    [
        ("", "   ", "Paste a title, an abstract, or both."),
        ("", "量子计算机的纠错方法研究", "no word in Latin letters"),
        ("zzqx", "qqzzkk wwxxzz", "is known to the model"),
        (
            "Sur la cohomologie",
            "Nous montrons que la cohomologie des variétés admet une filtration naturelle dont les "
            "gradués sont calculés par une suite spectrale qui dégénère dans les cas étudiés ici.",
            "does not look like English",
        ),
        ("Graphs", "", "Only 1 word."),
    ],
)
def test_odd_texts_get_a_specific_note(title: str, abstract: str, said: str) -> None:
    app = asked(title, abstract)
    assert not app.exception
    assert said in warnings(app)


def test_a_megabyte_is_read_in_part() -> None:
    app = asked(TITLE, ABSTRACT * 4_000)
    assert not app.exception
    assert "The first 20,000 were read." in warnings(app)
    assert best(app) == "math.CO"


def test_invisible_characters_change_nothing() -> None:
    plain = asked(TITLE, ABSTRACT)
    odd = asked(f"\u202e{TITLE}\u0007", ABSTRACT.replace("Ramsey", "Ram\u200bsey\u2066"))
    assert not odd.exception
    assert headings(odd)[0] == headings(plain)[0]


def test_a_low_threshold_suggests_more() -> None:
    address = {"example": "Interdisciplinary", "task": "Subject", "own": "true"}
    few, many = (
        len(drawn(opened(**address, threshold=percent).get("plotly_chart")[0])["data"][0]["y"])
        for percent in ("90", "5")
    )
    assert few < many


def test_a_bad_address_is_ignored() -> None:
    app = opened(model="../../etc", task="nonsense", threshold="1e9", example="<script>")
    assert not app.exception
    assert app.info[0].value.startswith("Paste a paper, or try an example.")


def test_models_stand_side_by_side() -> None:
    app = opened(example="Astronomy")
    app.multiselect(key="model").set_value(["linear", "nb-tfidf", "svm-tfidf"]).run()
    assert not app.exception
    assert "Side by side" in headings(app)
    assert any("3 of 3 models agree on **astro\\-ph**" in one.value for one in app.markdown)
    dots = drawn(app.get("plotly_chart")[-1])["data"]
    assert len(dots) == 3
    assert all("astro-ph" in name for one in dots for name in one["y"][-1:])


def test_a_model_of_archives_alone_gets_a_card() -> None:
    app = opened(example="Astronomy", model="nb-tfidf")
    assert not app.exception
    assert best(app) == "astro-ph"
    assert "Most likely archive" in [caption.value for caption in app.caption]


def test_a_damaged_model_is_named_and_the_page_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "archive" / "linear"
    broken.mkdir(parents=True)
    (broken / "card.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    app = opened()
    assert not app.exception
    assert "cannot be read" in warnings(app)
    assert "No model is installed" in app.error[0].value


def test_answers_do_not_outlive_their_page() -> None:
    def answers() -> int:
        gc.collect()
        return sum(type(found).__name__ == "ModelAnswer" for found in gc.get_objects())

    app, before = opened(), answers()
    for example in EXAMPLES[:5]:
        app.text_area(key="box").set_value(f"{example.title}\n{example.abstract}")
        app.button[0].click().run()
        assert not app.exception
    # The last run's, one for each task.
    assert answers() - before <= 3


def test_another_threshold_predicts_nothing_again_and_the_time_stays_the_models(
    fresh: None, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[str] = []
    predict = Linear.predict_scores

    def counted(model: Linear, texts: list[str]) -> np.ndarray:
        asked_for.extend(texts)
        return predict(model, texts)

    monkeypatch.setattr(Linear, "predict_scores", counted)
    app = asked("Torus knots in loops", "We tie a knot.")
    times, count = [one.value for one in app.caption if "Answered in" in one.value], len(asked_for)
    assert len(times) == 1
    app.toggle(key="own").set_value(True).run()
    for percent in (5, 90):
        app.slider(key="threshold").set_value(percent).run()
        assert not app.exception
        shown = [one.value.partition(" · ")[0] for one in app.caption if "Answered in" in one.value]
        assert shown == times
    assert len(asked_for) == count


@pytest.mark.parametrize("place", ["checksum", "first answer"])
def test_what_goes_wrong_once_is_a_sentence_and_is_tried_again(
    fresh: None, tiny_models: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*given: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        if place == "checksum":
            patch.setattr(cards, "sha256", fail)
        else:
            patch.setattr(Linear, "predict_scores", fail)
        app = asked("Torus knots in loops", "We tie a knot.")
    assert not app.exception
    assert "cannot be loaded" in warnings(app)
    assert "Too many open files" in warnings(app)
    app.button[0].click().run()
    assert not app.exception
    assert "cannot be loaded" not in warnings(app)
    assert len(app.get("plotly_chart")) == 2


def test_an_answer_is_not_kept_past_a_change_of_the_thresholds(
    fresh: None, tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_models, tmp_path / "models")
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    path = tmp_path / "models" / "archive" / "linear" / cards.CARD
    record = json.loads(path.read_text())
    for threshold in (0.999, 0.001):
        path.write_text(json.dumps(record | {"thresholds": [threshold] * len(record["labels"])}))
        ranked, _ = ranking(cards.find("archive"), "Knots\nStrings end on branes.")
        # That of the best label is no higher than its probability.
        others = [row.threshold for row in ranked[1:]]
        assert others == pytest.approx([threshold] * len(others))


def test_a_text_in_another_language_gets_one_note() -> None:
    app = asked("", "量子计算机的纠错方法研究 quantum 深度学习在图像识别中的应用 networks")
    assert [one.value.split(".")[0] for one in app.warning] == ["This does not look like English"]


def test_a_link_that_names_what_is_not_here_says_so() -> None:
    app = opened(model="nosuch", example="Nope")
    assert not app.exception
    said = [toast.value for toast in app.toast]
    assert [text.rpartition(": ")[2] for text in said] == ["Nope", "nosuch"]
    assert not opened(model="linear", example="LaTeX").toast
