"""A changed world changes its verdicts: what is said of each claim is known of a made-up run, and of a changed one."""

from __future__ import annotations

import copy
import re

import pytest

from bench.claims import CLAIMS, findings
from bench.claims.finding import Finding
from bench.report.document import parse
from tests.bench import deployed, turns
from tests.bench.test_bench_report import Run, costs_and_faults, framed, latency_experiments, saturation
from tests.bench.turns import FAILS, HOLDS, OPEN, Cell, Turn

AS_MADE, TURNS = turns.AS_MADE | deployed.AS_MADE, turns.TURNS + deployed.TURNS


class Quiet(Run):
    """Its machine is quiet: what differs by a twentieth can be told apart."""

    def noise(self, off: float = 0.01) -> float:
        return super().noise(off / 4)


@pytest.fixture(scope="module")
def world() -> list[Cell]:
    """A whole run, each part of it drawn by itself."""
    made = []
    for part in (latency_experiments, saturation, costs_and_faults):
        run = Quiet()
        part(run)
        made += run.cells
    made += deployed.world()
    for cell in made:
        cell["histogram"] = None  # no verdict asks for it
    return made


def judged(claim: str, world: list[Cell]) -> Finding:
    """What is said of a claim, by the cells of its own experiments."""
    (one,) = [each for each in CLAIMS if each.number == claim]
    own = [cell for cell in world if cell["experiment"] in one.experiments]
    run = Run()
    run.cells = own
    return next(found for each, found in findings(parse(framed(run))) if each is one)


def says(found: Finding, said: str) -> bool:
    return re.fullmatch(said, found.said) is not None


@pytest.mark.parametrize("claim", [claim.number for claim in CLAIMS])
def test_in_the_world_as_it_is_made_each_claim_has_its_verdict(world: list[Cell], claim: str) -> None:
    found = judged(claim, world)
    assert says(found, AS_MADE[claim]), f"{found.said}: {found.measured}"


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: f"{turn.claim} {turn.world}")
def test_a_changed_world_turns_the_verdict(world: list[Cell], turn: Turn) -> None:
    changed = copy.deepcopy(world)
    for cell in changed:
        for change in turn.changes:
            change(cell)
    assert changed != world
    found = judged(turn.claim, changed)
    assert says(found, turn.said), f"{found.said}: {found.measured}"


def test_no_claim_is_without_a_turn_to_another_verdict() -> None:
    turned = {claim.number: [turn.said for turn in TURNS if turn.claim == claim.number] for claim in CLAIMS}
    without = [number for number, said in turned.items() if not set(said) - {AS_MADE.get(number)}]
    assert without == []


def test_a_turn_names_a_verdict_and_an_only_when_its_condition() -> None:
    for said in [*AS_MADE.values(), *(turn.said for turn in TURNS)]:
        assert said in (HOLDS, FAILS, OPEN) or re.match("only when .{5}", said), said
