"""The taxonomy is complete and holds together."""

import os
from pathlib import Path

import pytest

from core import i18n, taxonomy
from core.i18n import label_title
from core.taxonomy import (
    ALIASES,
    ARCHIVES,
    COURSE_ARCHIVES,
    RETIRED,
    SUBJECTS,
)

COURSE = Path(os.environ.get("PAPERLENS_DATA", ""), "arxiv", "arxiv-course.jsonl.zst")


def test_the_numbers_are_arxivs() -> None:
    assert len(ARCHIVES) == 20
    assert len(RETIRED) == 18
    assert len(SUBJECTS) == 155


def test_the_course_has_34_archives_in_sorted_order() -> None:
    assert len(COURSE_ARCHIVES) == 34
    assert list(COURSE_ARCHIVES) == sorted(COURSE_ARCHIVES)
    assert set(COURSE_ARCHIVES) <= set(ARCHIVES) | set(RETIRED)
    assert COURSE_ARCHIVES[3] == "astro-ph"
    assert COURSE_ARCHIVES[19] == "math"


def test_every_subject_is_of_a_live_archive_and_every_live_archive_has_one() -> None:
    assert {taxonomy.archive_of(code) for code in SUBJECTS} == set(ARCHIVES)


def test_a_bare_category_has_the_name_of_its_archive() -> None:
    for code in SUBJECTS.keys() & ARCHIVES.keys():
        assert SUBJECTS[code] == ARCHIVES[code]


def test_retired_archives_lead_to_live_subjects() -> None:
    for code, retired in RETIRED.items():
        assert taxonomy.is_retired(code)
        assert taxonomy.name(code) == retired.name
        assert taxonomy.successor(code) in SUBJECTS
    assert taxonomy.successor("cmp-lg") == "cs.CL"
    assert taxonomy.successor("mtrl-th") == "cond-mat.mtrl-sci"


def test_files_have_names_in_english() -> None:
    with i18n.use_language("zh"):
        assert taxonomy.title("cs") == "Computer Science (cs)"
        assert taxonomy.title("cmp-lg") == "Computation and Language (cmp-lg), retired"
        assert taxonomy.title("zz") == "zz"
        assert label_title("cs") == "计算机科学 (cs)"
        assert label_title("cmp-lg") == "计算与语言 (cmp-lg)，已停用"
        assert label_title("zz") == "zz"
    for code in (*SUBJECTS, *RETIRED):
        assert label_title(code) == taxonomy.title(code)
        assert taxonomy.is_retired(code) == (code in RETIRED) == (taxonomy.successor(code) != code)


def test_no_two_subjects_of_an_archive_have_one_chinese_name() -> None:
    chinese = i18n.catalogue("zh")
    named = [(taxonomy.archive_of(code), chinese[SUBJECTS[code]].string) for code in SUBJECTS]
    assert len(set(named)) == len(named)


def test_aliases_are_live_and_of_different_archives() -> None:
    assert len(ALIASES) == 6
    for alias, canonical in ALIASES.items():
        assert {alias, canonical} <= set(SUBJECTS)
        assert taxonomy.archive_of(alias) != taxonomy.archive_of(canonical)
        assert canonical not in ALIASES


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("cs.AI", "Artificial Intelligence"),
        ("cond-mat.str-el", "Strongly Correlated Electrons"),
        ("astro-ph", "Astrophysics"),
        ("hep-th", "High Energy Physics - Theory"),
        ("solv-int", "Exactly Solvable and Integrable Systems"),
        ("no.such", "no.such"),
    ],
)
def test_names(code: str, name: str) -> None:
    assert taxonomy.name(code) == name


@pytest.mark.parametrize(
    ("categories", "archives"),
    [
        ("solv-int adap-org hep-th nlin.AO nlin.SI", ("solv-int", "adap-org", "hep-th", "nlin")),
        ("cond-mat.mtrl-sci", ("cond-mat",)),
        ("math.MP  math-ph ", ("math", "math-ph")),
        ("", ()),
    ],
)
def test_archives_of_a_paper(categories: str, archives: tuple[str, ...]) -> None:
    assert taxonomy.archives_of(categories) == archives


@pytest.mark.parametrize(
    "text",
    [
        '["stat.ML","hep-th"]',
        "['stat.ML', 'hep-th']",
        '["stat.ML hep-th"]',
        "stat.ML, hep-th",
        "stat.ML;hep-th;",
    ],
)
def test_split_categories_reads_lists(text: str) -> None:
    assert taxonomy.split_categories(text) == ("stat.ML", "hep-th")
    assert taxonomy.archives_of(text) == ("stat", "hep-th")


@pytest.mark.skipif(not COURSE.is_file(), reason="no course's corpus in PAPERLENS_DATA")
def test_every_category_that_occurs_has_a_name() -> None:
    import duckdb

    rows = duckdb.sql(
        "SELECT DISTINCT unnest(string_split(categories, ' ')) FROM read_json("
        f"'{COURSE}', format='newline_delimited', columns={{'categories': 'VARCHAR'}})"
    ).fetchall()
    known = SUBJECTS.keys() | ARCHIVES.keys() | RETIRED.keys()
    assert {code for (code,) in rows} <= known
