"""`python -m benchmarks.cards`: measure the installed models for papers again, all on the same.

Rewrites the metrics and curves of their cards, and nothing else. Needs the papers that the models
were trained on (PAPERLENS_DATA): a model of other files may have learnt from those it is measured
on, so it is left out.
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core import cards, settings
from core.cards import Card, ModelError
from core.classifiers import store
from core.tasks import TASKS
from core.training import papers as corpus
from core.training.papers import Papers

FOR_PAPERS = ("primary", "subject", "archive")
"""The tasks whose models are for papers."""

Slices = dict[str, np.ndarray]


def measured_papers(papers: Papers) -> tuple[Papers, dict[str, Slices]]:
    """The papers that any task is measured on, without all others, and each task's slices."""
    slices = {task: corpus.choose_rows(papers, task).test for task in FOR_PAPERS}
    rows = np.unique(np.concatenate([r for by_name in slices.values() for r in by_name.values()]))
    few = replace(
        papers,
        texts=[papers.texts[i] for i in rows],
        categories=[papers.categories[i] for i in rows],
        **{name: getattr(papers, name)[rows] for name in ("years", "course", "part", "listed")},
    )
    places = {
        task: {name: np.searchsorted(rows, r) for name, r in by_name.items()}
        for task, by_name in slices.items()
    }
    return few, places


def measure_again(card: Card, papers: Papers, slices: Slices) -> Card:
    """Measure a model on the slices and rewrite its card.

    Raises ModelError for a model that cannot be used, or of other files than the papers'.
    """
    # It may have learnt from some of the files only: the parts are by a paper's text.
    if not card.data.get("files", {}).items() <= papers.facts["files"].items():
        raise ModelError(
            "The model {model} was trained on other papers; it is left as it is.",
            model=f"{card.task}/{card.name}",
        )
    with store.as_model_error(card):
        metrics, curves = corpus.measure(store.load(card), papers, slices)
    return store.update_figures(card, metrics, curves)


def line(card: Card) -> str:
    """A model's headline figures by slice, on one line."""
    headlines = TASKS[card.task].headlines
    parts = [
        f"{name} {figures['n']:,}: " + " ".join(f"{key} {figures[key]:.4f}" for key in headlines)
        for name, figures in card.metrics.items()
    ]
    return f"{card.task}/{card.name}: {'; '.join(parts)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one model after the other; 1 if one could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cards", description=__doc__)
    parser.add_argument("--models", type=Path, default=settings.models_folder())
    folder = parser.parse_args(arguments).models.resolve()
    os.environ["PAPERLENS_MODELS"] = str(folder)
    papers, slices = measured_papers(corpus.read_papers(settings.data_folder()))
    installed, problems = cards.installed(FOR_PAPERS)
    failed = [str(problem) for problem in problems]
    for card in installed:
        if not card.folder.resolve().is_relative_to(folder):
            continue
        try:
            print(line(measure_again(card, papers, slices[card.task])), flush=True)
        except ModelError as problem:
            failed.append(str(problem))
        gc.collect()
    print(*failed, sep="\n", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
