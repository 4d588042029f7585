"""The commands that list, train and measure models: models, train, measure."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from core.cards import EMBEDDING, Card, ModelError, check_files, installed
from core.classifiers import store
from core.classifiers.registry import recipes
from core.cli.console import echo, echo_json, progress_bar, warn
from core.cli.options import PATH, TASK, Count, data_option, examples, json_option
from core.prediction.reports import lines, record
from core.text.cleaning import CLEANINGS
from core.training import swivel_recipe
from core.training.recipe import Options, Recipe
from core.training.runs import TrainingRun

RECIPES = recipes() | {recipe.name: recipe for recipe in swivel_recipe.RECIPES}
"""All recipes by name, of classifiers and embeddings."""


@click.command()
@json_option
def models(as_json: bool) -> None:
    """List the installed models with their main figures.

    A model whose files do not match the checksums on its card is marked as damaged.
    """
    cards, problems = installed()
    for problem in problems:
        warn(problem)
    records = [record(card) | {"damaged": _damaged(card)} for card in cards]
    if as_json:
        echo_json(records, indent=1)
        return
    echo(f"{'task':10}{'name':15}{'MB':>6}  metrics")
    for model in records:
        metrics = "; ".join(
            f"{part}: " + ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
            for part, figures in model["metrics"].items()
        )
        if model["damaged"]:
            metrics = "damaged"
        echo(f"{model['task']:10}{model['name']:15}{model['bytes'] / 1e6:6.1f}  {metrics}")


def _damaged(card: Card) -> bool:
    """Whether the files of a model differ from its card; if so a warning says which."""
    try:
        check_files(card)
    except (ModelError, OSError) as problem:
        warn(str(problem))
        return True
    return False


def _finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Refuse infinity, and NaN, which every FloatRange accepts."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.")
    return value


@click.command(
    epilog=examples(
        "train linear --data papers.jsonl",
        "train textcnn --data papers.jsonl --sample 20000 --epochs 5",
        "train intent --data scicite --out trial",
    )
)
@click.argument("name", metavar="NAME", type=click.Choice(sorted(RECIPES)),
                help=", ".join(sorted(RECIPES)))  # fmt: skip
@data_option
@click.option("--out", type=PATH, metavar="DIR", help="[default: the models folder]")
@click.option("--task", type=TASK, help="[default: every task of the recipe]")
@click.option("--epochs", type=Count(1), metavar="N", help="Passes over the training texts.")
@click.option("--batch-size", type=Count(1), metavar="N", help="Texts in a training step.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), callback=_finite,
              metavar="X", help="Size of a training step.")  # fmt: skip
@click.option("--sample", type=Count(1), metavar="N", help="Train on this many texts.")
@click.option("--patience", type=Count(1), metavar="N",
              help="Stop after N epochs without a lower validation loss.")  # fmt: skip
@click.option("--cleaning", type=click.Choice(sorted(CLEANINGS)),
              help="Of the words, in the course's recipes.")  # fmt: skip
@click.option("--seed", type=Count(0), metavar="N", help="Seed of the random numbers.")
def train(name: str, data: Path, out: Path | None, task: str | None, **settings: Any) -> None:
    """Train a recipe; write the model and its card.

    The options from --epochs on replace the recipe's own settings; a recipe that has no such
    setting refuses them.
    """
    recipe = RECIPES[name]
    saved: list[str] = []
    for each in [task] if task else recipe.tasks:
        if each not in recipe.tasks:
            raise ModelError(f"The recipe {name} answers {', '.join(recipe.tasks)}, not {each}.")
        stopped = f"Stopped; saved: {', '.join(saved) or 'nothing'}."
        if EMBEDDING in recipe.tasks:
            stopped = "Stopped; run the same command again to continue from the last checkpoint."
        with progress_bar(log=True, stopped=stopped) as report:
            run = TrainingRun(recipe, each, _options(recipe, settings), report)
            trained = recipe.train(data, each, run)
            card = store.save(trained, recipe, out / each / name if out else None, run.seconds)
        saved.append(f"{each}/{name}")
        echo(f"{each}/{name}: {card.size / 1e6:.1f} MB in {card.folder}")
        for part, figures in trained.metrics.items():
            echo(f"\n{part}\n{lines(figures)}")


def _options(recipe: Recipe, settings: dict[str, Any]) -> Options | None:
    """The recipe's options with the settings given. Raises ModelError for one that it lacks."""
    given = {name: value for name, value in settings.items() if value is not None}
    for name in given:
        if name not in recipe.supported_options:
            raise ModelError(
                f"The recipe {recipe.name} has no --{name.replace('_', '-')}; it has "
                f"{', '.join(recipe.supported_options).replace('_', '-') or 'no settings'}."
            )
    return replace(recipe.options, **given) if given else None
