"""Sentences that cite, in paragraphs as papers have them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import ROOT
from core.text.citing_sentences import MAX_SENTENCES, cites, find, find_several, split

PARAGRAPH = """Deep networks dominate vision [3]. Smith et al. (2010) showed, e.g. in Fig. 2, that
they scale. We use J. R. Quill's assay (Quill, 1998; Doe et al. 2011). Nothing is cited here. The
survey (in 1998) was small. This was seen before.¹² It agrees with Miller (2004). See Eq. 3 and
Sec. 4 for details. As noted by Brown and Green 2009, it fails. "Yes," they wrote [4, 5]. We follow
\\cite{lee}. Results are in line with earlier work.12,13 Others disagree (Roe 2001. Personal
note)."""
CITING = [
    "Deep networks dominate vision [3].",
    "Smith et al. (2010) showed, e.g. in Fig. 2, that they scale.",
    "We use J. R. Quill's assay (Quill, 1998; Doe et al. 2011).",
    "This was seen before.¹²",
    "It agrees with Miller (2004).",
    "As noted by Brown and Green 2009, it fails.",
    '"Yes," they wrote [4, 5].',
    "We follow [1].",
    "Results are in line with earlier work.12,13",
    "Others disagree (Roe 2001. Personal note).",
]


def test_the_citing_sentences_of_a_paragraph() -> None:
    assert find(PARAGRAPH) == CITING
    assert find_several(PARAGRAPH) == CITING
    assert len(split(PARAGRAPH)) == len(CITING) + 3


@pytest.mark.parametrize(
    "sentence",
    [
        "The index [a, b] is empty.",
        "In 1998 it rose by 3.5 percent.",
        "It was small (in 1998).",
        "See Fig. 3 and Table 2.",
        "",
    ],
)
def test_numbers_alone_cite_nothing(sentence: str) -> None:
    assert not cites(sentence)


def test_every_kind_of_mark_cites() -> None:
    path = ROOT / "tests" / "files" / "citation_masks.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        sentence = json.loads(line)["string"]
        assert len(find(sentence)) == 1, sentence


def test_one_sentence_is_no_paragraph() -> None:
    assert find_several("We follow Quill et al. (1998). Nothing else is said.") == []
    assert find_several("") == []


def test_a_long_text_is_cut() -> None:
    assert len(find_several("We follow [1]. " * 5_000)) == MAX_SENTENCES


@given(st.text(st.sampled_from("aB .,;()[]1920¹-\n\"'“"), max_size=200))
def test_no_letter_is_lost(text: str) -> None:
    kept = "".join(split(text))
    assert [c for c in kept if not c.isspace()] == [c for c in text if not c.isspace()]
