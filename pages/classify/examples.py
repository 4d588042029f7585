"""Example papers and citations from examples.toml, all invented."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PaperExample:
    """An invented paper, and a short description of what it shows."""

    name: str
    title: str
    abstract: str


@dataclass(frozen=True)
class CitationExample:
    """An invented sentence with a citation and its section, and what it shows."""

    name: str
    sentence: str
    section: str


_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
EXAMPLES = tuple(PaperExample(**record) for record in _DATA["paper"])
CITATIONS = tuple(CitationExample(**record) for record in _DATA["citation"])
