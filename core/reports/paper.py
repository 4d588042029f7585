"""The report of one paper: where to submit it, how sure that is, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import taxonomy
from core.cards import Card
from core.classifiers.base import Explanation, TokenAttribution
from core.evaluation.decisions import Ranked
from core.i18n import _, join_list, label_title
from core.messages import N_
from core.plots.ranking import percent
from core.prediction.answer import NONE, SURE, Suggestion, without_aliases
from core.reports.blocks import (
    BarList,
    BarRow,
    FactList,
    Grid,
    MarkedText,
    Paragraph,
    Report,
    ReportBlock,
    ReportSection,
    models_of,
)

MAX_BARS, MAX_REASONS = 5, 10
HEADINGS = {
    "primary": N_("Primary category"),
    "subject": N_("Categories, primary or cross-list"),
    "archive": N_("Archives"),
}


@dataclass(frozen=True)
class PaperFacts:
    """What a paper's report shows.

    text: a `paper_text`; answers: of each model and task, the first model first; suggestion: None
    of models that make none; close: close calls for the primary; explanation: of the best label,
    with the names of its terms by term, and the attributions to shade.
    """

    text: str
    answers: Sequence[tuple[Card, Sequence[Ranked]]]
    confidence: float
    suggestion: Suggestion | None = None
    close: Sequence[Ranked] = ()
    words: Sequence[str] = ()
    explanation: Explanation | None = None
    terms: Sequence[str] = ()
    shaded: Sequence[TokenAttribution] = ()


def paper_report(facts: PaperFacts, link: str = "") -> Report:
    """The answer, all likely labels, and the text with the reasons."""
    first = facts.answers[0][0].name
    own = [(card, rows) for card, rows in facts.answers if card.name == first]
    sections: list[ReportSection] = []
    if facts.suggestion and facts.suggestion.certainty == NONE:
        title, lead = _("This does not look like an arXiv paper."), _nothing(facts.suggestion)
    else:
        best = facts.suggestion.primary if facts.suggestion else own[0][1][0].label
        title, lead = label_title(best), _answer(facts, own[0][1][0])
        sections += [_bars(card.task, rows) for card, rows in own]
    if facts.explanation:
        sections.append(ReportSection(_("Why"), _reasons(facts, facts.explanation)))
    else:
        sections.append(ReportSection(_("Paper"), [MarkedText([(facts.text.strip(), 0.0)])]))
    if len({card.name for card, _rows in facts.answers}) > 1:
        sections.append(ReportSection(_("What each model says"), [_by_model(facts.answers)]))
    models = models_of(card for card, _rows in facts.answers)
    return Report(title, [*_paper(facts.text), *lead], sections, models, link)


def _paper(text: str) -> list[ReportBlock]:
    """Which paper it is, by its title."""
    title = text.partition("\n")[0]
    return [Paragraph(title)] if title else []


def _nothing(suggestion: Suggestion) -> list[ReportBlock]:
    if not suggestion.closest:
        return []
    closest = _("The closest would be {category} ({percent}).").format(
        category=label_title(suggestion.closest), percent=percent(suggestion.probability)
    )
    return [Paragraph(closest)]


def _answer(facts: PaperFacts, best: Ranked) -> list[ReportBlock]:
    """The answer in words, as on the card of the page."""
    suggestion = facts.suggestion
    rows = [(_("Probability"), percent(suggestion.probability if suggestion else best.probability))]
    if suggestion:
        rows.append((_("Certainty"), _("sure") if suggestion.certainty == SURE else _("unsure")))
        listed = [_named(code, probability) for code, probability in suggestion.cross_lists]
        none = _("No cross-list suggested.")
        rows.append((_("Cross-list to"), join_list(listed) if listed else none))
    lead: list[ReportBlock] = [FactList(rows)]
    if facts.words:
        text = _("Because of the words {words}").format(words=join_list(facts.words))
        lead.append(Paragraph(text))
    if suggestion and len(suggestion.prediction_set) > 1:
        text = _("With {percent} confidence the primary category is one of {codes}.")
        codes = join_list(suggestion.prediction_set)
        lead.append(Paragraph(text.format(percent=f"{facts.confidence:.0%}", codes=codes)))
    if facts.close:
        calls = join_list(_named(row.label, row.probability) for row in facts.close)
        lead.append(Paragraph(_("Close calls for the primary: {calls}").format(calls=calls)))
    return lead


def _named(code: str, probability: float) -> str:
    return f"{label_title(code)} {percent(probability)}"


def _bars(task: str, rows: Sequence[Ranked]) -> ReportSection:
    """The best labels and all suggested ones, with their thresholds."""
    if task == "subject":
        rows = without_aliases(rows)
    shown = [row for i, row in enumerate(rows) if i < MAX_BARS or row.predicted]
    bars = [
        BarRow(
            label_title(taxonomy.ALIASES.get(row.label, row.label)),
            percent(row.probability),
            row.probability,
            row.threshold if row.threshold < 1 else None,
            row.predicted,
        )
        for row in shown
    ]
    note = _("The mark on a bar is the threshold that its label has to reach.")
    blocks: list[ReportBlock] = [BarList(bars)]
    if any(bar.mark is not None for bar in bars):
        blocks.append(Paragraph(note, note=True))
    return ReportSection(_(HEADINGS[task]), blocks)


def _reasons(facts: PaperFacts, explanation: Explanation) -> list[ReportBlock]:
    """The strongest words for and against the best label, and the text with them shaded."""
    strongest = list(zip(facts.terms, explanation.features, strict=False))[:MAX_REASONS]
    rest = explanation.log_odds - explanation.bias
    rest -= sum(reason.weight for _name, reason in strongest)
    rows = [(name, f"{reason.weight:+.2f}") for name, reason in strongest]
    rows += [(_("all other words"), f"{rest:+.2f}"), (_("base rate"), f"{explanation.bias:+.2f}")]
    label = label_title(explanation.label)
    text = _("They add up to log-odds of {log_odds:+.2f} for {label}.").format(
        log_odds=explanation.log_odds, label=label
    )
    marks = _("Blue speaks for {label}, orange against it; the stronger, the more.")
    return [
        Grid((_("Words"), _("Weight")), rows, frozenset({1})),
        Paragraph(text, note=True),
        MarkedText(marked_pieces(facts.text, facts.shaded)),
        Paragraph(marks.format(label=label), note=True),
    ]


def marked_pieces(text: str, shaded: Sequence[TokenAttribution]) -> list[tuple[str, float]]:
    """A text in pieces that add up to it, each with its strength from -1 to 1."""
    largest = max((abs(token.weight) for token in shaded), default=1.0) or 1.0
    pieces: list[tuple[str, float]] = []
    position = 0
    for token in shaded:
        # One character can be in two words: ½ is 1 and 2.
        if token.start < position or token.start == token.end:
            continue
        pieces.append((text[position : token.start], 0.0))
        pieces.append((text[token.start : token.end], token.weight / largest))
        position = token.end
    return [*pieces, (text[position:], 0.0)]


def _by_model(answers: Sequence[tuple[Card, Sequence[Ranked]]]) -> Grid:
    rows = [
        (_(card.label), _(HEADINGS[card.task]), label_title(rows[0].label),
         percent(rows[0].probability))
        for card, rows in answers
    ]  # fmt: skip
    heads = (_("Model"), _("Task"), _("Best label"), _("Probability"))
    return Grid(heads, rows, frozenset({3}))
