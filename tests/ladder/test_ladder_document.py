"""docs/ladder.md says what the code does: its states and how they follow each other, its endings, its constants."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from tests.ladder.script import Player, scenarios
from tests.root import ROOT
from transport_fallback.client import attempt, judge, ladder, life, rounds, rung, timing
from transport_fallback.client.attempt import Attempt, Kind, State

TEXT = (ROOT / "docs" / "ladder.md").read_text("utf-8")
NAME = re.compile(r"`(\w+)`")


def table(head: str) -> list[list[str]]:
    """The rows of the table that begins with this heading, as cells."""
    lines = TEXT.partition(f"| {head} |")[2].splitlines()[2:]
    rows = lines[: next((at for at, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def names(cell: str) -> list[str]:
    return NAME.findall(cell)


def test_the_states_are_those_of_the_code_and_follow_each_other_as_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set[tuple[str, str]]()
    plain = Attempt.__setattr__

    def watched(one: Attempt, key: str, value: Any) -> None:
        if key == "state" and "state" in one.__dict__ and value is not one.state:
            seen.add((str(one.state), str(value)))
        plain(one, key, value)

    monkeypatch.setattr(Attempt, "__setattr__", watched)
    for scenario in scenarios():
        player = Player(scenario)
        for at, event, *_ in scenario["steps"]:
            player.step(at, event)
    rows = {names(cells[0])[0]: names(cells[-1]) if len(cells) == 3 else [] for cells in table("state")}
    assert list(rows) == [str(state) for state in State]
    assert seen == {(before, after) for after, befores in rows.items() for before in befores}


def test_the_endings_are_those_of_the_code() -> None:
    assert [names(cells[0])[0] for cells in table("kind")] == list(get_args(Kind))


def test_the_constants_are_those_of_the_code() -> None:
    modules = (attempt, judge, ladder, life, rounds, rung, timing)
    told = dict[str, float]()
    for cells in table("name"):
        numbers = [float(number) for number in re.findall(r"[\d.]+", cells[1].replace(",", "").replace(" s ", " "))]
        told |= dict(zip(names(cells[0]), numbers, strict=True))
    kept = {
        key: float(value)
        for module in modules
        for key, value in vars(module).items()
        if key.isupper() and isinstance(value, int | float)
    }
    assert told == kept
