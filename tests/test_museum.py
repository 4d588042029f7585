"""Bad uploads: each is read right or refused in a sentence, by the reader and by the page alike."""

import gzip
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.files.errors import (
    BatchError,
    EmptyFile,
    MissingColumn,
    OtherFormat,
    TooLarge,
)
from core.files.limits import UPLOADED
from core.files.records import read_rows
from core.messages import Message
from tests.visit import visit

TABLE = (
    "id,title,abstract\n"
    "a,Knots naïve,A knot in a loop.\n"
    "b,“Strings”,Open strings end on branes – déjà vu.\n"
)
READ = [
    ("a", "Knots naïve\nA knot in a loop."),
    ("b", "“Strings”\nOpen strings end on branes – déjà vu."),
]
CHINESE = (
    "id,title,abstract\n"
    "a,基于图神经网络的论文分类,本文提出一种方法，用于对科学论文进行分类。\n"
    "b,量子纠缠,我们研究二维系统中的量子纠缠。\n"
)
READ_CHINESE = [
    ("a", "基于图神经网络的论文分类\n本文提出一种方法，用于对科学论文进行分类。"),
    ("b", "量子纠缠\n我们研究二维系统中的量子纠缠。"),
]


def zeros() -> bytes:
    """A gigabyte of zeros, packed."""
    return gzip.compress(bytes(1 << 24)) * 64


def repeated() -> bytes:
    """A gigabyte of good rows, packed: no line of it is odd."""
    return gzip.compress(b"title,abstract\n") + gzip.compress(b"Knots,A knot.\n" * (1 << 20)) * 70


def zipped() -> bytes:
    """A ZIP archive with a good table."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("in.csv", TABLE)
    return out.getvalue()


HUGE = "id,title\na," + "x" * 50_000_000 + "\nb,Knots\n"
QUOTE = 'id,title,abstract\na,"Knots in loops,text\nb,Tori,holes\nc,"Quoted, title",loops\nd,Z,y\n'
LAST = 'id,title\na,Knots\nb,"Tori and\nholes\n'

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x1b[31m\x00\xff\xfe" * 40

Wanted = list[tuple[str, str | dict[str, Any]]] | type[BatchError]
"""Each row's identifier and its text, or its note's fields; or the error that refuses the file."""

MUSEUM: dict[str, tuple[str, bytes | Callable[[], bytes], Wanted]] = {
    "utf-8": ("in.csv", TABLE.encode(), READ),
    "bom": ("in.csv", b"\xef\xbb\xbf" + TABLE.encode(), READ),
    "utf-16 chinese": ("in.csv", CHINESE.encode("utf-16"), READ_CHINESE),
    "utf-16": ("in.csv", TABLE.encode("utf-16"), READ),
    "utf-16-be": ("in.csv", b"\xfe\xff" + TABLE.encode("utf-16-be"), READ),
    "utf-16 without a mark": ("in.csv", TABLE.encode("utf-16-le"), READ),
    "utf-16 json": ("in.jsonl", '{"id": "a", "title": "é"}\n'.encode("utf-16"), [("a", "é")]),
    "gb18030": ("in.csv", CHINESE.encode("gb18030"), READ_CHINESE),
    "gb18030 json": (
        "in.jsonl",
        '{"id": "a", "title": "量子纠缠与拓扑序"}\n'.encode("gb18030"),
        [("a", "量子纠缠与拓扑序")],
    ),
    "windows": ("in.csv", TABLE.encode("cp1252"), READ),
    "latin-1": (
        "in.csv",
        TABLE.replace("“", "").replace("”", "").replace(" –", ",").encode("latin-1")
        .replace(b"branes, d\xe9j\xe0", b'branes; d\xe9j\xe0'),
        [READ[0], ("b", "Strings\nOpen strings end on branes; déjà vu.")],
    ),
    "one stray byte": (
        "in.csv", TABLE.encode() + b"c,Caf\xe9,Tori\n", [*READ, ("c", "Café\nTori")],
    ),
    "semicolons": (
        "in.csv", b"id;title;abstract\na;Knots, tied;x\n", [("a", "Knots, tied\nx")],
    ),
    "tabs in .csv": ("in.csv", b"id\ttitle\na\tKnots, tied\n", [("a", "Knots, tied")]),
    "commas in .tsv": ("in.tsv", b"id,title\na,Knots\n", [("a", "Knots")]),
    "capitals": ("in.csv", b"ID,TITLE,Abstract\na,Knots,x\n", [("a", "Knots\nx")]),
    "old mac": ("in.csv", b"id,title\ra,Knots\rb,Tori\r", [("a", "Knots"), ("b", "Tori")]),
    "ragged": (
        "in.csv",
        b"id,title,abstract\na,Knots\nb,1,2,3\nc,Tori,x\n",
        [("a", "Knots"), ("2", {"number": 2, "cells": 4, "header": 3}), ("c", "Tori\nx")],
    ),
    "nuls": ("in.csv", b"id,title\na,Kn\0ots\n", [("a", "Knots")]),
    "duplicate headers": ("in.csv", b"id,title,title\na,Knots,Tori\n", [("a", "Knots")]),
    "formulas": ("in.csv", b'id,title\n=1+1,"=HYPERLINK(1)"\n', [("=1+1", "=HYPERLINK(1)")]),
    "quote": (
        "in.csv",
        QUOTE.encode(),
        [
            ("1", {"number": 1}),
            ("b", "Tori\nholes"),
            ("c", "Quoted, title\nloops"),
            ("d", "Z\ny"),
        ],
    ),
    "quote at the end": (
        "in.csv",
        LAST.encode(),
        [
            ("a", "Knots"),
            ("2", {"number": 2}),
            ("holes", {"number": 3}),
        ],
    ),
    "huge cell": (
        "in.csv",
        HUGE.encode(),
        [("1", {"number": 1, "most": 4_000_000}), ("b", "Knots")],
    ),
    "long cell": (
        "in.csv",
        b"id,title\na," + b"x" * 1_000_001 + b"\nb,Knots\n",
        [("1", {"number": 1, "most": 1_000_000}), ("b", "Knots")],
    ),
    "huge json": (
        "in.jsonl",
        b'{"title": "' + b"x" * 50_000_000 + b'"}\n{"id": "b", "title": "Knots"}\n',
        [("1", {"number": 1, "most": 4_000_000}), ("b", "Knots")],
    ),
    "json array over lines": (
        "in.json",
        b'[\n{"title": "Knots"}\n]\n',
        [("1", "Knots")],
    ),
    "hidden characters": (
        "in.jsonl",
        b'{"id": "a", "title": "Kn\\u202eots\\u0007", "abstract": "\\u2066lo\\u0000op\\u2069"}\n',
        [("a", "Knots\nloop")],
    ),
    "gzip by another name": ("in.csv", gzip.compress(TABLE.encode()), READ),
    "header only": ("in.csv", b"title,abstract\n", EmptyFile),
    "empty": ("in.csv", b"", EmptyFile),
    "blank": ("in.csv", b"\n \n\n", EmptyFile),
    "zip": ("in.csv", zipped, OtherFormat),
    "packed header only": ("in.csv.gz", gzip.compress(b"title,abstract\n"), EmptyFile),
    "empty json": ("in.jsonl", b"", EmptyFile),
    "blank json": ("in.jsonl", b"\n\n", EmptyFile),
    "empty parquet": ("in.parquet", b"", OtherFormat),
    "picture": ("in.csv", PNG, OtherFormat),
    "picture as .tsv": ("in.tsv", PNG, OtherFormat),
    "picture as .jsonl": ("in.jsonl", PNG, OtherFormat),
    "picture as .parquet": ("in.parquet", PNG, OtherFormat),
    "picture as .gz": ("in.jsonl.gz", PNG, OtherFormat),
    "picture as .zst": ("in.jsonl.zst", PNG, OtherFormat),
    "other columns": ("in.csv", b"name,words\nx,y\n", MissingColumn),
    "long header": ("in.csv", b"x" * 3_000_000 + b"\n1\n", MissingColumn),
    "noise": ("in.csv", bytes(range(256)) * 9, MissingColumn),
    "zeros": ("in.csv.gz", zeros, OtherFormat),
    "bomb": ("in.csv.gz", repeated, TooLarge),
    "100,000 columns": (
        "in.csv",
        ",".join(f"title{i}" for i in range(100_000)).encode() + b"\n1\n",
        TooLarge,
    ),
    "1,001 columns": (
        "in.csv",
        ",".join(f"c{i}" for i in range(1_001)).encode() + b"\n1\n",
        TooLarge,
    ),
}  # fmt: skip


def piece(name: str) -> tuple[str, bytes, Wanted]:
    """A file's name, its bytes, and what is read or said; large ones are made when asked for."""
    file, content, wanted = MUSEUM[name]
    return file, content() if callable(content) else content, wanted


@pytest.fixture(params=MUSEUM)
def exhibit(request: pytest.FixtureRequest) -> tuple[str, bytes, Wanted]:
    """A piece of the museum."""
    return piece(request.param)


def test_the_reader_reads_it_right_or_says_why(
    exhibit: tuple[str, bytes, Wanted], tmp_path: Path
) -> None:
    name, content, wanted = exhibit
    path = tmp_path / name
    path.write_bytes(content)
    if isinstance(wanted, type):
        with pytest.raises(wanted) as caught:
            for _ in read_rows(path, limits=UPLOADED):
                pass
        assert caught.value.fields["name"] == name
        assert len(str(caught.value)) < 800
        assert "\x1b" not in str(caught.value)
    else:
        rows = [
            (row.id, dict(row.note.fields) if isinstance(row.note, Message) else row.text.strip())
            for row in read_rows(path)
        ]
        assert rows == wanted


SHOWN = ("utf-16", "quote", "zip", "ragged")
"""One of each fate. The page shows what the reader gives, which is tested above for all."""


def test_the_page_does_the_same_and_goes_on(tiny_models: Path) -> None:
    app = visit("classify", {"kind": "Batch"})
    for number, (name, content, wanted) in enumerate(map(piece, SHOWN)):
        app.file_uploader[0].set_value((name, content, "text/csv")).run()
        if not app.error:
            app.button(key="many-start").click().run()
            deadline = time.monotonic() + 60
            while any(button.key == "many-cancel" for button in app.button):
                assert time.monotonic() < deadline
                app.run()
        assert not app.exception, name
        if isinstance(wanted, type):
            assert len(app.error) == 1, number
            assert name in app.error[0].value.replace("\\", "")
            continue
        assert not app.error, number
        shown = app.dataframe[1].value.sort_values("row")
        for (_, read), note, text in zip(wanted, shown["note"], shown["text"], strict=True):
            # Words that no model knows have a note as well.
            assert note if isinstance(read, dict) else text.split() == read[:300].split()
