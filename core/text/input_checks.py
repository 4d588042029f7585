"""Notes on a pasted text before it is classified: too little, too long, another language."""

import re
from dataclasses import dataclass

from core.messages import N_, Counted, Message
from core.text import citation_marks, documents, unanswerable
from core.text.pasted import tidy, tidy_paper
from core.text.tokens import paper_tokens

MAX_CHARACTERS = 20_000
"""The maximum length of a text; an abstract on arXiv has at most 1,920 characters."""

MAX_SENTENCE_CHARACTERS = 3_000
"""The maximum length of a citation sentence; most have about 200 characters."""

FEW_WORDS = 15
ENOUGH_FOR_LANGUAGE = 10

# A third of the words of English sentences are function words; other languages share almost none.
FUNCTION_WORDS = frozenset({
    "the", "of", "and", "in", "to", "is", "are", "we", "with", "for", "on", "that", "this", "by",
    "as", "from", "which", "be", "an", "it", "can", "at", "or", "our", "show", "using", "these",
    "between", "not", "have", "has", "their", "its", "than", "also", "into", "under", "via", "how",
    "when",
})  # fmt: skip
# A number, several authors, or a mask or command that corpora have in place of a citation.
_CITED = re.compile(r"\d|\bet\s+al\b|\bCITATION\b|#\w+_TAG\b|<cite\b|\\cite")


@dataclass(frozen=True)
class Reading:
    """A tidied text, and notes on it.

    usable: whether there is anything to classify; done: what was tidied.
    """

    text: str
    usable: bool
    notes: tuple[Message, ...]
    done: tuple[Message, ...] = ()


def read(title: str, abstract: str) -> Reading:
    """Tidy a pasted title and abstract, with notes on likely mistakes."""
    title, abstract = documents.visible(title), documents.visible(abstract)
    template = N_(
        "That is {length:,} characters; an abstract has under 2,000. The first {most:,} were read."
    )
    notes = _on_length(template, len(title) + len(abstract), MAX_CHARACTERS)
    title = title[:MAX_CHARACTERS]
    abstract = abstract[: MAX_CHARACTERS - len(title)]
    title, abstract, reference = unanswerable.without_references(title, abstract)
    tidied = tidy_paper(title, abstract)
    text = tidied.text
    if not text.strip():
        return Reading(text, False, (reference or Message("Paste a title, an abstract, or both."),))
    if reason := unanswerable.reason(*documents.split_paper(text)):
        return Reading(text, False, (reason,))
    words = paper_tokens(text)
    if not words:
        notes.append(
            Message(
                "There is no word in Latin letters here. The models learned from English abstracts "
                "and cannot place this text."
            )
        )
        return Reading(text, False, tuple(notes))
    return Reading(text, True, (*notes, *_language(text, words)), tidied.notes)


def read_citation(sentence: str, section: str) -> Reading:
    """Tidy a pasted sentence and its section's name, with notes on likely mistakes."""
    sentence, section = documents.visible(sentence), documents.visible(section)
    template = N_(
        "That is {length:,} characters, more than a sentence or two. The first {most:,} were read."
    )
    notes = _on_length(template, len(sentence), MAX_SENTENCE_CHARACTERS)
    sentence = sentence[:MAX_SENTENCE_CHARACTERS]
    if reference := unanswerable.kind_of_reference(sentence):
        return Reading(documents.citation_text("", section), False, (reference,))
    tidied = tidy(citation_marks.with_marks(sentence))
    sentence = tidied.text
    text = documents.citation_text(sentence, tidy(section).text)
    if not sentence.strip():
        return Reading(text, False, (Message("Paste a sentence that cites something."),))
    # A citation number such as "[3]" does not count as a word.
    words = [word for word in paper_tokens(sentence) if any(map(str.isalpha, word))]
    if not words:
        notes.append(
            Message(
                "There is no word in Latin letters here. The models learned from English papers "
                "and cannot place this sentence."
            )
        )
        return Reading(text, False, tuple(notes))
    if not _CITED.search(sentence):
        notes.append(Message("No citation was found in it. The answer assumes that there is one."))
    return Reading(text, True, (*notes, *_language(sentence, words)), tidied.notes)


def _on_length(template: str, length: int, most: int) -> list[Message]:
    """A note if a text is too long."""
    return [Message(template, length=length, most=most)] if length > most else []


def _language(text: str, words: list[str]) -> list[Message]:
    """A note if a text does not look like English."""
    letters = [c for c in text if c.isalpha()]
    foreign = sum(not c.isascii() for c in letters)
    if len(words) < ENOUGH_FOR_LANGUAGE and foreign < ENOUGH_FOR_LANGUAGE:
        return []
    not_ascii = foreign / max(len(letters), 1)
    english = sum(word in FUNCTION_WORDS for word in words) / max(len(words), 1)
    # A short text may be a list of keywords or a bare title, so the check is stricter.
    if not_ascii > 0.3 or (len(words) >= 25 and english < 0.06):
        return [
            Message(
                "This does not look like English. The models were trained on English papers only, "
                "so the answer may be wrong."
            )
        ]
    return []


def on_known_words(known: int, words: int) -> Message | None:
    """A note if a model knows few words of a text, or none."""
    if known == 0:
        return Message(
            "None of the {words:,} words is known to the model, so there is nothing to go on and "
            "no category is given.",
            words=words,
        )
    if known == words < FEW_WORDS:
        return Counted(
            "Only {n} word. Add the abstract for a more reliable answer.",
            "Only {n} words. Add the abstract for a more reliable answer.",
            n=known,
        )
    if known < FEW_WORDS:
        return Counted(
            "Only {n} of the words is known to the model. This answer is a guess.",
            "Only {n} of the words are known to the model. This answer is a guess.",
            n=known,
        )
    if known < words / 2:
        return Message(
            "The model knows only {known:,} of {words:,} words; take the answer with care.",
            known=known,
            words=words,
        )
    return None
