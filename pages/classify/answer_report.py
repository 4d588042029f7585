"""The answer for a paper as a report."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from core.evaluation.decisions import Ranked
from core.prediction.answer import NONE
from core.reports.blocks import Report
from core.reports.paper import PaperFacts, paper_report
from pages.classify.paper_answer import PaperAnswer
from pages.components.reasons import strongest_tokens, strongest_words, term_name
from pages.components.report import report_button


def show_report_button(paper: PaperAnswer, confidence: float, close: Sequence[Ranked]) -> None:
    """The button that saves the report; close: close calls for the primary category."""
    report_button(partial(report_of, paper, confidence, close), "paper")


def report_of(paper: PaperAnswer, confidence: float, close: Sequence[Ranked], link: str) -> Report:
    """The report, with the reasons for the label in the largest type."""
    answers = [(answer.card, answer.rows) for answer in paper.results]
    facts = PaperFacts(paper.text, answers, confidence, paper.suggestion, close)
    card, rows = answers[0]
    task, label = card.task, rows[0].label
    if paper.suggestion:
        task, label = "primary", paper.suggestion.primary
    is_none = paper.suggestion and paper.suggestion.certainty == NONE
    explanation = None if is_none else paper.explain(task, label)
    if explanation:
        facts = replace(
            facts,
            words=strongest_words(explanation),
            explanation=explanation,
            terms=[term_name(reason.term) for reason in explanation.features],
            shaded=strongest_tokens(paper.text, explanation.tokens),
        )
    return paper_report(facts, link)
