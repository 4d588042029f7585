"""`python -m docs.command_reference [--check]`: generate the README's command reference.

With --check nothing is written; the exit code is 1 if the README is out of date.
"""

import sys
from pathlib import Path

import click

from core.cli.commands import commands

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- Commands: written by python -m docs.command_reference -->\n"
END = "<!-- End of the commands -->\n"


def reference() -> str:
    """The help text of every command, as Markdown."""
    shape = {"info_name": "python -m core", "terminal_width": 80}
    parent = click.Context(commands, **commands.context_settings, **shape)
    parts = []
    for name, command in commands.commands.items():
        context = click.Context(command, parent, name)
        summary = f"<summary><code>{name}</code>: {command.get_short_help_str(80)}</summary>"
        help_text = command.get_help(context)
        parts.append(f"<details>{summary}\n\n```\n{help_text}\n```\n\n</details>\n")
    return "".join(parts)


old = README.read_text(encoding="utf-8")
new = old[: old.index(BEGIN)] + BEGIN + reference() + old[old.index(END) :]
if "--check" not in sys.argv:
    README.write_text(new, encoding="utf-8")
elif new != old:
    sys.exit("README.md is out of date: run python -m docs.command_reference")
