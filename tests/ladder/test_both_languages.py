"""Whatever happens, both ladders decide the same, in the same words, and wait for the same moment.

Times are multiples of 1/1024 s: then s in one language and ms in the other are both exact.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.js.plugin import HERE, lacking
from tests.ladder.script import Player
from transport_fallback.client.ladder import RUNGS

TICK = 1000 / 1024  # ms
ENDINGS = ["lost", "lost", "lost", "leave", "wait", "wait 2000", "again", "refused", "over"]
ONE = ["opened", "heard", "heard", "heard", "doubt", "alive", "deaf", *ENDINGS]
USES = [f"use {rung}{how}" for rung in RUNGS for how in ("", " strict")]
PLACES = ["network home", "network train", "rtt 125", "rtt 1000"]
ALL = [
    *USES,
    *PLACES,
    "start",
    "stop",
    "retry",
    "forget",
    "renew",
    "cut",
    "use auto",
    "chance 0",
    "chance 0.25",
    "chance 0.875",
]

Asked = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def javascript() -> Iterator[Asked]:
    """The ladder of web/client in Node: it is asked a scenario, and answers with its course."""
    if lacking():
        pytest.skip(lacking())
    command = ["node", str(HERE / "answer.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        asks, answers = process.stdin, process.stdout
        assert asks and answers

        def ask(scenario: dict[str, Any]) -> dict[str, Any]:
            asks.write(json.dumps(scenario) + "\n")
            asks.flush()
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer

        yield ask
        asks.close()
        process.wait(10)


def course(rungs: set[str], works: bool, happens: list[tuple[str, int, int]]) -> tuple[Any, list[Any], list[float]]:
    """A scenario, and what the Python ladder decided and waits for at each step of it."""
    options: dict[str, Any] = {"rungs": [rung for rung in RUNGS if rung in rungs]}
    options |= {"verdicts": {"ws": {"works": -60_000}}} if works else {}
    scenario: dict[str, Any] = {"options": options, "chance": 0.5, "steps": []}
    player, decided, due, now = Player(scenario), list[list[str]](), list[float](), 0

    def step(event: str) -> None:
        scenario["steps"].append([now * TICK, event])
        decided.append(player.step(now * TICK, event))
        due.append(player.ladder.due)

    step("start")
    for event, which, pause in happens:
        until = now + pause
        for _ in range(20):  # as a client does, that asks the ladder when it said; but not for ever
            if player.ladder.due * 1024 >= until:
                break
            now = max(now, math.floor(player.ladder.due * 1024) + 1)
            step("tick")
        now = until
        word, *more = event.split()
        attempts = sorted(player.ladder.attempts.items())
        if event in ONE and attempts:
            number, attempt = attempts[which % len(attempts)]
            step(" ".join([word, attempt.rung, str(number), *more]))
        elif (
            event not in ONE
            and not (word == "forget" and player.ladder.stopped)
            and (word != "use" or more[0] in (*rungs, "auto"))
        ):
            step(event)
    return scenario, decided, due


PAUSES = st.sampled_from([0, 1, 20, 100, 700, 3000, 20_000, 700_000])  # of ticks: how long until it happens, about
HAPPENS = st.tuples(st.sampled_from([*ONE, *ONE, *ALL]), st.integers(0, 3), PAUSES.map(lambda pause: pause + 3))


@settings(max_examples=int(os.environ.get("LAB_EXAMPLES", "150")), deadline=None)
@given(st.sets(st.sampled_from(RUNGS), min_size=1), st.booleans(), st.lists(HAPPENS, min_size=1, max_size=40))
def test_whatever_happens_both_ladders_decide_the_same(
    javascript: Asked, rungs: set[str], works: bool, happens: list[tuple[str, int, int]]
) -> None:
    scenario, decided, due = course(rungs, works, happens)
    theirs = javascript(scenario)
    for at, (event, ours) in enumerate(zip(scenario["steps"], decided, strict=True)):
        assert theirs["commands"][at] == ours, f"at step {at}, {event}"
        wanted = None if math.isinf(due[at]) else pytest.approx(due[at] * 1000, abs=1e-6)
        assert theirs["due"][at] == wanted, f"after step {at}, {event}"
