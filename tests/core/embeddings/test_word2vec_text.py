"""Word vectors as text, read whole or refused with the line to blame."""

from pathlib import Path

import numpy as np
import pytest

from core.embeddings import hub_module, word2vec_text
from core.embeddings.word2vec_text import VectorFileError, read

FILE = Path(__file__).parents[2] / "files" / "vectors_word2vec.txt"


def lines(text: str) -> list[bytes]:
    return text.encode().splitlines(keepends=True)


def test_a_file_is_a_module() -> None:
    module = hub_module.load(FILE)
    assert module.label == "vectors_word2vec.txt"
    assert (module.dimension, module.vocabulary) == (3, 2)
    expected = np.array([[0.1, 0.2, 0.3], [0.2, 0.1, 0.3]], np.float32)
    np.testing.assert_array_equal(module.embed(["coronavirus", "SARS"]), expected)
    assert not module.embed(["sars"]).any()


@pytest.mark.parametrize("header", ["", "3 2\n", "\ufeff3 2\n"])
def test_words_are_tokens_and_printed_as_in_the_file(header: str) -> None:
    table = read("x.vec", lines(f"{header}SARS-CoV-2 1 2\r\nflu\t3  4\n\nchest_pain 5 6\n"))
    assert table.tokens == ("SARSCoV2", "flu", "chestpain")
    assert table.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert table.printed("SARSCoV2") == "SARS-CoV-2"
    assert table.printed("flu") == "flu"
    assert table.embed(["SARS-CoV-2"]).tolist() == [[1, 2]]


def test_of_words_that_become_the_same_the_first_counts() -> None:
    table = read("x", lines("IL-6 1 2\nIL6 3 4\n-- 5 6\n"))
    assert table.tokens == ("IL6",)
    assert table.vectors.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dog 1 2\ncat 1\n", 2),
        ("dog 1 2\ncat 1 2 3\n", 2),
        ("2 2\ndog 1 x\n", 2),
        ("dog 1 nan\n", 1),
        ("dog 1 1e39\n", 1),
        ("a " + "1 " * 5_000, 1),
        ("dog " + "1" * (1 << 18), 1),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_a_bad_line_is_named(text: str, line: int) -> None:
    with pytest.raises(VectorFileError) as error:
        read("x.txt", lines(text))
    assert error.value.fields["line"] == line
    assert error.value.fields["file"] == "x.txt"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"2 3\n", b"dog\ncat\n", b"\xff\xfe 1 2\n"])
def test_a_file_without_vectors_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.txt").write_bytes(content)
    with pytest.raises(VectorFileError):
        hub_module.load(tmp_path / "x.txt")


def test_too_many_numbers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word2vec_text, "MAX_NUMBERS", 4)
    assert len(read("x", lines("a 1 2\nb 3 4\n")).tokens) == 2
    with pytest.raises(VectorFileError) as error:
        read("x", lines("a 1 2\nb 3 4\nc 5 6\n"))
    assert error.value.fields["most"] == 4
