"""The rules of docs/ladder.md, each shown by scenarios that both languages run: tests/js has them, and page.json."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.ladder.script import Player, scenarios
from tests.root import ROOT

ALL = list(scenarios())
RULES = re.compile(r"^(\d+)\. ", re.M)


@pytest.mark.parametrize("scenario", ALL, ids=lambda one: f"{one['rule']}-{one['name']}")
def test_scenario(scenario: dict[str, Any]) -> None:
    player = Player(scenario)
    for at, event, *decided in scenario["steps"]:
        assert player.step(at, event) == decided, f"at {at} ms, {event}"


def test_every_rule_has_a_scenario_and_every_scenario_a_rule() -> None:
    rules = {int(number) for number in RULES.findall((ROOT / "docs" / "ladder.md").read_text("utf-8"))}
    assert rules == set(range(1, max(rules) + 1))
    assert {one["rule"] for one in scenarios(page=True)} == rules


def test_there_are_enough_and_each_has_its_own_name() -> None:
    names = [one["name"] for one in scenarios(page=True)]
    assert len(ALL) >= 60 and len(names) == len(set(names))
