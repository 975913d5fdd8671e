"""The vectors of `tests/vectors`, in the Python client: the JavaScript client runs the same ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import courses

CASES = [(kind, case) for kind in ("reading", "outbox", "acks", "closings") for case in courses.cases(kind)]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}: {case['name']}" for kind, case in CASES])
def test_a_vector(kind: str, case: dict[str, Any]) -> None:
    assert getattr(courses, kind)(case["steps"]) == courses.wanted(case["steps"])
