"""Whoever applies the same items has the same state, at every place, however late and in whatever groups they come.

The models of test_model.py and test_clients_model.py drive one hub through any history. Its items and nothing else are
brought to two others, which ask no clock and have no clients.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.logs import Copies
from tests.server import test_clients_model, test_model
from transport_fallback.hub import Hub
from transport_fallback.log.batch import Cursor

which = st.integers(0, 1)
some = st.integers(1, 9)


class Messages(test_model.Model):
    """What may be read: messages, births, rooms."""

    copies: Copies

    def new_hub(self) -> Hub:
        if hasattr(self, "copies"):
            self.copies.bring_all()
        self.copies = Copies(test_model.LIMITS, lambda: self.now)
        return self.copies.hub

    @rule(which=which, most=some)
    def brought(self, which: int, most: int) -> None:
        self.copies.bring(which, most)

    @rule(back=st.integers(0, 12))
    def both_are_read(self, back: int) -> None:
        """The same question has the same answer at equal places."""
        self.copies.bring_all()
        one, other = self.copies.others
        cursor = Cursor(one.epoch, max(0, one.end - back))
        for mine, theirs in zip(one.members.values(), other.members.values(), strict=True):
            assert one.read(mine, cursor).text == other.read(theirs, cursor).text

    def teardown(self) -> None:
        self.copies.bring_all()


class People(test_clients_model.Model):
    """What everybody must know: who is here, what was claimed and answered, who has left."""

    copies: Copies

    def new_hub(self) -> Hub:
        self.copies = Copies(test_clients_model.LIMITS, lambda: self.now)
        return self.copies.hub

    @rule(which=which, most=some)
    def brought(self, which: int, most: int) -> None:
        self.copies.bring(which, most)

    def teardown(self) -> None:
        self.copies.bring_all()
        super().teardown()


SETTINGS = settings(
    max_examples=int(os.environ.get("LAB_EXAMPLES", "50")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Messages.TestCase.settings = People.TestCase.settings = SETTINGS
LONG = pytest.mark.timeout(600 if "LAB_EXAMPLES" not in os.environ else 3600)
TestMessages, TestPeople = LONG(Messages.TestCase), LONG(People.TestCase)
