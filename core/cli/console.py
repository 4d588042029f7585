"""Output of commands: results to standard output, warnings and progress to standard error."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from core.files.export import as_disk_full
from core.messages import Message, Progress
from core.text.documents import visible


def echo(text: str) -> None:
    """Print lines for people, without the control characters that terms and names may hold."""
    _print(visible(text))


def echo_json(value: Any, **style: Any) -> None:
    """Print a value as JSON; style: arguments of json.dumps."""
    _print(json.dumps(value, **style))


def _print(text: str) -> None:
    with as_disk_full("standard output"):
        click.echo(text)


def warn(text: str) -> None:
    """Write one line to standard error."""
    click.echo(one_line(text), err=True)


def one_line(text: str) -> str:
    """A text without line ends and control characters."""
    return " ".join(visible(text).split())


@contextmanager
def progress_bar(log: bool = False, stopped: str = "Stopped.") -> Iterator[Progress]:
    """A `Progress` that is shown on standard error.

    On a terminal it is a bar, removed at the end; elsewhere each report is a line if `log`.
    Ctrl-C raises ClickException with the text `stopped`.
    """
    terminal = sys.stderr.isatty()

    def report(share: float, text: str, **fields: Any) -> None:
        line = f"{share:4.0%} {one_line(Message(text, **fields))}"
        if terminal:
            click.echo(f"\r\033[K[{'#' * round(24 * share):.<24}] {line}", nl=False, err=True)
        elif log:
            click.echo(line, err=True)

    try:
        yield report
    except KeyboardInterrupt:
        raise click.ClickException(stopped) from None
    finally:
        if terminal:
            click.echo("\r\033[K", nl=False, err=True)
