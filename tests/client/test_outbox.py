"""What goes up, whatever is lost, refused or answered twice: the same in both clients, in order and within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.client import courses
from tests.client.courses import Step
from transport_fallback.client.outbox import WINDOW

Client = Callable[[list[Step]], list[Any]]
N = st.integers(1, 6)
HOLE = st.builds(lambda n, at: {"n": n, "error": {"code": "out_of_order", "expected": at}}, N, N)
ACKS = st.lists(st.one_of(st.builds(lambda n: {"n": n}, N), st.builds(lambda n: {"seq": n}, N), HOLE), max_size=6)
SIZE = st.sampled_from([1, 3, 900, 16_000])
TIME = st.integers(0, 9)
TAKE = st.builds(lambda now, most: {"take": now, "most": most}, TIME, st.sampled_from([1, 3, WINDOW]))
STEPS = st.one_of(
    TAKE,  # twice, for without it nothing else says anything
    st.builds(
        lambda n, size, since: {"emit": n, "size": size, "since": since}, st.sampled_from([1, 2, 3, 40]), SIZE, TIME
    ),
    st.builds(lambda seq, size: {"reply": seq, "size": size}, N, SIZE),
    TAKE,
    st.builds(lambda now: {"take_replies": now}, TIME),
    st.builds(lambda now: {"last_words": now}, TIME),
    st.builds(lambda acks, best: {"answer": acks, "best": best}, ACKS, st.integers(0, 6)),
    st.builds(lambda n: {"empties": n}, N),
    st.builds(lambda before: {"give_up": before}, TIME),
    st.sampled_from([{"again": True}, {"forget": True}, {"ask": "acked"}, {"ask": "unanswered"}, {"ask": "empty"}]),
)


@pytest.fixture(scope="module")
def in_javascript() -> Iterator[Client]:
    with courses.javascript("outbox") as client:
        yield client


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=40))
def test_whatever_happens_both_clients_send_the_same(in_javascript: Client, steps: list[Step]) -> None:
    asked = [one for step in steps for one in (step, {"ask": "acked"})]
    came = courses.outbox(asked)
    acked = 0
    for step, gave, upto in zip(steps, came[::2], came[1::2], strict=True):
        if "take" in step:
            assert gave == sorted(gave) and len(gave) <= step["most"]
            assert all(acked < n <= acked + WINDOW for n in gave)
        acked = upto
    assert in_javascript(asked) == came
