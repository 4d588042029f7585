"""The default for papers: one answer from the linear models of archives, subjects and primaries."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from core import cards
from core.cards import Card
from core.classifiers.base import Classifier, Explanation, explain_columns
from core.classifiers.parts import MODELS, PARTS, Parts, Scores, Stack, load_parts
from core.corpora import labels
from core.evaluation import decisions, metrics, prediction_sets
from core.messages import N_
from core.text import typicality
from core.text.documents import split_paper
from core.training.recipe import Recipe, TrainingResult
from core.training.runs import TrainingRun

if TYPE_CHECKING:
    from core.training.papers import Papers, Rows

STACK = "stack.npz"
NEEDS: tuple[str, ...] = ()
OFF_TOPIC = Path(__file__).parent.parent / "training" / "off_topic.jsonl"
"""Texts of other kinds, written for Paperlens, to learn what is not a paper."""


class Blend(Classifier):
    """One answer to three questions: the archives, the subjects and the primary of a paper.

    The primary's logits are a mix of the three models'. A subject's log-odds add to its own those
    of being the primary, an archive's to its own those of its categories. Then the answers are
    made to agree: a subject is at least as likely as it is to be the primary, the primary and its
    archive are always among what is suggested, and no subject is suggested without its archive.
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
        archives = np.arange(len(parts.labels["archive"]))
        self._of_archive = [np.flatnonzero(parts.archive_of_subject == a) for a in archives]
        self._is_in_archive = (parts.archive_of_primary[:, None] == archives).astype(np.float32)

    def scores(self, texts: Sequence[str]) -> Scores:
        """All probabilities of texts."""
        parts: list[Scores] = []
        for start in range(0, max(len(texts), 1), CHUNK):
            counts, lengths = self.parts.counts(texts[start : start + CHUNK])
            rows = typicality.features(self.parts.vectorizer, counts, lengths)
            typical = typicality.margins(rows, self.stack.typicality)
            known = np.diff(counts.indptr) > 0
            parts.append(Scores(*self.agree(self.logits(counts)), typical, known))
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

    def prediction_sets(self, scores: np.ndarray, confidence: float) -> np.ndarray | None:
        """The categories that hold the primary with a confidence, bool (n, k); None for others."""
        if self.multilabel:
            return None
        groups = group_of_primary(self.parts)
        return prediction_sets.members(scores, self.stack.quantiles, groups, confidence)

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""
        return self.parts.vectorizer.count_known_words(text)

    def logits(self, counts: sp.csr_matrix) -> np.ndarray:
        """The logits of the parts, and how recent texts read, -1 to 1; (n, all labels + 1)."""
        rows = self.parts.vectorizer.tfidf(counts)
        recent = np.tanh(rows @ self.stack.recency[:-1] + self.stack.recency[-1])
        return np.column_stack([self.parts.logits(rows, counts), recent])

    def primary_inputs(self, logits: np.ndarray) -> list[np.ndarray]:
        """Of each category the logits of the four parts, each (n, categories)."""
        parts, columns = self.parts, self.parts.columns
        subject = logits[:, columns["subject"]][:, parts.subject_of_primary]
        return [
            logits[:, columns["primary"]],
            np.where(parts.subject_of_primary >= 0, subject, ABSENT),
            logits[:, columns["archive"]][:, parts.archive_of_primary],
            logits[:, columns["network primary"]],
        ]

    def mixed_logits(self, logits: np.ndarray) -> np.ndarray:
        """The parts' logits of the categories mixed, (n, categories), not yet calibrated."""
        inputs = zip(self.stack.primary, self.primary_inputs(logits), strict=True)
        return sum((factor * part for factor, part in inputs), self.stack.primary_bias)

    def primary_logits(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The calibrated logits of the softmax over categories, and what calibrates them.

        (n, categories), and the `sharpness_inputs`, (n, 4).
        """
        mixed = self.mixed_logits(logits)
        inputs = sharpness_inputs(mixed, logits[:, -1])
        return mixed * np.exp(inputs @ self.stack.sharpness)[:, None], inputs

    def subject_log_odds(
        self, logits: np.ndarray, primary: np.ndarray, inputs: np.ndarray
    ) -> np.ndarray:
        """Calibrated log-odds of subjects, (n, subjects), before they agree with others.

        primary: the categories' probabilities; inputs: the `sharpness_inputs`, (n, 4).
        """
        log_odds = _log_odds(self.stack.subject, self.subject_inputs(logits, primary))
        return log_odds * np.exp(inputs @ self.stack.subject_sharpness)[:, None]

    def subject_inputs(self, logits: np.ndarray, primary: np.ndarray) -> list[np.ndarray]:
        """What the log-odds of each subject are made of, each (n, subjects): see `Stack`.

        primary: the categories' probabilities.
        """
        own = logits[:, self.parts.columns["subject"]]
        network = logits[:, self.parts.columns["network subject"]]
        log_primary = _log(primary[:, self.parts.primary_of_subject])
        return [own, network, log_primary, np.broadcast_to(logits[:, -1:], own.shape)]

    def archive_inputs(self, logits: np.ndarray, primary: np.ndarray) -> list[np.ndarray]:
        """What the log-odds of each archive are made of, each (n, archives): see `Stack`.

        0 for what an archive without live categories has not.
        """
        subject = logits[:, self.parts.columns["subject"]]
        share = primary @ self._is_in_archive
        log_primary = np.where(self._is_in_archive.any(axis=0), _log(share), np.float32(0))
        largest = np.zeros_like(log_primary)
        for a, subjects in enumerate(self._of_archive):
            if len(subjects):
                largest[:, a] = subject[:, subjects].max(axis=1)
        own = logits[:, self.parts.columns["archive"]]
        network = logits[:, self.parts.columns["network archive"]]
        return [own, network, log_primary, largest, np.broadcast_to(logits[:, -1:], own.shape)]

    def agree(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probabilities of primaries, subjects and archives that agree."""
        calibrated, inputs = self.primary_logits(logits)
        primary = decisions.softmax(calibrated).astype(np.float32)
        subject = decisions.sigmoid(self.subject_log_odds(logits, primary, inputs))
        subject = subject.astype(np.float32)
        np.maximum(subject, primary[:, self.parts.primary_of_subject], out=subject)
        archive = _log_odds(self.stack.archive, self.archive_inputs(logits, primary))
        archive = decisions.sigmoid(archive).astype(np.float32)
        best = primary.argmax(axis=1)
        _raise(subject, self.parts.subject_of_primary[best], self.stack.subject_thresholds)
        _raise(archive, self.parts.archive_of_primary[best], self.stack.archive_thresholds)
        has_archive = decisions.apply_thresholds(archive, self.stack.archive_thresholds)
        below = np.nextafter(self.stack.subject_thresholds, np.float32(0))
        alone = ~has_archive[:, self.parts.archive_of_subject] & (subject > below)
        subject = np.where(alone, below, subject)
        return primary, subject, archive

    def explain(self, text: str, label: str) -> Explanation:
        """The exact contribution of each word to a label's log-odds.

        Where the label was raised to agree with others, the bias has the difference. Raises
        ValueError for a label that is not the model's.
        """
        j = self.labels.index(label)
        counts, _ = self.parts.counts([text])
        logits = self.logits(counts)
        direction, constant = self._linearised(logits, j)
        shown = np.clip(
            float(self.agree(logits)[list(PARTS).index(self.task)][0, j]), 1e-7, 1 - 1e-7
        )
        raised = np.log(shown / (1 - shown)) - (float(logits[0, :-1] @ direction) + constant)
        row = self.parts.vectorizer.tfidf(counts)
        contributions, bias = self.parts.contributions(row, counts, direction)
        bias += constant + raised
        return explain_columns(self.parts.vectorizer, text, label, bias, contributions)

    def _linearised(self, logits: np.ndarray, j: int) -> tuple[np.ndarray, float]:
        """The log-odds of a label of one text as `direction @ logits + constant`, exactly."""
        parts, stack, columns = self.parts, self.stack, self.parts.columns
        recent, mixed = float(logits[0, -1]), self.mixed_logits(logits)
        (inputs,) = sharpness_inputs(mixed, logits[:, -1])
        factor_of_all = float(np.exp(inputs @ stack.sharpness))
        calibrated = mixed[0].astype(np.float64) * factor_of_all
        p = decisions.softmax(calibrated[None, :])[0]
        direction, constant = np.zeros(logits.shape[1] - 1), 0.0
        if self.task == "primary":
            of_mixed, constant = decisions.log_odds_direction(calibrated, j)
        elif self.task == "subject":
            own, network, factor, of_recent, constant = stack.subject[j] * np.exp(
                inputs @ stack.subject_sharpness
            )
            direction[columns["subject"].start + j] = own
            direction[columns["network subject"].start + j] = network
            of_mixed, part = _log_share(p, parts.primary_of_subject[j : j + 1])
            of_mixed, constant = factor * of_mixed, constant + factor * part + of_recent * recent
        else:
            own, network, factor, best, of_recent, constant = stack.archive[j]
            direction[columns["archive"].start + j] = own
            direction[columns["network archive"].start + j] = network
            if len(subjects := self._of_archive[j]):
                subject = logits[0, columns["subject"]]
                largest = subjects[subject[subjects].argmax()]
                direction[columns["subject"].start + largest] += best
            of_mixed, part = _log_share(p, np.flatnonzero(self._is_in_archive[:, j]))
            of_mixed, constant = factor * of_mixed, constant + factor * part + of_recent * recent
        of_mixed = of_mixed * factor_of_all
        a, b, c, d = stack.primary
        direction[columns["network primary"]] += d * of_mixed
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
        parts, checksums = load_parts()
        if card.data.get("parts") != checksums:
            raise cards.ModelError(
                "The model {model} was built on other versions of {names}; train it again: python "
                "-m core train blend.",
                model=f"{card.task}/{card.name}",
                names=", ".join("/".join(model) for model in MODELS),
            )
        return cls(card.task, parts, Stack.load(folder / STACK))


def sharpness_inputs(mixed: np.ndarray, recent: np.ndarray) -> np.ndarray:
    """What decides how sharp the primary's probabilities are: 1, h, r and h * r; (n, 4).

    Temperature scaling by entropy (Balanya et al. 2022, arXiv:2208.00461), and by how recent a
    text reads: the first categories of old papers are less certain.
    """
    p = decisions.softmax(mixed)
    entropy = -(p * _log(p)).sum(axis=1)
    return np.column_stack([np.ones(len(p)), entropy, recent, entropy * recent])


def group_of_primary(parts: Parts) -> np.ndarray:
    """The group of each category for prediction sets: its archive; int (categories,)."""
    return np.unique(parts.archive_of_primary, return_inverse=True)[1]


CHUNK = 1000
"""Texts scored at a time, to limit memory."""
ABSENT = -6.0
"""The log-odds of a category that is too rare to be a label of the subject model."""


def _log_odds(stack: np.ndarray, inputs: Sequence[np.ndarray]) -> np.ndarray:
    """Log-odds of labels, (n, k); stack: factors of the inputs and an offset, by label."""
    factors = zip(stack.T[:-1], inputs, strict=True)
    return sum((factor * part for factor, part in factors), stack[:, -1])


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
    rows = corpus.choose_rows(papers, task)
    parts, checksums = load_parts()
    run(0.2, N_("fitting the stack to the validation papers"))
    stack = fit_stack(parts, papers, rows)
    run(0.7, N_("measuring on the test papers"))
    model = Blend(task, parts, stack)
    figures, curves = corpus.measure(model, papers, rows.test)
    parameters = {
        "parts": ["/".join(model) for model in MODELS],
        "factors": [round(float(factor), 3) for factor in stack.primary],
        "typical from": [round(float(margin), 3) for margin in stack.typical_from],
    }
    return TrainingResult(
        model, papers.facts | {"parts": checksums}, parameters, figures, curves=curves
    )


def fit_stack(parts: Parts, papers: "Papers", chosen: "Rows") -> Stack:
    """The stack, from papers' validation slices."""
    from core.training import papers as corpus
    from core.training import stacking

    rows, weights = chosen.calibration, chosen.weights
    categories = [papers.categories[i] for i in rows]
    texts = [papers.texts[i] for i in rows]
    counts, lengths = parts.counts(texts)
    true = {task: labels.truth(categories, task, parts.labels[task]) for task in PARTS}
    model = Blend(
        "primary",
        parts,
        replace(Stack.untrained(parts), recency=fit_recency(parts, papers, chosen)),
    )
    logits = model.logits(counts)

    is_live = true["primary"] >= 0
    of_parts = [part[is_live] for part in model.primary_inputs(logits)]
    factors, bias = stacking.fit_mix(of_parts, true["primary"][is_live], weights[is_live])
    model = Blend("primary", parts, replace(model.stack, primary=factors, primary_bias=bias))
    mixed = model.mixed_logits(logits)
    inputs = sharpness_inputs(mixed, logits[:, -1])
    sharpness = stacking.fit_sharpness(
        mixed[is_live], inputs[is_live], true["primary"][is_live], weights[is_live]
    )
    model = Blend("primary", parts, replace(model.stack, sharpness=sharpness))
    primary = decisions.softmax(model.primary_logits(logits)[0])
    subject = stacking.fit_log_odds(model.subject_inputs(logits, primary), true["subject"], weights)
    archive = stacking.fit_log_odds(model.archive_inputs(logits, primary), true["archive"], weights)
    model = Blend("primary", parts, replace(model.stack, subject=subject, archive=archive))
    subject_sharpness = stacking.fit_top_sharpness(
        model.subject_log_odds(logits, primary, inputs), inputs, true["subject"], weights
    )
    model = Blend("primary", parts, replace(model.stack, subject_sharpness=subject_sharpness))
    # With thresholds of 0 nothing is raised or held.
    _, subject_scores, archive_scores = model.agree(logits)
    archive_thresholds = metrics.tune_thresholds(true["archive"], archive_scores, weights)
    subject_thresholds = metrics.tune_thresholds(true["subject"], subject_scores, weights)
    recent = is_live & (papers.years[rows] >= corpus.RECENT)
    recent = recent if recent.any() else is_live
    learnt, typical, low, others = _fit_typicality(parts, texts, counts, lengths, recent)
    # A text that is taken for something else has an empty set, which misses.
    scores = np.where(typical[:, None] >= low, primary, 0)
    groups = group_of_primary(parts)
    quantiles = prediction_sets.calibrate(scores[recent], true["primary"][recent], groups)
    high = _certainly_typical(model, quantiles, others, np.quantile(typical[recent], 0.05))
    return replace(
        model.stack,
        subject_thresholds=subject_thresholds,
        archive_thresholds=archive_thresholds,
        quantiles=quantiles,
        typicality=learnt,
        typical_from=np.array([low, max(low, high)]),
    )


RECENCY_COST, RECENCY_WEIGHTS = 0.05, 100_000


def fit_recency(parts: Parts, papers: "Papers", chosen: "Rows") -> np.ndarray:
    """Weights and a bias that tell the training papers since 2024 from older ones, (columns + 1,).

    A linear support vector machine, of which the strongest weights are kept.
    """
    from sklearn.svm import LinearSVC

    train = chosen.train[papers.years[chosen.train] > 0]
    recent = papers.years[train] >= 2024
    if recent.all() or not recent.any():
        return np.zeros(parts.vectorizer.size + 1, np.float32)
    rows = parts.vectorizer.transform([papers.texts[i] for i in train])
    model = LinearSVC(C=RECENCY_COST, tol=0.1, max_iter=100, random_state=0).fit(rows, recent)
    weights = np.append(model.coef_[0], model.intercept_[0]).astype(np.float16)
    strongest = np.argsort(-np.abs(weights[:-1]), kind="stable")
    weights[strongest[RECENCY_WEIGHTS:]] = 0
    return weights.astype(np.float32)


PAPERS_REFUSED, TITLES_REFUSED = 0.007, 0.05
"""The largest shares of recent papers, and of titles alone, that are taken for something else."""
TITLE_WEIGHT = 0.3
"""The weight of a title alone beside that of a paper, when what is typical is learnt."""


def _fit_typicality(
    parts: Parts,
    texts: Sequence[str],
    counts: sp.csr_matrix,
    lengths: np.ndarray,
    recent: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, float, list[tuple[str, float]]]:
    """The weights of typicality, the papers' margins, the least of a paper, other texts' margins.

    recent: which texts decide on the margin, bool (n,).
    """
    titles = [split_paper(text)[0] for text in texts]
    others = typicality.read_texts(OFF_TOPIC.read_text(encoding="utf-8").splitlines())
    rows = [
        typicality.features(parts.vectorizer, *part)
        for part in ((counts, lengths), parts.counts(titles), parts.counts(others))
    ]
    learnt = typicality.learn(
        np.vstack(rows[:2]), rows[2], np.repeat([1.0, TITLE_WEIGHT], [len(texts), len(titles)])
    )
    papers, of_titles, of_others = (typicality.margins(part, learnt) for part in rows)
    low = min(
        np.quantile(papers[recent], PAPERS_REFUSED), np.quantile(of_titles[recent], TITLES_REFUSED)
    )
    return learnt, papers, float(low), list(zip(others, of_others.tolist(), strict=True))


def _certainly_typical(
    model: Blend, quantiles: np.ndarray, others: list[tuple[str, float]], least: float
) -> float:
    """The margin over those of all texts of other kinds that one category seems to fit."""
    logits = model.logits(model.parts.counts([text for text, _ in others])[0])
    scores = decisions.softmax(model.primary_logits(logits)[0])
    sets = prediction_sets.members(
        scores, quantiles, group_of_primary(model.parts), prediction_sets.CONFIDENCE
    )
    alone = sets.sum(axis=1) == 1
    return max([least, *(margin for (_, margin), one in zip(others, alone, strict=True) if one)])


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
