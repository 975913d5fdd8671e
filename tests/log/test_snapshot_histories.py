"""A hub from a snapshot and what was logged since is one that applied everything: at every place of any history."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.log.histories import Chance, replay
from tests.server import test_clients_model, test_model
from transport_fallback.hub import Hub
from transport_fallback.log.items import Item
from transport_fallback.protocol.limits import Limits

EXAMPLES = int(os.environ.get("LAB_EXAMPLES", "60"))
LONG = pytest.mark.timeout(600 if "LAB_EXAMPLES" not in os.environ else 3600)


@LONG
@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_is_logged_a_snapshot_says_all_of_it(seed: int) -> None:
    replay([*Chance(seed).items(120)], random.Random(seed))


class Journal:
    """The items of one hub as it applies them."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.items, apply = hub, list[Item](), hub.apply

        def applied(*item: object) -> object:
            self.items.append(Item(*item))  # type: ignore[arg-type]
            return apply(*item)  # type: ignore[arg-type]

        hub.apply = applied  # type: ignore[method-assign, assignment]

    def replay(self, limits: Limits) -> None:
        replay(self.items[:200], random.Random(len(self.items)), limits)


class Messages(test_model.Model):
    """What may be read: messages, births, rooms."""

    journal: Journal

    def new_hub(self) -> Hub:
        if hasattr(self, "journal"):
            self.journal.replay(test_model.LIMITS)
        self.journal = Journal(super().new_hub())
        return self.journal.hub

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.replay(test_model.LIMITS)


class People(test_clients_model.Model):
    """What everybody must know: who is here, what was claimed and answered, who has left."""

    journal: Journal

    def new_hub(self) -> Hub:
        self.journal = Journal(super().new_hub())
        return self.journal.hub

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "journal"):
            self.journal.replay(test_clients_model.LIMITS)


Messages.TestCase.settings = People.TestCase.settings = settings(
    max_examples=EXAMPLES // 3,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestMessages, TestPeople = LONG(Messages.TestCase), LONG(People.TestCase)
