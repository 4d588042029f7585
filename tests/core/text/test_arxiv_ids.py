"""arXiv ids in all the ways people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core import taxonomy
from core.text import arxiv_ids

MONTHS = some.integers(1, 12).map("{:02}".format)
NEW = some.builds(
    "{:02}{}.{:0{}}".format,
    some.integers(7, 40),
    MONTHS,
    some.integers(0, 9_999),
    some.sampled_from((4, 5)),
)
ARCHIVES = some.sampled_from(sorted({*taxonomy.ARCHIVES, *taxonomy.RETIRED}))
NUMBERS = some.builds("{:02}{}{:03}".format, some.integers(0, 99), MONTHS, some.integers(0, 999))
OLD = some.builds("{}/{}".format, ARCHIVES, NUMBERS)
IDS = NEW | OLD
VERSIONS = some.sampled_from(("", "v1", "v12"))
FORMS = (
    "{}",
    "arXiv:{}",
    "arxiv: {}",
    "ARXIV {}",
    "arXiv:{} [cs.CL]",
    "arXiv:{} [astro-ph.GA] 3 Oct 2021",
    "https://arxiv.org/abs/{}",
    "http://www.arxiv.org/abs/{}?context=cs",
    "arxiv.org/pdf/{}",
    "https://arxiv.org/pdf/{}.pdf",
    "https://arxiv.org/html/{}/#S3",
    "export.arxiv.org/abs/{}",
    "https://ar5iv.labs.arxiv.org/html/{}",
    "https://ar5iv.org/abs/{}",
    "10.48550/arXiv.{}",
    "10.48550/ARXIV.{}",
    "doi:10.48550/arXiv.{}",
    "https://doi.org/10.48550/arXiv.{}",
    "http://dx.doi.org/10.48550%2FarXiv.{}",
)
AROUND = some.sampled_from(("{}", "  {}\n", "<{}>", "({})", "“{}”", "{}."))


@given(IDS, VERSIONS, some.sampled_from(FORMS), AROUND)
def test_an_id_is_found_however_it_is_written(
    id: str, version: str, form: str, around: str
) -> None:
    text = around.format(form.format(id + version))
    assert arxiv_ids.find(text) == id
    assert arxiv_ids.normalise(text) == id
    assert arxiv_ids.year_of(text) == arxiv_ids.year_of(id)


@given(IDS, some.sampled_from(FORMS))
def test_an_id_within_a_text_is_not_the_text(id: str, form: str) -> None:
    for text in (f"As shown in {form.format(id)}", f"{form.format(id)} and others", f"{id}, {id}"):
        assert arxiv_ids.find(text) is None
        assert arxiv_ids.normalise(text) == text


@given(some.text(max_size=40) | some.from_regex(r"[a-z.:/ ]*[0-9./v]{1,12}[a-z ]*"))
def test_what_is_found_is_found_again(text: str) -> None:
    found = arxiv_ids.find(text)
    if found:
        assert arxiv_ids.find(found) == found
    assert arxiv_ids.normalise(arxiv_ids.normalise(text)) == arxiv_ids.normalise(text)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("math.AT/9903001", "math/9903001"),
        ("https://arxiv.org/abs/math.GT/0309136v2", "math/0309136"),
        ("HEP-TH/9901001", "hep-th/9901001"),
        ("２１０６．０９６８５", "2106.09685"),
    ],
)
def test_ids_are_as_arxiv_writes_them_today(text: str, id: str) -> None:
    assert arxiv_ids.find(text) == id


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "arXiv", "arXiv:", "v2", "3.14159", "2106.096", "2106.096851", "2113.00001"),
        *("1e5", "10.1000/182", "10.1038/s41586-021-03819-2", "doi:10.1145/2106.09685"),
        *("and/9901001", "hep-th/9913001", "hep-th/99010011", "hep-th 9901001"),
        *("https://arxiv.org/", "https://arxiv.org/list/cs/2106", "https://arxiv.org/abs/"),
        *("https://example.org/abs/2106.09685", "https://notarxiv.org.uk/abs/2106.09685"),
        *("٢١٠٦.٠٩٦٨٥", "2106.09685" * 40, "a." * 149 + "/", "arxiv " * 50),
    ],
)
def test_no_id(text: str) -> None:
    assert arxiv_ids.find(text) is None
    assert arxiv_ids.normalise(text) == text


@pytest.mark.parametrize(
    ("id", "year"),
    [
        ("0704.0297", 2007),
        ("2401.12345", 2024),
        ("2401.12345v2", 2024),
        ("math.AT/9903001", 1999),
        ("hep-th/9108001", 1991),
        ("hep-th/0012001", 2000),
        ("cs/0611012v1", 2006),
        ("704.0297", None),
        ("2413.00001", None),
        ("", None),
        ("https://arxiv.org/abs/2106.09685v2", 2021),
        ("arXiv:hep-th/9901001v2", 1999),
        ("a paper", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_year_of(id: str, year: int | None) -> None:
    assert arxiv_ids.year_of(id) == year
