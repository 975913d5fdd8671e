"""Whoever applies the same items has the same state, at every place, however late and in whatever groups they come.

The model of test_model.py drives one hub through any history. Its items, and nothing else, are brought to two others.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.logs import Remembering
from tests.server.test_model import LIMITS, Model
from tests.state import state_of
from transport_fallback.hub import Hub
from transport_fallback.log.batch import Cursor


def no_clock() -> float:
    raise AssertionError("applying an item asks no clock")


class Replicas(Model):
    states: list[dict[str, Any]]  # of the hub that wrote, by place, as it was when the item of that place was applied
    copies: list[Hub]

    def new_hub(self) -> Hub:
        if hasattr(self, "copies"):
            self.bring_all()
        hub = Hub(LIMITS, clock=lambda: self.now, log=Remembering)
        self.states, apply = [state_of(hub)], hub.apply

        def applied(*item: Any) -> Any:
            told = apply(*item)
            self.states.append(state_of(hub))
            return told

        hub.apply = applied  # type: ignore[method-assign, assignment]
        self.copies = [Hub(LIMITS, epoch=hub.epoch, clock=no_clock) for _ in range(2)]
        return hub

    @rule(which=st.integers(0, 1), most=st.integers(1, 9))
    def bring(self, which: int, most: int) -> None:
        """A group of what was logged since comes to one of them."""
        copy = self.copies[which]
        items = self.hub.log.items[copy.place : copy.place + most]  # type: ignore[attr-defined]
        for item in items:
            copy.apply(*item)
        assert state_of(copy) == self.states[copy.place]

    @rule(back=st.integers(0, 12))
    def both_are_read(self, back: int) -> None:
        """The same question has the same answer at equal places."""
        behind, ahead = sorted(self.copies, key=lambda copy: copy.place)
        self.bring(self.copies.index(behind), ahead.place - behind.place)
        cursor = Cursor(ahead.epoch, max(0, ahead.end - back))
        for one, other in zip(behind.members.values(), ahead.members.values(), strict=True):
            assert behind.read(one, cursor).text == ahead.read(other, cursor).text

    def bring_all(self) -> None:
        for which in range(2):
            self.bring(which, len(self.states))

    def teardown(self) -> None:
        self.bring_all()


Replicas.TestCase.settings = settings(
    max_examples=int(os.environ.get("LAB_EXAMPLES", "200")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestReplicas = pytest.mark.timeout(600 if "LAB_EXAMPLES" not in os.environ else 3600)(Replicas.TestCase)
