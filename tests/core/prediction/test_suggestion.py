"""Where to submit: subjects that agree with their archives, and nothing retired."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import cards, taxonomy
from core.classifiers import store
from core.evaluation.decisions import Ranked, rank
from core.prediction.suggestion import MOST_CROSS_LISTS, NEAR, agree, live_archives, suggest

SUBJECTS = tuple(taxonomy.SUBJECTS)


def ranked(scores: Sequence[float], labels: Sequence[str]) -> tuple[Ranked, ...]:
    return rank(labels, np.array(scores), np.full(len(labels), 0.4))


def answers(labels: Sequence[str]) -> st.SearchStrategy[tuple[Ranked, ...]]:
    """Any scores of these labels, ranked."""
    scores = st.lists(st.floats(0, 1), min_size=len(labels), max_size=len(labels))
    return scores.map(lambda found: ranked(found, labels))


def row(label: str, probability: float, predicted: bool) -> Ranked:
    return Ranked(label, probability, 0.5, predicted)


some_subjects = st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=25, unique=True)


@given(answers(taxonomy.COURSE_ARCHIVES), some_subjects.flatmap(answers))
def test_subjects_agree_with_their_archives(
    archives: tuple[Ranked, ...], subjects: tuple[Ranked, ...]
) -> None:
    found = agree(archives, subjects)
    likely = {r.label: r.probability for r in archives}
    before = {r.label: r.probability for r in subjects}
    assert sorted(r.label for r in found) == sorted(before)
    assert [r.probability for r in found] == sorted((r.probability for r in found), reverse=True)
    for r in found:
        cap = likely.get(taxonomy.archive_of(r.label), 1.0)
        assert r.probability == min(before[r.label], cap)
    chosen = live_archives(archives)
    predicted = {r.label for r in found if r.predicted}
    assert {taxonomy.archive_of(label) for label in predicted} <= set(chosen)
    offered = {taxonomy.archive_of(label) for label in before}
    assert bool(predicted) == bool(set(chosen) & offered)
    near = {
        archive
        for archive in chosen
        for r in found
        if taxonomy.archive_of(r.label) == archive and r.probability >= NEAR * r.threshold
    }
    assert near <= {taxonomy.archive_of(label) for label in predicted}


@given(answers(taxonomy.COURSE_ARCHIVES), some_subjects.flatmap(answers))
def test_nothing_retired_is_suggested(
    archives: tuple[Ranked, ...], subjects: tuple[Ranked, ...]
) -> None:
    chosen = live_archives(archives)
    assert chosen
    assert not any(taxonomy.is_retired(archive) for archive in chosen)
    assert len(set(chosen)) == len(chosen)
    answer = suggest(archives, agree(archives, subjects))
    if answer is not None:
        codes = [answer.primary, *answer.cross_lists]
        assert all(code in taxonomy.SUBJECTS for code in codes)
        assert len(set(codes)) == len(codes) <= 1 + MOST_CROSS_LISTS
        assert answer.archives == chosen


@pytest.mark.parametrize("archive", sorted(taxonomy.RETIRED))
def test_each_retired_archive_gives_way_to_a_live_one(archive: str) -> None:
    subject = taxonomy.successor(archive)
    live = taxonomy.archive_of(subject)
    archives = [row(archive, 0.9, True), row(live, 0.2, False)]
    assert live_archives(archives) == (live,)
    subjects = agree(archives, [row(subject, 0.6, False)])
    answer = suggest(archives, subjects)
    assert answer is not None
    assert (answer.primary, answer.cross_lists, answer.archives) == (subject, (), (live,))


def test_retired_archive_and_its_successor_count_once() -> None:
    archives = [row("solv-int", 0.9, True), row("math", 0.8, True), row("nlin", 0.7, True)]
    assert live_archives(archives) == ("nlin", "math")


def test_a_predicted_archive_keeps_its_best_subject_if_it_comes_near() -> None:
    archives = [row("math", 0.9, True), row("cs", 0.6, True), row("stat", 0.1, False)]
    subjects = [
        row("math.AT", 0.95, True),
        row("stat.ML", 0.8, True),
        row("cs.CL", 0.3, False),
        row("cs.LG", 0.1, False),
    ]
    found = agree(archives, subjects)
    assert [(r.label, r.probability, r.predicted) for r in found] == [
        ("math.AT", 0.9, True),
        ("cs.CL", 0.3, True),
        ("stat.ML", 0.1, False),
        ("cs.LG", 0.1, False),
    ]
    answer = suggest(archives, found)
    assert answer is not None
    assert (answer.primary, answer.cross_lists) == ("math.AT", ("cs.CL",))


def test_no_subject_no_suggestion() -> None:
    assert suggest([row("math", 0.9, True)], ()) is None
    assert suggest([row("math", 0.9, True)], [row("cs.CL", 0.9, False)]) is None


def test_cross_lists_are_few() -> None:
    subjects = [row(code, 0.9 - i / 100, True) for i, code in enumerate(SUBJECTS[:12])]
    answer = suggest([], subjects)
    assert answer is not None
    assert (answer.primary, answer.cross_lists) == (SUBJECTS[0], SUBJECTS[1:6])


def test_real_models_agree_on_their_papers(
    tiny_models: object, texts: list[str], categories: list[str]
) -> None:
    models = [store.load(cards.find(task)) for task in ("archive", "subject")]
    scores = [model.predict_scores(texts) for model in models]
    right = 0
    for i in range(len(texts)):
        archives, subjects = (
            rank(m.labels, s[i], m.thresholds) for m, s in zip(models, scores, strict=True)
        )
        answer = suggest(archives, agree(archives, subjects))
        assert answer is not None
        right += answer.primary in categories[i].split()
    assert right >= 28


def test_a_category_and_its_alias_are_suggested_once() -> None:
    archives = [Ranked("math", 0.9, 0.5, True), Ranked("math-ph", 0.8, 0.5, True)]
    subjects = [
        Ranked("math.SP", 0.9, 0.5, True),
        Ranked("math.MP", 0.8, 0.5, True),
        Ranked("math-ph", 0.7, 0.5, True),
    ]
    proposal = suggest(archives, subjects)
    assert proposal is not None
    assert (proposal.primary, proposal.cross_lists) == ("math.SP", ("math-ph",))


def test_an_archive_whose_subjects_are_all_unlikely_is_no_cross_list() -> None:
    archives = [row("cond-mat", 0.9, True), row("math", 0.6, True)]
    subjects = [row("cond-mat.supr-con", 0.8, True), row("math.MP", 0.02, False)]
    answer = suggest(archives, agree(archives, subjects))
    assert answer is not None
    assert (answer.primary, answer.cross_lists) == ("cond-mat.supr-con", ())


def test_an_unsure_answer_still_has_a_primary_category() -> None:
    archives = [row("math", 0.6, True), row("cs", 0.5, True)]
    subjects = [row("cs.CL", 0.04, False), row("math.AT", 0.02, False)]
    answer = suggest(archives, agree(archives, subjects))
    assert answer is not None
    assert (answer.primary, answer.cross_lists) == ("math.AT", ())
