"""The command line: `python -m core COMMAND`. Its names, columns and exit codes are stable."""

import os
import signal
import sys
from collections.abc import Sequence

import click

from core.cli.console import warn
from core.files.export import NO_SPACE
from core.messages import PaperlensError
from core.text.documents import visible

CLOSED_PIPE = 128 + signal.SIGPIPE
"""The exit code when standard output is closed, as by `head`; shells report it for SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns 0 if it is done, 1 if it failed, 2 for wrong usage, or CLOSED_PIPE.

    It raises nothing: a failure is one line on standard error, wrong usage a few lines.
    """
    try:
        # Imported here, so that Ctrl-C and errors while libraries are loaded are reported too.
        from core.cli.commands import commands

        # Not commands.main, which adds an empty line for Ctrl-C and returns 1 for a closed pipe.
        words = list(sys.argv[1:] if arguments is None else arguments)
        with commands.make_context("python -m core", words) as context:
            commands.invoke(context)
        return 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        error.message = visible(error.message)
        error.show(sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        return CLOSED_PIPE
    except (KeyboardInterrupt, Exception) as error:
        warn(_reason(error))
        return 1
    finally:
        _discard_unwritten_output()


def _reason(error: BaseException) -> str:
    """Why a command failed, in a sentence."""
    match error:
        case click.ClickException():
            return error.message
        case KeyboardInterrupt():
            return "Stopped."
        case MemoryError():
            return "Out of memory; try a smaller file."
        case OSError() if error.errno in NO_SPACE:
            file = f" for {error.filename}" if error.filename else ""
            return f"There is no room{file} ({error.strerror}); free some space and try again."
        case PaperlensError() | OSError():
            return str(error)
    return f"Something went wrong ({type(error).__name__}: {error})."


def _discard_unwritten_output() -> None:
    """Drop unwritten output: Python would try to write it at exit, and report an error."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
