"""Random programs over the running server: each reader is given what it must hear, once and in order, and nothing else.

`make deliveries` plays more of them; tests/delivery says how a program is made, and what each reader must hear.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.delivery.chance import program
from tests.delivery.play import Result, played
from tests.delivery.steps import KINDS, Born, GoOn, Join, Leave, Open, Program, Rest, Say, Settle, Step

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_WAYS = True  # see conftest.py

SEEDS = 30


def shown(result: Result, played: Program) -> str:
    """The faults, and the program as a script that plays it again."""
    return "\n".join([*result.faults, "", played.script()])


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_happens_each_reader_is_given_what_it_must_hear(seed: int) -> None:
    steps = program(seed)
    result = await played(steps)
    assert not result.faults, shown(result, steps)


def test_the_programs_do_all_there_is_to_do() -> None:
    programs = [program(seed) for seed in range(SEEDS)]
    done = Counter(type(step) for one in programs for step in one.steps)
    assert set(done) == set(Step.__args__) and min(done.values()) > 5, done
    kinds = Counter(step.kind for one in programs for step in one.steps if isinstance(step, Open))
    assert set(kinds) == set(KINDS) and min(kinds.values()) > 20, kinds


# A test that disturbs nothing proves nothing: these programs are known to pause lines, cut batches and trim.
@pytest.mark.parametrize("kind", ["sse", "ws"])
async def test_a_reader_that_rests_is_felt_and_reads_on(kind: str) -> None:
    opened: list[Step] = [Born(1), Open(1, 1, kind), Open(2, 1, kind), Settle()]
    said: list[Step] = [Say(n, size=4000) for n in range(1, 41)]
    steps = Program({"batch_messages": 5}, [*opened, Rest(1), *said, Settle(), GoOn(1), Settle()])
    result = await played(steps)
    assert not result.faults, shown(result, steps)
    assert result.figures["pauses"] and result.figures["cut"] and not result.figures["trimmed"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_gap_is_told_once_and_only_to_who_missed_something(kind: str) -> None:
    begun: list[Step] = [Born(1), Born(2), Join(1, "red"), Say(1)]
    said: list[Step] = [Say(n, room="red") for n in range(2, 10)]
    read: list[Step] = [Open(1, 1, kind, 1), Open(2, 2, kind, 1), Settle(), Say(10), Settle()]
    steps = Program({"keep_messages": 5}, [*begun, *said, *read])
    result = await played(steps)
    assert not result.faults, shown(result, steps)
    assert result.figures["trimmed"] == 1


# Both read from one place and are given no message: of the room that one of them had left, nothing is kept.
@pytest.mark.parametrize("first", [1, 2])
async def test_a_gap_is_not_shared(first: int) -> None:
    begun: list[Step] = [Born(1), Born(2), Join(1, "red"), Say(1), Say(2, room="red"), Leave(1, "red")]
    said: list[Step] = [Say(n, room="red") for n in range(3, 10)]
    read: list[Step] = [
        *(Open(n, client, kind, 1) for n, kind in enumerate(KINDS) for client in [first if n % 2 else 3 - first]),
        Settle(),
        *(Open(n + 10, client, kind, 1) for n, kind in enumerate(KINDS) for client in [3 - first if n % 2 else first]),
        Settle(),
    ]
    steps = Program({"keep_messages": 5}, [*begun, *said, *read, Say(10), Settle()])
    result = await played(steps)
    assert not result.faults, shown(result, steps)
    assert result.figures["trimmed"] == len(KINDS)
