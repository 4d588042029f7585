"""Options that several commands have, and the types of their values."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from core import settings
from core.files import content
from core.tasks import TASKS

PATH = click.Path(readable=False, path_type=Path)
"""A file or folder; if it is unreadable, the command fails, which is not a usage error."""
STANDARD_INPUT = "standard-input"
"""The name of the file that standard input becomes; in a context's `meta` its folder."""
TASK = click.Choice(list(TASKS))


class Source(click.Path):
    """A file or folder to read; `-` is standard input, as a file that lasts as long as the command.

    Its format is recognised by its content.
    """

    name = "path"

    def __init__(self) -> None:
        super().__init__(readable=False, path_type=Path)

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path. Fails like every Path."""
        if value != "-" or ctx is None:
            return super().convert(value, param, ctx)
        folder = Path(ctx.with_resource(tempfile.TemporaryDirectory()))
        ctx.meta[STANDARD_INPUT] = folder
        file = folder / STANDARD_INPUT
        with file.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        return file.rename(file.with_suffix(content.extension(file)))


SOURCE = Source()


class Count(click.IntRange):
    """A whole number in digits only, not "+5", " 5" or "1_000", which Python also accepts."""

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number. Fails for other text and for a number out of range."""
        if isinstance(value, str) and not value.isdecimal():
            self.fail(f"{value!r} is not a whole number of {self.min} or more.", param, ctx)
        return super().convert(value, param, ctx)


data_option = click.option(
    "--data", type=SOURCE, metavar="PATH", default=settings.data_folder,
    help="The corpus: a file, or a folder of files.  [default: the data folder]",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
model_option = click.option("--model", metavar="NAME", help="[default: the task's default model]")
module_option = click.option(
    "--module", metavar="PATH_OR_HANDLE",
    help="A TF-Hub module with word vectors, or a file of them in word2vec's text format.  "
    "[default: the dashboard's]",
)  # fmt: skip
task_option = click.option(
    "--task", type=TASK, default="archive", show_default=True, help="What the model predicts."
)


def column_option(fields: Sequence[str]) -> Callable[[Callable], Callable]:
    """The option `--column` for the fields of a command."""
    known = ", ".join(fields)

    def column(value: str) -> tuple[str, str]:
        field, _, name = value.partition("=")
        if field not in fields or not name:
            raise click.BadParameter(f"{value!r} is not FIELD=NAME, FIELD one of {known}.")
        return field, name

    return click.option(
        "--column", "columns", type=column, multiple=True, metavar="FIELD=NAME",
        help=f"The column of a field: {known}. May be repeated.",
    )  # fmt: skip


def examples(*commands: str) -> str:
    """The end of a command's help: how it is called."""
    return "\n".join(["\b", "Examples:", *(f"  python -m core {command}" for command in commands)])
