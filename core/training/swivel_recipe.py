"""The recipe of the Swivel embedding."""

from dataclasses import asdict
from pathlib import Path

from core import cards
from core.corpora import blocks, cord19
from core.embeddings import hub_module
from core.embeddings.swivel import (
    State,
    Swivel,
    SwivelOptions,
    count,
    evaluate,
    fit,
    pairs_of_files,
    read_counts,
    read_state,
    run_folder,
    skipgram,
    start,
    words_of,
    write_counts,
    write_state,
)
from core.embeddings.vectors import WordVectors
from core.files import checksum
from core.messages import Progress
from core.training.recipe import Recipe, TrainingResult


def train(
    data: Path, task: str, progress: Progress, options: SwivelOptions | None = None
) -> TrainingResult:
    """Train on a CORD-19 corpus file or folder; resumes where a stopped run ended.

    Raises CorpusError for a corpus that cannot be read or is too small.
    """
    options = options or SwivelOptions()
    files = cord19.files(data)
    folder = run_folder(files, options)
    counts = read_counts(folder)
    if counts is None:
        try:
            counts = count(files, options, progress)
        except blocks.CorpusError:
            raise
        except ValueError as error:
            raise blocks.CorpusError("{path}: {error}.", path=data, error=error) from None
        write_counts(folder, counts)
    state = read_state(folder) or start(len(counts.tokens), options)

    def after_epoch(reached: State) -> None:
        write_state(folder, reached)
        last = reached.history[-1]
        share = 0.1 + 0.8 * last["epoch"] / options.epochs
        progress(share, f"epoch {last['epoch']:.0f} of {options.epochs}, loss {last['loss']:.2f}")

    if len(state.history) < options.epochs:
        fit(counts.cells, options, state, after_epoch)
    state = read_state(folder) or state
    printed = cord19.printed_forms(files, counts.tokens)
    table = WordVectors(counts.tokens, words_of(state), printed)
    metrics = {"swivel": evaluate(data, table)}
    try:
        # Only if there is a word-similarity set to compare on.
        if metrics["swivel"]:
            progress(0.9, "training skip-gram for comparison")
            metrics["skip-gram"] = evaluate(data, skipgram(files, counts.tokens, options))
    except ImportError:
        progress(1.0, "Gensim is not installed: no skip-gram to compare with")
    pairs = pairs_of_files(
        files, counts.tokens, options.window, lambda _, text: progress(1.0, text)
    )
    return TrainingResult(
        Swivel(table, pairs),
        {
            "corpus": f"{', '.join(f.name for f in files)}: {hub_module.READ[0]}",
            "files": {file.name: checksum.sha256(file) for file in files},
            "words": counts.words,
        },
        asdict(options) | {"tokens": len(counts.tokens)},
        metrics,
        state.history,
        folder,
    )


RECIPES = (
    Recipe(
        "swivel",
        "CORD-19 Swivel, 128-d (Paperlens' re-creation)",
        "Word vectors from the co-occurrences of words in COVID-19 literature, trained by the "
        "method of Google's CORD-19 module on a smaller text. Not Google's weights.",
        (cards.EMBEDDING,),
        train,
    ),
)
