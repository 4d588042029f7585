"""The commands about terms and their vectors: similarity, neighbours, evaluate-embedding."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click
import pandas as pd

from core.cli.console import echo, echo_json, one_line, warn
from core.cli.options import PATH, SOURCE, Count, examples, json_option, module_option
from core.embeddings import hub_module, vectors, word_pairs
from core.embeddings import similarity as similarities
from core.embeddings.parts import Estimate, estimate, parts_of
from core.embeddings.term_list import MAX_TERMS
from core.files import export

parts_option = click.option(
    "--parts", is_flag=True,
    help="Estimate the vectors of unknown words from known words with the same parts.",
)  # fmt: skip


def _module(name: str | None) -> hub_module.Module:
    if name:
        return hub_module.load(name)
    default = hub_module.default()
    return hub_module.load(default.source, default.key)


def _estimates(table: vectors.WordVectors, terms: Sequence[str]) -> dict[str, Estimate]:
    """Estimates for the unknown words of terms."""
    return estimate(table, parts_of(table), table.unknown_words_of(terms))


@click.command(
    epilog=examples(
        'similarity SARS MERS "chest pain"',
        "similarity SARS MERS --measure cosine --out matrix.csv",
    )
)
@click.argument("terms", nargs=-1, required=True, metavar="TERM...")
@click.option("--measure", type=click.Choice(similarities.MEASURES), default="inner",
              show_default=True, help="Inner product over the largest, or cosine.")  # fmt: skip
@click.option("--out", type=PATH, metavar="M.csv", help="Write a CSV file instead of printing.")
@parts_option
@module_option
def similarity(
    terms: tuple[str, ...], measure: str, out: Path | None, parts: bool, module: str | None
) -> None:
    """Compare each TERM with each: a matrix of similarities.

    Put -- before a TERM that begins with a hyphen.
    """
    if len(terms) > MAX_TERMS:
        raise vectors.TermError(f"A matrix takes up to {MAX_TERMS} terms, not {len(terms)}.")
    loaded = _module(module)
    if parts:
        loaded = replace(loaded, estimates=_estimates(hub_module.table_of(loaded), terms))
    values = similarities.similarity(loaded.embed(terms), measure)
    for term in terms:
        for word in loaded.table.unknown_words(term) if loaded.table else ():
            known = loaded.estimates[word].known if word in loaded.estimates else ()
            estimate = f" Its vector is estimated from {', '.join(known)}." if known else ""
            warn(f"“{word}” is not in the vocabulary.{estimate}")
    if out:
        matrix = pd.DataFrame(values, columns=list(terms)).round(6)
        matrix.insert(0, "term", terms, allow_duplicates=True)
        with export.atomic_write(out) as scratch:
            scratch.write_bytes(export.csv_bytes(matrix))
        return
    names = [one_line(term) for term in terms]
    width = max(8, *(len(name) + 2 for name in names))
    echo(" " * width + "".join(f"{name:>{width}}" for name in names))
    for name, row in zip(names, values, strict=True):
        echo(f"{name:{width}}" + "".join(f"{value:{width}.3f}" for value in row))


@click.command(epilog=examples("neighbours SARS --top 5"))
@click.argument("term", metavar="TERM")
@click.option("--top", type=Count(1), metavar="N", default=10, show_default=True,
              help="How many words.")  # fmt: skip
@module_option
@json_option
def neighbours(term: str, top: int, module: str | None, as_json: bool) -> None:
    """List the words of the vocabulary most similar to TERM."""
    words = similarities.neighbours(hub_module.table_of(_module(module)), term, top)
    if as_json:
        echo_json([asdict(word) for word in words], ensure_ascii=False, indent=1)
        return
    for word in words:
        echo(f"{word.rank:4} {word.similarity:7.3f}  {word.word}")


@click.command("evaluate-embedding", epilog=examples("evaluate-embedding Bio-SimLex.txt"))
@click.argument("pairs", metavar="SET", type=SOURCE,
                help="A pair a line: term1 TAB term2 TAB score; - for standard input.")  # fmt: skip
@parts_option
@module_option
def evaluate_embedding(pairs: Path, parts: bool, module: str | None) -> None:
    """Compare an embedding with people's scores of similarity.

    Prints as JSON Spearman's rho, the number of pairs with vectors and of all pairs.
    """
    scored = word_pairs.read_word_pairs(pairs)
    table = hub_module.table_of(_module(module))
    estimates = _estimates(table, [term for pair in scored for term in pair[:2]]) if parts else {}
    result = word_pairs.word_similarity(table, scored, estimates)
    echo_json({"set": pairs.stem, **asdict(result)})
