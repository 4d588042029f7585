"""The commands, and what `--help` says of all of them."""

import click

from core.cli.classification import classify, evaluate, suggest
from core.cli.corpora import download, statistics
from core.cli.terms import evaluate_embedding, neighbours, similarity
from core.cli.training import models, train


@click.group(
    commands=[
        classify, download, evaluate, evaluate_embedding, models, neighbours, similarity,
        statistics, suggest, train,
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 the work failed (one line says why), 2 wrong usage.",
)  # fmt: skip
def commands() -> None:
    """Suggest where to submit papers, classify papers and citations, compare terms, train."""
