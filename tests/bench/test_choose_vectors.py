"""Choosing: this code gives what tests/vectors/choose.json says, and so does the page's calculator in JavaScript."""

from __future__ import annotations

import json

import pytest

from bench.choose import page
from bench.choose.command import RUN
from bench.choose.facts import facts
from bench.report.runs import read_all
from tests.docs.written import text

VECTORS = json.loads(page.VECTORS.read_text("utf-8"))


@pytest.mark.parametrize("n", range(len(page.CASES)))
def test_a_case_is_what_the_page_says_too(n: int) -> None:
    told, expected = page.vectors(VECTORS["facts"])["cases"][n], VECTORS["cases"][n]
    assert (told["knobs"], told["order"]) == (expected["knobs"], expected["order"])
    for transport, figures in expected["rows"].items():
        assert told["rows"][transport] == pytest.approx(figures, rel=1e-9)


def test_the_cases_are_not_all_alike() -> None:
    assert {case["order"][0] for case in VECTORS["cases"]} >= {"poll", "sse"}
    assert {row["beyond"] for case in VECTORS["cases"] for row in case["rows"].values()} == {True, False}
    assert max(row["processes"] for case in VECTORS["cases"] for row in case["rows"].values()) > 1


def test_the_page_has_the_costs_of_the_committed_runs() -> None:
    assert text("web/page/calculator/facts.js") == page.script(facts(read_all(RUN)))
