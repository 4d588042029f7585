"""`python -m docs.translations [--check]`: update the translation catalogues.

New texts of the code are added without a translation, unused ones are removed. With `--check`
nothing is written; the exit code is 1 if a translation is missing or unused.
"""

import contextlib
import dataclasses
import importlib
import io
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

import core
from core import cards, i18n, settings, taxonomy
from core.classifiers import registry
from core.classifiers.training_queue import live_label
from core.corpora import scicite
from core.messages import PaperlensError
from core.statistics import aggregates
from core.tasks import TASKS
from core.training.recipe import Options
from pages.classify import examples
from pages.models import published

ENGLISH_ONLY = {
    settings.ROOT / "core" / path
    for path in (
        "corpora/archives.py",
        "corpora/download.py",
        "embeddings/module_download.py",
        "prediction/dask_cluster.py",
    )
}
"""Files whose texts, like those in `CLI`, appear only on the command line, which is English."""
CLI = settings.ROOT / "core" / "cli"
FILE_AND_TEXT = re.compile(r"\S+\.\S+: ")
"""A value on a card that begins with a file name; it is not translated."""


def error_classes(base: type = PaperlensError) -> Iterator[str]:
    """Names of the error classes, whose first argument is a user-visible text."""
    for child in base.__subclasses__():
        yield child.__name__
        yield from error_classes(child)


def texts_in_code() -> Iterator[str | tuple[str, str]]:
    """Every literal passed to gettext, `N_`, a message or an error."""
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    names = ("_", "N_", "gettext", "Message", "PaperlensError", *error_classes())
    plurals = dict.fromkeys(("ngettext", "Counted"), (1, 2))
    keywords = {**plurals, **dict.fromkeys(names)}
    for path in (settings.ROOT / "app.py", *settings.ROOT.glob("[cp]*/**/*.py")):
        if path not in ENGLISH_ONLY and CLI not in path.parents:
            # Babel warns of every f-string among the fields of a text.
            with contextlib.redirect_stderr(io.StringIO()):
                found = extract_from_file("python", path, keywords=keywords)
            yield from (text for _, text, *_ in found)


def texts_in_data() -> Iterator[str]:
    """The texts in tables of names, recipes, model cards, counts and published figures."""
    yield from (taxonomy.name(code) for code in (*taxonomy.ARCHIVES, *taxonomy.SUBJECTS))
    yield from (retired.name for retired in taxonomy.RETIRED.values())
    for task in TASKS.values():
        yield task.title
    for recipe in registry.recipes().values():
        yield from (recipe.label, recipe.summary)
        if "epochs" in recipe.supported_options:
            yield live_label(recipe)
    for card in cards.installed()[0]:
        yield from (card.label, card.summary)
        yield from card_words(card.data | card.parameters)
    yield from (field.name.replace("_", " ") for field in dataclasses.fields(Options))
    for folder in aggregates.aggregates():
        card = aggregates.read_aggregate(folder).card
        yield from (card["title"], card["warning"], card["note"])
    yield from (example.name for example in (*examples.EXAMPLES, *examples.CITATIONS))
    yield from scicite.LABELS
    for figure in published.FIGURES:
        yield from (figure.system, figure.source)
    for curve in published.CURVES:
        yield from (curve.label, curve.source)


def card_words(record: Mapping[str, Any]) -> Iterator[str]:
    """Names and values on a card that are words, not codes, file names or numbers."""
    for name, value in record.items():
        if re.fullmatch("[a-z_ -]+", name):
            yield name.replace("_", " ")
        if isinstance(value, Mapping):
            yield from card_words(value)
        elif isinstance(value, str) and " " in value and not FILE_AND_TEXT.match(value):
            yield value


def template() -> Catalog:
    """A catalogue of all texts, without translations."""
    catalogue = Catalog(fuzzy=False)
    for text in (*texts_in_code(), *texts_in_data()):
        catalogue.add(text)
    return catalogue


def problems(catalogue: Catalog, wanted: Catalog) -> Iterator[str]:
    """Each translation that is missing or unused in a catalogue, as a line."""
    for message in wanted:
        translation = catalogue.get(message.id)
        if message.id and not (translation and translation.string):
            yield f"{catalogue.locale}: no translation of {message.id!r}"
    for message in catalogue:
        if message.id and message.id not in wanted:
            yield f"{catalogue.locale}: nothing uses {message.id!r}"


def main(check: bool) -> int:
    """Update or check the catalogues; print their problems and return the exit code."""
    wanted, found = template(), []
    for code in i18n.LANGUAGES:
        if code == "en":
            continue
        catalogue = i18n.catalogue(code)
        found += problems(catalogue, wanted)
        if not check:
            catalogue.update(wanted, no_fuzzy_matching=True)
            with i18n.catalogue_file(code).open("wb") as file:
                write_po(file, catalogue, width=0, sort_output=True, ignore_obsolete=True)
    sys.stdout.writelines(line + "\n" for line in found)
    return int(bool(check and found))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
