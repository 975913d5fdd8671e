"""Theory: the bench's models give what tests/vectors/theory.json says, and so do the page's in JavaScript."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.theory import models
from tests.root import ROOT

VECTORS = json.loads((ROOT / "tests" / "vectors" / "theory.json").read_text("utf-8"))
CURSOR = 16  # bytes, as in the vectors


def law(case: dict[str, Any]) -> tuple[models.Law, float, float]:
    """The law of a case, the share of its answers without a message, and the messages in those that have any."""
    rate, rtt, close = case["rate"], case["rtt"] / 1000, case.get("close", False)
    match case["transport"], case.get("periodic", False):
        case "poll", periodic:
            every = case["every"] / 1000
            found = models.poll(every, rtt, rtt / 2, rate=rate, reconnects=close)
            if not periodic:
                return found, found.empty, found.per_answer
            apart = models.spacing(every, rtt, reconnects=close)
            return found, models.empty_periodic(1 / rate, apart), max(1.0, rate * apart)
        case "longpoll", True:
            found = models.longpoll_periodic(1 / rate, rtt, rtt / 2)
            return found, 0.0, found.per_answer
        case "longpoll", False:
            found = models.longpoll(rate, rtt, rtt / 2, hold=case["hold"] / 1000, reconnects=close)
            return found, found.empty, found.per_answer / (1 - found.empty)
    return models.push(rtt / 2), 0.0, 1.0


@pytest.mark.parametrize("case", VECTORS["laws"], ids=lambda case: f"{case['transport']}-{case['rate']}-{case['rtt']}")
def test_a_law_is_what_the_page_says_too(case: dict[str, Any]) -> None:
    found, empty, per_answer = law(case)
    figures = {
        "mean": found.mean * 1000,
        "most": found.max * 1000,
        "requests": found.requests,
        "empty": empty,
        "perAnswer": per_answer,
    }
    expected = dict(case["is"])
    for q, age in expected.pop("quantiles").items():
        assert found.quantile(float(q)) * 1000 == pytest.approx(age, rel=1e-9, abs=1e-9), f"quantile {q}"
    for name, figure in expected.items():
        assert figures[name] == pytest.approx(figure, rel=1e-9, abs=1e-9), name


def test_bytes_around_a_text() -> None:
    for case in VECTORS["framing"]:
        text = case["text"]
        assert models.ws_bytes(text) - text == case["ws"]
        assert models.sse_bytes(text, CURSOR) - text == case["sse"]


def test_the_five_ratios_of_a_poll_and_a_frame() -> None:
    assert [[ratio.poll, ratio.ws] for ratio in models.five_ratios()] == VECTORS["ratios"]
