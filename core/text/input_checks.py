"""What to tell a user about a text before any category: too little, too long, another language."""

import re
from dataclasses import dataclass

from core.i18n import say
from core.text import documents
from core.text.tfidf import paper_tokens

LONGEST = 20_000
"""Characters that are read; an abstract on arXiv has at most 1,920."""

LONGEST_SENTENCE = 3_000
"""Characters of a citation sentence that are read; most have some 200."""

FEW_WORDS = 15
ENOUGH_FOR_LANGUAGE = 10

# English sentences are a third function words; titles have some. Other languages share almost none.
_FUNCTION_WORDS = frozenset({
    "the", "of", "and", "in", "to", "is", "are", "we", "with", "for", "on", "that", "this", "by",
    "as", "from", "which", "be", "an", "it", "can", "at", "or", "our", "show", "using", "these",
    "between", "not", "have", "has", "their", "its", "than", "also", "into", "under", "via", "how",
    "when",
})  # fmt: skip
_CITED = re.compile(r"\d|\bet\s+al\b")


@dataclass(frozen=True)
class Reading:
    """A text made ready, and notes on it. With `usable` false there is nothing to classify."""

    text: str
    usable: bool
    notes: tuple[str, ...]


def read(title: str, abstract: str) -> Reading:
    """Clean a pasted title and abstract and say what a careful reader would notice."""
    title, abstract = documents.visible(title), documents.visible(abstract)
    notes = []
    length = len(title) + len(abstract)
    if length > LONGEST:
        notes.append(
            say(
                "That is {length:,} characters; an abstract has under 2,000. The first {most:,} "
                "were read.",
                length=length,
                most=LONGEST,
            )
        )
        title = title[:LONGEST]
        abstract = abstract[: LONGEST - len(title)]
    whole = documents.paper_text(title, abstract)
    if not whole.strip():
        return Reading(whole, False, (say("Paste a title, an abstract, or both."),))
    words = paper_tokens(whole)
    if not words:
        notes.append(
            say(
                "There is no word in Latin letters here. The models learned from English abstracts "
                "and cannot place this text."
            )
        )
        return Reading(whole, False, tuple(notes))
    return Reading(whole, True, (*notes, *_language(whole, words)))


def read_citation(sentence: str, section: str) -> Reading:
    """Clean a pasted sentence and its section's name and say what a careful reader would notice."""
    sentence, section = documents.visible(sentence), documents.visible(section)
    notes = []
    if len(sentence) > LONGEST_SENTENCE:
        notes.append(
            say(
                "That is {length:,} characters, more than a sentence or two. The first {most:,} "
                "were read.",
                length=len(sentence),
                most=LONGEST_SENTENCE,
            )
        )
        sentence = sentence[:LONGEST_SENTENCE]
    whole = documents.citation_text(sentence, section)
    if not sentence.strip():
        return Reading(whole, False, (say("Paste a sentence that cites something."),))
    # The number of a citation is no word: "[3]" does not make a sentence readable.
    words = [word for word in paper_tokens(sentence) if any(map(str.isalpha, word))]
    if not words:
        notes.append(
            say(
                "There is no word in Latin letters here. The models learned from English papers "
                "and cannot place this sentence."
            )
        )
        return Reading(whole, False, tuple(notes))
    if not _CITED.search(sentence):
        notes.append(
            say("No citation was found in it; the answer takes for granted that there is one.")
        )
    return Reading(whole, True, (*notes, *_language(sentence, words)))


def _language(whole: str, words: list[str]) -> list[str]:
    if len(words) < ENOUGH_FOR_LANGUAGE:
        return []
    letters = [c for c in whole if c.isalpha()]
    foreign = sum(not c.isascii() for c in letters) / max(len(letters), 1)
    english = sum(word in _FUNCTION_WORDS for word in words) / len(words)
    # A short text may be a list of keywords or a bare title, so it takes more to call it foreign.
    if foreign > 0.3 or (len(words) >= 25 and english < 0.06):
        return [
            say(
                "This does not read like English. The models learned from English papers, so take "
                "the answer with care."
            )
        ]
    return []


def on_known_words(known: int, words: int) -> str:
    """A note where a model knows few words of a text, or none; otherwise empty."""
    if known == 0:
        return say(
            "None of the {words:,} words is known to the model, so there is nothing to go on and "
            "no category is given.",
            words=words,
        )
    if known == words < FEW_WORDS:
        return say("Words to go on: only {known}; more text helps.", known=known)
    if known < FEW_WORDS:
        return say("The model knows only {known} of the words: little to go on.", known=known)
    if known < words / 2:
        return say(
            "The model knows only {known:,} of {words:,} words; take the answer with care.",
            known=known,
            words=words,
        )
    return ""
