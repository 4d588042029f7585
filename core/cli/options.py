"""Options that several commands have, and the types of their values."""

from pathlib import Path

import click

from core import settings
from core.tasks import TASKS

PATH = click.Path(readable=False, path_type=Path)
"""A file or folder; if it is unreadable, the command fails, which is not a usage error."""
TASK = click.Choice(list(TASKS))


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
    "--data", type=PATH, metavar="PATH", default=settings.data_folder,
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


def examples(*commands: str) -> str:
    """The end of a command's help: how it is called."""
    return "\n".join(["\b", "Examples:", *(f"  python -m core {command}" for command in commands)])
