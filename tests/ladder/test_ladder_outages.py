"""The ladder through hours of bad networks, in fake time: nothing flaps, and what works is found again."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.root import ROOT
from transport_fallback.client.ladder import REST, REST_MOST, RUNGS, Attempt, End, Ladder, Open, Role, Shut, Tell
from transport_fallback.client.sentences import ENGLISH

MINUTE = 60.0


@dataclass(frozen=True)
class Way:
    """What a network does with one rung: what happens so many s after it was opened, and how often it then beats.

    A batch every few seconds, and not each second: how many come says nothing to the ladder, and all cost the same.
    """

    does: str = "works"  # works, refuses, hangs, dies (after `after` s), mute (after `after` s), idle (dies of silence)
    after: float = 0.2
    rtt: float = 0.02
    beat: float = 4.0


WORKS, REFUSES, HANGS = Way(), Way("refuses"), Way("hangs")
KILLS, MUTE = Way("dies"), Way("mute")
OUT = dict.fromkeys(RUNGS, REFUSES)


class Course:
    """A ladder on a network that may change, and what came of it."""

    def __init__(self, world: dict[str, Way], seed: int = 1, **options: Any) -> None:
        self.ladder = Ladder(chance=random.Random(seed).random, **options)
        self.world = world
        self.now = 0.0
        self.open: dict[int, str] = {}
        self.events: list[Any] = []
        self.tries: list[tuple[float, str]] = []
        self.told: list[tuple[float, str, dict[str, Any]]] = []
        self.silent = 0.0  # s without any reader, after the first
        self._ticket = itertools.count()
        self.ladder.start(0.0)
        self.obey()

    def at(self, after: float, number: int, what: str, *more: Any) -> None:
        heapq.heappush(self.events, (self.now + after, next(self._ticket), number, what, more))

    def obey(self) -> None:
        for decision in self.ladder.decisions():
            if isinstance(decision, Open):
                self.begin(decision.attempt)
            elif isinstance(decision, Shut):
                self.open.pop(decision.attempt.number, None)
            elif isinstance(decision, Tell):
                self.told.append((self.now, decision.event, decision.detail))

    def begin(self, pipe: Attempt) -> None:
        number, rung, beat = pipe.number, pipe.rung, pipe.beat
        self.open[number] = rung
        if pipe.role is not Role.WITNESS:
            self.tries.append((self.now, rung))
        way = self.world[rung]
        if way.does == "refuses":
            return self.at(way.rtt, number, "ended")
        if way.does == "hangs":
            return
        self.at(way.rtt, number, "opened")
        every = beat if way.does == "idle" else min(way.beat, beat)
        self.at(2 * way.rtt, number, "heard", every)
        if way.does == "dies" or way.does == "idle" and every > way.after:
            self.at(2 * way.rtt + way.after, number, "ended")
        if way.does == "mute":
            self.at(2 * way.rtt + way.after, number, "mute")

    def go(self, seconds: float) -> Course:
        until = self.now + seconds
        for _ in range(200_000):
            due = min(self.ladder.due, self.events[0][0] if self.events else math.inf)
            if due > until:
                self.pass_to(until)
                return self
            self.pass_to(max(self.now, due))
            if self.events and self.events[0][0] <= self.now:
                self.happen(*heapq.heappop(self.events)[2:])
            else:
                self.ladder.tick(self.now)
            self.obey()
        raise AssertionError("it runs in a circle")

    def pass_to(self, when: float) -> None:
        if self.ladder.current is None and self.events_of("connect"):
            self.silent += when - self.now
        self.now = when

    def happen(self, number: int, what: str, more: tuple[Any, ...]) -> None:
        if number not in self.open:
            return
        rung = self.open[number]
        if what == "opened":
            self.ladder.opened(number, self.now)
        elif what == "ended":
            del self.open[number]
            self.ladder.ended(number, End("lost", "broke"), self.now)
        elif what == "mute":
            self.events = [event for event in self.events if event[2] != number]
            heapq.heapify(self.events)
        elif self.world[rung].does != "hangs":
            self.ladder.heard(number, self.now)
            self.at(more[0], number, "heard", more[0])

    def change(self, world: dict[str, Way]) -> None:
        """Another network from now on: what it does not carry ends."""
        self.world = world
        for number, rung in list(self.open.items()):
            if world[rung].does == "refuses":
                self.at(0.0, number, "ended")
            elif world[rung].does == "dies":
                self.at(world[rung].after, number, "ended")

    def count(self, rung: str, since: float = 0.0) -> int:
        return sum(tried == rung and at >= since for at, tried in self.tries)

    def events_of(self, name: str) -> int:
        return sum(event == name for _at, event, _detail in self.told)


WAYS = st.sampled_from(
    [WORKS, REFUSES, HANGS, KILLS, MUTE, Way("dies", after=3.0), Way("mute", after=2.0), Way(rtt=1.0)]
)
SEED = st.integers(0, 10_000)


def worlds(*lower: Way) -> st.SearchStrategy[dict[str, Way]]:
    """Any network for ws and sse; longpoll and poll as given."""
    return st.builds(lambda ws, sse: dict(zip(RUNGS, (ws, sse, *lower), strict=True)), WAYS, WAYS)


@settings(max_examples=60, deadline=None)
@given(worlds(WORKS, WORKS), SEED, st.lists(st.floats(1.0, 900.0), min_size=1, max_size=6))
def test_an_outage_of_everything_never_changes_a_verdict(
    world: dict[str, Way], seed: int, outages: list[float]
) -> None:
    course = Course(world, seed).go(20 * MINUTE)
    for seconds in outages:
        before = {rung.name: (rung.rests, len(rung.strikes)) for rung in course.ladder.rungs}
        working = [rung for rung in RUNGS if world[rung] == WORKS]
        course.change(OUT)
        course.go(seconds)
        after = {rung.name: (rung.rests, len(rung.strikes)) for rung in course.ladder.rungs}
        for rung in working:
            assert after[rung] <= before[rung], (rung, [note.text for note in course.ladder.notes][-20:])
        course.change(world)
        course.go(2 * MINUTE)


@settings(max_examples=40, deadline=None)
@given(worlds(WORKS, WORKS), SEED)
def test_nothing_flaps(world: dict[str, Way], seed: int) -> None:
    """In an hour of one network a rung that fails is tried 3 times, and then once a rest: 1, 2, 4, 8, 10, 10 … min.

    Those are 3 + 8 tries; two more rungs of a round may try it while nothing else reads.
    """
    course = Course(world, seed).go(60 * MINUTE)
    rests = 3 + 8 + 4
    for rung in ("ws", "sse"):
        if world[rung].does in ("refuses", "hangs", "dies", "mute") and world[rung].after < 5:
            assert course.count(rung) <= rests, [note.text for note in course.ladder.notes][-40:]
    assert course.events_of("switch") <= 4 * rests and course.events_of("disconnect") == 0


@settings(max_examples=60, deadline=None)
@given(worlds(WORKS, WORKS), SEED)
def test_while_a_lower_rung_delivers_nobody_waits(world: dict[str, Way], seed: int) -> None:
    """What fails on probation costs no silence: the old rung reads on. `mute` after its probation is another matter."""
    course = Course(world, seed).go(60 * MINUTE)
    lives = [way.after for way in (world["ws"], world["sse"]) if way.does in ("dies", "mute")]
    if all(after < 5 for after in lives):
        assert course.silent == 0.0, [note.text for note in course.ladder.notes][-40:]


@settings(max_examples=60, deadline=None)
@given(worlds(WORKS, WORKS), SEED, st.floats(1.0, 3600.0))
def test_what_works_again_is_found_again(world: dict[str, Way], seed: int, bad: float) -> None:
    """Within the longest rest and the longest pause."""
    course = Course(world, seed).go(bad)
    course.change(dict.fromkeys(RUNGS, WORKS))
    course.go(REST_MOST + 60.0)
    assert course.ladder.current and course.ladder.current.rung == "ws"


@settings(max_examples=60, deadline=None)
@given(SEED, st.floats(1.0, 3 * 3600.0))
def test_after_an_outage_of_everything_somebody_reads_within_half_a_minute(seed: int, seconds: float) -> None:
    course = Course(dict.fromkeys(RUNGS, WORKS), seed).go(10.0)
    course.change(OUT)
    course.go(seconds)
    course.change(dict.fromkeys(RUNGS, WORKS))
    course.go(31.0)
    assert course.ladder.current and course.events_of("connect") == 2 - (course.events_of("disconnect") == 0)


ANY = st.fixed_dictionaries(dict.fromkeys(RUNGS, WAYS | st.just(Way("idle", after=8.0))))
HOURS = st.lists(st.tuples(ANY | st.just(OUT), st.floats(0.0, 1800.0)), max_size=6)


# Two that pass and go mute: each dies while the other carries on.
IDLE = Way("idle", after=8.0)
BOTH_MUTE = {"ws": MUTE, "sse": MUTE, "longpoll": WORKS, "poll": WORKS}
# After hours without a network, and a moment of another, one rung has failed far less often than those beside it.
ONE_MUTE = {"ws": MUTE, "sse": REFUSES, "longpoll": WORKS, "poll": WORKS}
SSE_HANGS = {"ws": WORKS, "sse": HANGS, "longpoll": WORKS, "poll": WORKS}
WEEK = [
    (OUT, 1416.7388101618978),
    (OUT, 1416.7388101618978),
    (OUT, 134.27930410703956),
    ({"ws": MUTE, "sse": IDLE, "longpoll": IDLE, "poll": REFUSES}, 704.44965612813),
    ({"ws": WORKS, "sse": IDLE, "longpoll": IDLE, "poll": REFUSES}, 134.27930410703956),
    (OUT, 0.0),
]
DAY = [
    (OUT, 1.2793041070395645),
    (OUT, 1140.0),
    (OUT, 1799.0),
    ({"ws": IDLE, "sse": WORKS, "longpoll": REFUSES, "poll": IDLE}, 0.0),
    ({"ws": MUTE, "sse": IDLE, "longpoll": WORKS, "poll": IDLE}, 189.0),
]


@settings(max_examples=80, deadline=None)
@given(HOURS, worlds(WORKS, WORKS), SEED)
@example(before=[(OUT, 0.0)], world=BOTH_MUTE, seed=0)
@example(before=WEEK, world=ONE_MUTE, seed=1)
@example(before=DAY, world=SSE_HANGS, seed=4)
def test_whatever_was_before_half_an_hour_of_one_network_is_calm(
    before: list[tuple[dict[str, Way], float]], world: dict[str, Way], seed: int
) -> None:
    """The best rung that works is found within the longest rest; one that fails is tried 3 times and once a rest.

    So slow a rung that its patience has to double first may take two rests.
    In half an hour those rests are 1, 2, 4, 8, 10, 10 min at least: 9 tries, each a switch up and down at most.
    """
    course = Course(dict.fromkeys(RUNGS, WORKS), seed)
    for earlier, seconds in before:
        course.change(earlier)
        course.go(seconds)
    course.change(world)
    course.go(REST_MOST * (1 + any(way.rtt >= 1 for way in world.values())) + 60.0)
    since, told, silent = course.now, len(course.told), course.silent
    course.go(30 * MINUTE)
    works = [rung for rung in RUNGS if world[rung].does == "works"]
    events = [event for _at, event, _detail in course.told[told:]]
    assert course.ladder.current and "disconnect" not in events
    for rung in ("ws", "sse"):
        bad = world[rung].does != "works"
        assert course.count(rung, since) <= (9 if bad else 1), [note.text for note in course.ladder.notes][-40:]
    assert events.count("switch") <= 2 * 2 * 9 and course.silent == silent
    if works[0] == "ws":
        assert course.ladder.current.rung == "ws" and not events


@settings(max_examples=60, deadline=None)
@given(SEED, st.floats(4.5, 40.0))
def test_an_idle_timeout_is_lived_with(seed: int, timeout: float) -> None:
    """A middlebox that cuts a silent WebSocket: it is fed twice as often, and then it stays."""
    world = {**dict.fromkeys(RUNGS, WORKS), "ws": Way("idle", after=timeout)}
    course = Course(world, seed).go(30 * MINUTE)
    assert course.count("ws") <= 3 and course.ladder.current and course.ladder.current.rung == "ws"
    assert course.ladder.rungs["ws"].beat <= max(timeout / 2, 2.0) or timeout >= 15


@pytest.mark.parametrize("rtt", [0.3, 1.5, 3.0, 6.0])
def test_a_slow_network_is_no_broken_one(rtt: float) -> None:
    course = Course(dict.fromkeys(RUNGS, Way(rtt=rtt)))
    course.ladder.round_trip(2 * rtt)
    course.go(2 * rtt + 0.1 if rtt < 2 else 60.0)
    assert course.ladder.current
    course.go(REST + 60.0)
    assert course.ladder.current.rung == "ws" and course.events_of("disconnect") == 0


def test_both_ladders_say_the_same_sentences() -> None:
    source = (ROOT / "web" / "client" / "sentences.js").read_text("utf-8")
    table = source.partition("ENGLISH = {")[2].partition("\n};")[0]
    said = {}
    for line in table.splitlines():
        key, colon, form = line.strip().rstrip(",").partition(': "')
        if colon:
            said[key.strip('"')] = form[:-1]
    assert said == ENGLISH
