"""The REST API of a real server: its answers, its errors, and whatever a fuzzer sends."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator

from benchmarks.server import serving
from core.api import schema
from core.api.schema import BASE, EXAMPLES, GETS, MAX_BYTES, MAX_TEXTS, POSTS, SCHEMAS
from core.cli import main

PAPERS = [
    {
        "id": "one",
        "title": "Ramsey numbers of sparse graphs",
        "abstract": "We prove new upper bounds on the Ramsey numbers of sparse graphs, by the "
        "regularity lemma and a probabilistic embedding theorem.",
    },
    {"title": "Fault-tolerant error correction of superconducting qubits with surface codes"},
    {"id": "none", "title": "", "abstract": " "},
    {"title": "https://arxiv.org/abs/2106.09685"},
    {"id": "=1+1", "title": "天气 \ud800"},
]


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """The address of an API without a token."""
    with serving(PAPERLENS_API="1") as (address, _, _):
        yield f"{address}{BASE}"


def ask(api: str, name: str, body: Any) -> requests.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    return requests.post(f"{api}/{name}", data=content, headers=headers, timeout=120)


def answers(api: str, name: str, body: Any) -> list[dict[str, Any]]:
    response = ask(api, name, body)
    assert response.status_code == 200, response.text
    found = response.json()
    rules = SCHEMAS[POSTS[name][1]] | {"components": {"schemas": SCHEMAS}}
    Draft202012Validator(rules).validate(found)
    return found["answers"]


def refused(response: requests.Response) -> tuple[int, str, str]:
    """The status, code and field of an error."""
    found = response.json()
    Draft202012Validator(SCHEMAS["Error"]).validate(found)
    return response.status_code, found["error"]["code"], found["error"].get("field", "")


def by_command_line(command: str, tmp_path: Path, *options: str) -> list[dict[str, str]]:
    """What the command line answers to the same papers."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.csv"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS))
    assert main([command, str(path), "--out", str(out), *options]) == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_suggestions_are_those_of_the_command_line(api: str, tmp_path: Path) -> None:
    found = answers(api, "suggest", {"papers": PAPERS, "confidence": 0.8})
    assert [answer["id"] for answer in found] == ["one", "2", "none", "4", "=1+1"]
    for answer, row in zip(
        found, by_command_line("suggest", tmp_path, "--confidence", "0.8"), strict=True
    ):
        assert answer["primary"] == row["primary"]
        assert answer["probability"] == (
            float(row["primary_probability"]) if row["primary_probability"] else None
        )
        for name in ("cross_lists", "prediction_set"):
            assert answer[name] == row[name].split()
        assert (answer["certainty"], answer["note"]) == (row["certainty"], row["note"])
    assert [answer["primary"] for answer in found] == ["math.CO", "quant-ph", "", "", ""]


@pytest.mark.parametrize("task", ["archive", "subject", "primary"])
def test_labels_are_those_of_the_command_line(api: str, task: str, tmp_path: Path) -> None:
    found = answers(api, "classify", {"papers": PAPERS, "task": task, "model": "blend"})
    rows = by_command_line("classify", tmp_path, "--task", task)
    for answer, row in zip(found, rows, strict=True):
        assert answer["labels"] == row["predicted"].split()
        assert answer["scores"] == json.loads(row["scores"])
        assert answer["note"] == row["note"]


def test_intents_of_citations(api: str) -> None:
    citations = [{"string": "We trained it as in Smith et al. (2010).", "section": "Methods"}]
    (answer,) = answers(api, "intent", {"citations": citations})
    assert answer["labels"] == ["method"]
    assert sum(answer["scores"].values()) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_examples_work_and_answer_as_described(api: str, name: str) -> None:
    if name in POSTS:
        assert answers(api, name, EXAMPLES[name])
        return
    found = requests.get(f"{api}/{name}?{EXAMPLES[name]}", timeout=120).json()
    Draft202012Validator(SCHEMAS[GETS[name][0]]).validate(found)


def test_words_are_compared_as_on_the_page(api: str) -> None:
    query = [("term", "SARS"), ("term", "zzqx"), ("measure", "inner")]
    found = requests.get(f"{api}/similarity", query, timeout=60).json()
    assert found["values"] == [[1, 0], [0, 0]] and found["unknown"] == ["zzqx"]
    found = requests.get(f"{api}/neighbours", {"term": "SARS", "top": 2}, timeout=60).json()
    assert [word["word"] for word in found["neighbours"]] == ["MERS", "SARSCoV"]
    unknown = requests.get(f"{api}/neighbours?term=zzqx", timeout=60)
    assert refused(unknown) == (404, "unknown", "term")


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("suggest", b"{", (400, "invalid", "")),
        ("suggest", b"\xff", (400, "invalid", "")),
        ("suggest", b"[" * 100_000, (400, "invalid", "")),
        ("suggest", b'{"papers": [{"title": "x"}], "confidence": NaN}', (400, "invalid", "")),
        ("suggest", b" " * (MAX_BYTES + 1), (413, "too_large", "")),
        ("suggest", [], (422, "invalid", "")),
        ("suggest", {}, (422, "invalid", "papers")),
        ("suggest", {"papers": []}, (422, "invalid", "papers")),
        ("suggest", {"papers": [{}] * (MAX_TEXTS + 1)}, (422, "invalid", "papers")),
        ("suggest", {"papers": [{"titel": "x"}]}, (422, "invalid", "papers/0/titel")),
        ("suggest", {"papers": [{}, {"title": 1}]}, (422, "invalid", "papers/1/title")),
        ("suggest", {"papers": [{}], "confidence": 1}, (422, "invalid", "confidence")),
        ("classify", {"papers": [{}], "task": "intent"}, (422, "invalid", "task")),
        ("classify", {"papers": [{}], "model": "../x"}, (404, "unknown", "model")),
        ("intent", {"citations": [{"section": "x"}]}, (422, "invalid", "citations/0/string")),
        ("health", {}, (405, "wrong_method", "")),
        ("nothing", {}, (404, "unknown", "")),
    ],
)
def test_bad_requests_name_the_field(
    api: str, name: str, body: Any, expected: tuple[int, str, str]
) -> None:
    assert refused(ask(api, name, body)) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("similarity", "term"),
        ("similarity?term=a&measure=x", "measure"),
        ("similarity?term=", "term/0"),
        ("neighbours?term=SARS&top=0", "top"),
        ("neighbours?term=SARS&top=ten", "top"),
        ("neighbours?term=SARS&term=MERS", "term"),
        ("models?x=1", "x"),
    ],
)
def test_bad_queries_name_the_field(api: str, query: str, field: str) -> None:
    assert refused(requests.get(f"{api}/{query}", timeout=60)) == (422, "invalid", field)


def test_pages_elsewhere_can_neither_ask_nor_read(api: str) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    asked = requests.post(f"{api}/suggest", data="{}", headers=origin, timeout=60)
    assert refused(asked) == (415, "wrong_type", "")
    for response in (requests.get(f"{api}/health", headers=origin, timeout=60), asked):
        assert "access-control-allow-origin" not in response.headers
        assert response.headers["x-content-type-options"] == "nosniff"


def test_a_token_is_wanted_where_one_is_set() -> None:
    with serving(PAPERLENS_API="1", PAPERLENS_API_TOKEN="s3cret") as (address, _, _):
        url = f"{address}{BASE}/models"
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "s3cret"}):
            response = requests.get(url, headers=headers, timeout=60)
            assert refused(response) == (401, "unauthorized", "")
            assert response.headers["www-authenticate"] == "Bearer"
        right = {"Authorization": "Bearer s3cret"}
        assert requests.get(url, headers=right, timeout=60).status_code == 200
        described = requests.get(f"{address}{BASE}/openapi.json", timeout=60).json()
        assert described["security"] == [{"token": []}]


def test_there_is_no_api_unless_it_is_switched_on() -> None:
    with serving() as (address, _, _):
        response = requests.get(f"{address}{BASE}/health", timeout=60)
        # Streamlit's page, as at any address.
        assert "json" not in response.headers["content-type"]


def test_the_page_of_examples_shows_each(api: str) -> None:
    page = requests.get(api, timeout=60)
    assert page.headers["content-type"].startswith("text/html")
    assert all(f"{BASE}/{name}" in page.text for name in EXAMPLES)


described = schemathesis.openapi.from_dict(schema.openapi(has_token=False))


@described.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_gets_an_answer_of_the_described_shape(case: Any, api: str) -> None:
    case.call_and_validate(base_url=api.removesuffix(BASE), timeout=120)


def test_requests_are_checked_by_what_is_described() -> None:
    assert set(schema.openapi(has_token=False)["paths"]) == {f"{BASE}/{n}" for n in EXAMPLES}
    for rules in SCHEMAS.values():
        Draft202012Validator.check_schema(rules)
