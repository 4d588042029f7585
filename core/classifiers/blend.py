"""The default for papers: one answer from the linear models of archives, subjects and primaries."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from core import cards, taxonomy
from core.cards import Card, Version
from core.classifiers import store
from core.classifiers.base import Classifier, Explanation, explain_columns
from core.corpora import labels
from core.evaluation import decisions, metrics, prediction_sets
from core.messages import N_
from core.text import typicality
from core.text.documents import split_paper
from core.text.tfidf import TfidfVectorizer
from core.training.recipe import Recipe, TrainingResult
from core.training.runs import TrainingRun

STACK = "stack.npz"
PARTS = {"primary": "softmax", "subject": "linear", "archive": "linear"}
"""The model that is asked for each task, in the order of their logits."""
NEEDS: tuple[str, ...] = ()
OFF_TOPIC = Path(__file__).parent.parent / "training" / "off_topic.jsonl"
"""Texts of other kinds, written for Paperlens, to learn what is not a paper."""


@dataclass(frozen=True)
class Scores:
    """Probabilities of papers for each task, float32 (n, k), that agree with each other.

    typical: how much each text is like an abstract on arXiv, log-odds, float64 (n,);
    known: which texts have a known word, bool (n,).
    """

    primary: np.ndarray
    subject: np.ndarray
    archive: np.ndarray
    typical: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class Stack:
    """What is learnt on top of the parts (stacking, Wolpert 1992), on papers new to them.

    primary: the factors of three logits (of the softmax, the subject, the archive), (3,);
    primary_bias: (categories,); subject: of each subject the factor of its own log-odds, that of
    the log of its probability as primary, and the offset, (subjects, 3); archive: likewise, the
    second for the probability of a primary in the archive, the third for the largest log-odds of
    its subjects, and the offset, (archives, 4); quantiles: of `prediction_sets.calibrate`, one row
    an archive of `PRIMARY_ARCHIVES`; typicality: of `typicality.learn`; typical_from: the margins
    of typicality from which a text is taken for a paper, and for certainly one, (2,).
    """

    primary: np.ndarray
    primary_bias: np.ndarray
    subject: np.ndarray
    archive: np.ndarray
    subject_thresholds: np.ndarray
    archive_thresholds: np.ndarray
    quantiles: np.ndarray
    typicality: np.ndarray
    typical_from: np.ndarray

    def save(self, file: Path) -> None:
        """Write the numbers as .npz."""
        numbers = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(file, allow_pickle=False, **numbers)

    @classmethod
    def load(cls, file: Path) -> "Stack":
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            return cls(**{field.name: stored[field.name] for field in fields(cls)})


class Parts:
    """The linear models of the three tasks, which share one vocabulary, as one matrix.

    labels: by task; starts: the first column of each task in `weights`, (columns, all labels).
    """

    def __init__(self, models: dict[str, Any]) -> None:
        self.models = models
        self.labels: dict[str, tuple[str, ...]] = {t: m.labels for t, m in models.items()}
        self.vectorizer: TfidfVectorizer = models["primary"].vectorizer
        self.weights = sp.hstack([m.weights for m in models.values()], format="csr")
        self.bias = np.concatenate([m.bias for m in models.values()])
        ends = np.cumsum([len(labels) for labels in self.labels.values()])
        self.columns = {
            task: slice(end - len(self.labels[task]), end)
            for task, end in zip(self.labels, ends.tolist(), strict=True)
        }
        canonical = {label: i for i, label in enumerate(self.labels["primary"])}
        subjects, archives = self.labels["subject"], self.labels["archive"]
        archive_index = {label: i for i, label in enumerate(archives)}
        # For each label of one task the label of another, -1 for none.
        self.primary_of_subject = _index(canonical, map(taxonomy.canonical, subjects))
        self.archive_of_subject = _index(archive_index, map(taxonomy.archive_of, subjects))
        self.archive_of_primary = _index(
            archive_index, map(taxonomy.archive_of, self.labels["primary"])
        )
        self.subject_of_primary = _index(
            {label: i for i, label in enumerate(subjects)}, self.labels["primary"]
        )

    def counts(self, texts: Sequence[str]) -> tuple[sp.csr_matrix, np.ndarray]:
        """The columns of texts, and their numbers of words."""
        return self.vectorizer.counts_and_lengths(texts)

    def logits(self, counts: sp.csr_matrix) -> np.ndarray:
        """The logits of all parts; float32 (n, all labels)."""
        return (self.vectorizer.tfidf(counts) @ self.weights).toarray() + self.bias


def _index(numbers: dict[str, int], labels: Any) -> np.ndarray:
    return np.array([numbers.get(label, -1) for label in labels], int)


def load_parts() -> tuple[Parts, dict[str, Version]]:
    """The parts that are installed, and their versions. Raises ModelError."""
    found = {task: cards.find(task, name) for task, name in PARTS.items()}
    versions = {task: cards.version(card) for task, card in found.items()}
    return _parts(tuple(versions.items())), versions


@lru_cache(2)
def _parts(versions: tuple[tuple[str, Version], ...]) -> Parts:
    models = {task: store.load(cards.find(task, PARTS[task])) for task, _ in versions}
    vocabularies = {model.vectorizer.words for model in models.values()}
    if len(vocabularies) > 1:
        raise cards.ModelError(
            "The models {names} were trained on different papers; train all of them on the same.",
            names=", ".join(f"{task}/{name}" for task, name in PARTS.items()),
        )
    return Parts(models)


def _checksums(versions: dict[str, Version]) -> dict[str, dict[str, str]]:
    """The checksums of the parts' files, for the blend's card."""
    return {f"{task}/{PARTS[task]}": dict(version[0]) for task, version in versions.items()}


class Blend(Classifier):
    """One answer to three questions: the archives, the subjects and the primary of a paper.

    The primary's logits are a mix of the three models'. A subject's log-odds add to its own those
    of being the primary, an archive's to its own those of its categories. Then the answers are
    made to agree: no subject is less likely than it is to be the primary, no archive less likely
    than its subjects, and the primary and its archive are always among what is suggested.
    """

    NAME = "blend"
    can_explain = True

    def __init__(self, task: str, parts: Parts, stack: Stack) -> None:
        self.name, self.task, self.parts, self.stack = self.NAME, task, parts, stack
        self.labels = parts.labels[task]
        self.multilabel = task != "primary"
        self.thresholds = np.asarray(
            getattr(stack, f"{task}_thresholds") if self.multilabel else np.ones(len(self.labels)),
            np.float32,
        )
        self._of_archive = [
            np.flatnonzero(parts.archive_of_subject == a)
            for a in range(len(parts.labels["archive"]))
        ]
        self._primaries_of_archive = [
            np.flatnonzero(parts.archive_of_primary == a)
            for a in range(len(parts.labels["archive"]))
        ]

    def scores(self, texts: Sequence[str]) -> Scores:
        """All probabilities of texts."""
        parts: list[Scores] = []
        for start in range(0, max(len(texts), 1), CHUNK):
            counts, lengths = self.parts.counts(texts[start : start + CHUNK])
            rows = typicality.features(self.parts.vectorizer, counts, lengths)
            typical = typicality.margins(rows, self.stack.typicality)
            known = np.diff(counts.indptr) > 0
            parts.append(Scores(*self.agree(self.parts.logits(counts)), typical, known))
        if len(parts) == 1:
            return parts[0]
        names = [field.name for field in fields(Scores)]
        return Scores(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """The probabilities of the model's task; float32 (n, k)."""
        return getattr(self.scores(texts), self.task)

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, float32 (n, k), and which texts have a known word, bool (n,)."""
        scores = self.scores(texts)
        return getattr(scores, self.task), scores.known

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""
        return self.parts.vectorizer.count_known_words(text)

    def primary_inputs(self, logits: np.ndarray) -> list[np.ndarray]:
        """Of each category the three parts' logits, each (n, categories)."""
        parts, columns = self.parts, self.parts.columns
        subject = logits[:, columns["subject"]][:, parts.subject_of_primary]
        return [
            logits[:, columns["primary"]],
            np.where(parts.subject_of_primary >= 0, subject, ABSENT),
            logits[:, columns["archive"]][:, parts.archive_of_primary],
        ]

    def primary_logits(self, logits: np.ndarray) -> np.ndarray:
        """The logits of the softmax over categories, (n, categories), from those of the parts."""
        inputs = zip(self.stack.primary, self.primary_inputs(logits), strict=True)
        return sum((factor * part for factor, part in inputs), self.stack.primary_bias)

    def subject_inputs(self, logits: np.ndarray, primary: np.ndarray) -> list[np.ndarray]:
        """Of each subject its log-odds, and the log of its probability as primary; (n, subjects).

        primary: the categories' probabilities.
        """
        log_primary = _log(primary[:, self.parts.primary_of_subject])
        return [logits[:, self.parts.columns["subject"]], log_primary]

    def archive_inputs(self, logits: np.ndarray, primary: np.ndarray) -> list[np.ndarray]:
        """Of each archive its log-odds, the log of its share of `primary`, its best subject's.

        Each (n, archives), 0 for an archive without live categories.
        """
        subject = logits[:, self.parts.columns["subject"]]
        log_primary = np.zeros((len(logits), len(self._of_archive)), np.float32)
        largest = np.zeros_like(log_primary)
        for a, (subjects, primaries) in enumerate(
            zip(self._of_archive, self._primaries_of_archive, strict=True)
        ):
            if len(primaries):
                log_primary[:, a] = _log(primary[:, primaries].sum(axis=1))
            if len(subjects):
                largest[:, a] = subject[:, subjects].max(axis=1)
        return [logits[:, self.parts.columns["archive"]], log_primary, largest]

    def agree(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probabilities of primaries, subjects and archives that agree."""
        primary = decisions.softmax(self.primary_logits(logits)).astype(np.float32)
        subject = _probability(self.stack.subject, self.subject_inputs(logits, primary))
        archive = _probability(self.stack.archive, self.archive_inputs(logits, primary))
        np.maximum(subject, primary[:, self.parts.primary_of_subject], out=subject)
        for a, subjects in enumerate(self._of_archive):
            if len(subjects):
                largest = subject[:, subjects].max(axis=1)
                np.maximum(archive[:, a], largest, out=archive[:, a])
        best = primary.argmax(axis=1)
        _raise(subject, self.parts.subject_of_primary[best], self.stack.subject_thresholds)
        _raise(archive, self.parts.archive_of_primary[best], self.stack.archive_thresholds)
        return primary, subject, archive

    def explain(self, text: str, label: str) -> Explanation:
        """The exact contribution of each word to a label's log-odds.

        Where the label was raised to agree with others, the bias has the difference. Raises
        ValueError for a label that is not the model's.
        """
        j = self.labels.index(label)
        counts, _ = self.parts.counts([text])
        logits = self.parts.logits(counts)
        direction, constant = self._linearised(logits, j)
        shown = np.clip(
            float(self.agree(logits)[list(PARTS).index(self.task)][0, j]), 1e-7, 1 - 1e-7
        )
        raised = np.log(shown / (1 - shown)) - (float(logits[0] @ direction) + constant)
        bias = float(self.parts.bias @ direction) + constant + raised
        row = self.parts.vectorizer.tfidf(counts)
        # Only the text's columns: the product with all of them takes 70 ms.
        contributions = np.zeros(self.parts.vectorizer.size)
        contributions[row.indices] = row.data * (self.parts.weights[row.indices] @ direction)
        return explain_columns(self.parts.vectorizer, text, label, bias, contributions)

    def _linearised(self, logits: np.ndarray, j: int) -> tuple[np.ndarray, float]:
        """The log-odds of a label of one text as `direction @ logits + constant`, exactly."""
        parts, stack, columns = self.parts, self.stack, self.parts.columns
        mixed = self.primary_logits(logits)[0].astype(np.float64)
        p = decisions.softmax(mixed[None, :])[0]
        direction, constant = np.zeros(logits.shape[1]), 0.0
        if self.task == "primary":
            of_mixed, constant = decisions.log_odds_direction(mixed, j)
        elif self.task == "subject":
            own, factor, constant = stack.subject[j]
            direction[columns["subject"].start + j] = own
            of_mixed, part = _log_share(p, parts.primary_of_subject[j : j + 1])
            of_mixed, constant = factor * of_mixed, constant + factor * part
        else:
            own, factor, best, constant = stack.archive[j]
            direction[columns["archive"].start + j] = own
            if len(subjects := self._of_archive[j]):
                subject = logits[0, columns["subject"]]
                largest = subjects[subject[subjects].argmax()]
                direction[columns["subject"].start + largest] += best
            of_mixed, part = _log_share(p, self._primaries_of_archive[j])
            of_mixed, constant = factor * of_mixed, constant + factor * part
        a, b, c = stack.primary
        direction[columns["primary"]] += a * of_mixed
        has_subject = parts.subject_of_primary >= 0
        np.add.at(
            direction,
            columns["subject"].start + parts.subject_of_primary[has_subject],
            b * of_mixed[has_subject],
        )
        np.add.at(direction, columns["archive"].start + parts.archive_of_primary, c * of_mixed)
        constant += float(of_mixed @ stack.primary_bias)
        constant += b * ABSENT * float(of_mixed[~has_subject].sum())
        return direction, float(constant)

    def save(self, folder: Path) -> None:
        """Write the stack; the parts are models of their own."""
        self.stack.save(folder / STACK)

    @classmethod
    def load(cls, folder: Path, card: Card) -> "Blend":
        """Read what `save` wrote. Raises ModelError where the parts are not those of the card."""
        parts, versions = load_parts()
        if card.data.get("parts") != _checksums(versions):
            raise cards.ModelError(
                "The model {model} was built on other versions of {names}; train it again: python "
                "-m core train blend.",
                model=f"{card.task}/{card.name}",
                names=", ".join(f"{task}/{name}" for task, name in PARTS.items()),
            )
        return cls(card.task, parts, Stack.load(folder / STACK))


def group_of_primary(parts: Parts) -> np.ndarray:
    """The group of each category for prediction sets: its archive; int (categories,)."""
    return np.unique(parts.archive_of_primary, return_inverse=True)[1]


CHUNK = 2_000
"""Texts scored at a time, to limit memory."""
ABSENT = -6.0
"""The log-odds of a category that is too rare to be a label of the subject model."""


def _probability(stack: np.ndarray, inputs: Sequence[np.ndarray]) -> np.ndarray:
    """Probabilities of labels, float32 (n, k); stack: factors of the inputs and an offset."""
    factors = zip(stack.T[:-1], inputs, strict=True)
    log_odds = sum((factor * part for factor, part in factors), stack[:, -1])
    return decisions.sigmoid(log_odds).astype(np.float32)


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, 1e-9))


def _log_share(p: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, float]:
    """The log of some members' share of a softmax as `direction @ logits + constant`.

    p: its probabilities, (k,). Zero without members.
    """
    if not len(members):
        return np.zeros(len(p)), 0.0
    share = np.zeros(len(p))
    share[members] = p[members] / p[members].sum()
    return share - p, decisions.entropy(share[members]) - decisions.entropy(p)


def _raise(scores: np.ndarray, best: np.ndarray, thresholds: np.ndarray) -> None:
    """Raise each text's label `best`, (n,), until it is predicted: over its threshold or the best.

    scores: (n, k), changed in place; -1 in `best` for no label.
    """
    rows = np.flatnonzero(best >= 0)
    best = best[rows]
    enough = np.minimum(thresholds[best], np.nextafter(scores[rows].max(axis=1), np.float32(2)))
    scores[rows, best] = np.maximum(scores[rows, best], enough)


def train(data: Path, task: str, run: TrainingRun) -> TrainingResult:
    """Fit the stack to the validation slices of the papers that the parts were trained on."""
    from core.training import papers as corpus

    run(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    parts, versions = load_parts()
    run(0.2, N_("fitting the stack to the validation papers"))
    stack = fit_stack(parts, papers)
    run(0.7, N_("measuring on the test papers"))
    model = Blend(task, parts, stack)
    figures, curves = corpus.measure(model, papers, papers.slice("test"))
    parameters = {
        "parts": [f"{task}/{name}" for task, name in PARTS.items()],
        "factors": [round(float(factor), 3) for factor in stack.primary],
        "typical from": [round(float(margin), 3) for margin in stack.typical_from],
    }
    return TrainingResult(
        model, papers.facts | {"parts": _checksums(versions)}, parameters, figures, curves=curves
    )


def fit_stack(parts: Parts, papers: Any) -> Stack:
    """The stack, from papers' validation slices; papers: `core.training.papers.Papers`."""
    from core.training import papers as corpus
    from core.training import stacking

    rows, weights = corpus.slice_weights(papers, "validation")
    categories = [papers.categories[i] for i in rows]
    texts = [papers.texts[i] for i in rows]
    counts, lengths = parts.counts(texts)
    logits = parts.logits(counts)
    true = {task: labels.truth(categories, task, parts.labels[task]) for task in PARTS}
    model = Blend("primary", parts, _untrained(parts))

    is_live = true["primary"] >= 0
    inputs = [part[is_live] for part in model.primary_inputs(logits)]
    factors, bias = stacking.fit_mix(inputs, true["primary"][is_live], weights[is_live])
    model = Blend("primary", parts, replace(model.stack, primary=factors, primary_bias=bias))
    primary = decisions.softmax(model.primary_logits(logits))
    subject = stacking.fit_log_odds(model.subject_inputs(logits, primary), true["subject"], weights)
    archive = stacking.fit_log_odds(model.archive_inputs(logits, primary), true["archive"], weights)
    model = Blend("primary", parts, replace(model.stack, subject=subject, archive=archive))

    _, subject_scores, archive_scores = model.agree(logits)
    archive_thresholds = metrics.tune_thresholds(true["archive"], archive_scores, weights)
    # No subject is predicted without its archive, since an archive is at least as likely.
    subject_thresholds = np.maximum(
        metrics.tune_thresholds(true["subject"], subject_scores, weights),
        archive_thresholds[parts.archive_of_subject],
    )
    recent = is_live & (papers.years[rows] >= corpus.RECENT)
    recent = recent if recent.any() else is_live
    quantiles = prediction_sets.calibrate(
        primary[recent], true["primary"][recent], group_of_primary(parts)
    )
    learnt, typical_from = _fit_typicality(parts, texts, counts, lengths, recent)
    return replace(
        model.stack,
        subject_thresholds=subject_thresholds,
        archive_thresholds=archive_thresholds,
        quantiles=quantiles,
        typicality=learnt,
        typical_from=typical_from,
    )


def _untrained(parts: Parts) -> Stack:
    """A stack that changes nothing."""
    subjects, archives = len(parts.labels["subject"]), len(parts.labels["archive"])
    return Stack(
        primary=np.array([1.0, 0.0, 0.0]),
        primary_bias=np.zeros(len(parts.labels["primary"])),
        subject=np.tile([1.0, 0.0, 0.0], (subjects, 1)),
        archive=np.tile([1.0, 0.0, 0.0, 0.0], (archives, 1)),
        subject_thresholds=np.zeros(subjects, np.float32),
        archive_thresholds=np.zeros(archives, np.float32),
        quantiles=np.zeros((1, len(prediction_sets.LEVELS)), np.float32),
        typicality=np.zeros(len(typicality.FEATURES) + 1),
        typical_from=np.zeros(2),
    )


PAPERS_REFUSED, TITLES_REFUSED = 0.008, 0.06
"""The shares of recent papers, and of titles alone, that are taken for something else."""


def _fit_typicality(
    parts: Parts,
    texts: Sequence[str],
    counts: sp.csr_matrix,
    lengths: np.ndarray,
    recent: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The weights of typicality, and the margins that a paper, and certainly a paper, reaches."""
    titles = [split_paper(text)[0] for text in texts]
    others = typicality.read_texts(OFF_TOPIC.read_text(encoding="utf-8").splitlines())
    rows = [
        typicality.features(parts.vectorizer, *part)
        for part in ((counts, lengths), parts.counts(titles), parts.counts(others))
    ]
    learnt = typicality.learn(
        np.vstack(rows[:2]), rows[2], np.repeat([2.0, 1.0], [len(texts), len(titles)])
    )
    papers, of_titles, of_others = (typicality.margins(part, learnt) for part in rows)
    low = min(
        np.quantile(papers[recent], PAPERS_REFUSED), np.quantile(of_titles[recent], TITLES_REFUSED)
    )
    return learnt, np.array([low, max(low, of_others.max())])


RECIPES = (
    Recipe(
        "blend",
        "Blend (default)",
        "Asks the linear models of archives, subjects and primary categories together, learnt on "
        "papers new to them how far to trust each, and gives one answer in which all agree. Its "
        "reasons are exact.",
        tuple(PARTS),
        train,
    ),
)
