"""Notes on a corpus: totals, source, and missing papers."""

import streamlit as st

from core.i18n import _, join_list, label_title, translate
from core.statistics import label_counts, summaries
from core.statistics.aggregates import Aggregate
from core.statistics.label_counts import Counts, Filter
from core.text.markdown import escape_markdown
from pages.corpus.source import CorpusSource
from pages.corpus.views import note_facts, show_warning


def show_facts(source: CorpusSource, counts: Counts, filters: Filter) -> None:
    """The totals and the warning of shipped counts, in a line; reports have the filters too."""
    archives = label_counts.by_label(counts, "archive")
    subjects = label_counts.by_label(counts, "subject")
    papers = _("Listings") if source.listings else _("Papers")
    facts = {
        papers: f"{counts.total:,}",
        _("Archives"): f"{len(archives)}",
        _("Subjects"): f"{len(subjects)}",
    }
    if not source.listings:
        per_paper = subjects["papers"].sum() / max(1, counts.total)
        facts[_("Subjects per paper")] = f"{per_paper:.2f}"
    if counts.years:
        facts[_("Years")] = "–".join(dict.fromkeys(map(str, counts.years)))
    line = " · ".join(f"{name} **{value}**" for name, value in facts.items())
    st.markdown(f":small[{line}]", width="content")
    note_facts({_("Corpus"): _name(source)} | facts | _filters(filters) | _warning(source))
    show_warning(source.aggregate)


def _name(source: CorpusSource) -> str:
    return _(str(source.aggregate.card["title"])) if source.aggregate else source.name


def _filters(filters: Filter) -> dict[str, str]:
    """The filters that leave something out."""
    facts = {}
    if filters.archives:
        facts[_("Only archives")] = join_list(map(label_title, filters.archives))
    if filters.text:
        facts[_("Title or abstract contains")] = filters.text
    if filters.merged:
        facts[_("Retired archives")] = _("merged")
    return facts


def _warning(source: CorpusSource) -> dict[str, str]:
    warning = source.aggregate and source.aggregate.card.get("warning")
    return {_("Note"): _(str(warning))} if warning else {}


def show_notes(source: CorpusSource, counts: Counts) -> None:
    """The source of the counts, and missing papers."""
    notes = _of_aggregate(source.aggregate) if source.aggregate else _of_corpus(source)
    if counts.undated and not source.listings:
        notes.append(_("Papers whose id tells no month: {n:,}.").format(n=counts.undated))
    if unlabelled := summaries.unlabelled(counts):
        notes.append(_("Papers without a category: {n:,}.").format(n=unlabelled))
    st.caption(escape_markdown(" ".join(notes)))


def _of_aggregate(aggregate: Aggregate) -> list[str]:
    # A card of another version may lack all but the title.
    card = aggregate.card
    name, date, note = str(card["title"]), card.get("date"), str(card.get("note", ""))
    title = _(name)
    counted = _("{title}, counted {date}.").format(title=title, date=date) if date else title
    return [counted, _(note)] if note else [counted]


def _of_corpus(source: CorpusSource) -> list[str]:
    assert source.corpus
    cached = source.corpus.cached
    notes = [
        _("Papers in {corpus} ({size}): {n:,}.").format(
            corpus=source.name, size=_size(sum(cached.files.values())), n=cached.papers
        )
    ]
    if cached.skipped_lines:
        notes.append(_("Lines before the header, left out: {n:,}.").format(n=cached.skipped_lines))
    if cached.damaged:
        places = "; ".join(translate(str(damage)) for damage in cached.places)
        places = places.replace(cached.source, source.name)
        notes.append(
            _("Damaged lines left out: {n:,} (first: {places}).").format(
                n=cached.damaged, places=places
            )
        )
    return notes


def _size(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{max(1, size / 1e3):,.0f} kB"
