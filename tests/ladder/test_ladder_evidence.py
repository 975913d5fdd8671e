"""What counts against a rung: its own failures, and never an outage of everything, however long, however it fails."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ladder.test_ladder import Play, settled
from tests.ladder.test_ladder_outages import HANGS, KILLS, MUTE, REFUSES, WORKS, Course, Way
from transport_fallback.client.ladder import RUNGS, Attempt, End, Role

LOST, TIME = End("lost", "the line broke"), End("time", "no first batch in time")


class Outages(Course):
    """A network that is well, but for outages of everything: nothing passes from `fall` until `rise`.

    refused: every line is reset, no new one opens. gateway: what stands stands, no new one opens. hole: no byte passes,
    and what was open in it is dead for ever. thaw: no byte passes, and what was sent comes when it is over, a new
    line when TCP tries again, 1, 3, 7 … s after its first attempt (RFC 6298).
    """

    def __init__(self, rungs: tuple[str, ...] = RUNGS, world: dict[str, Way] | None = None, seed: int = 1) -> None:
        self.out = ""
        self.dead: set[int] = set()
        self.held: list[tuple[int, str, tuple[Any, ...]]] = []
        self.knocking: list[tuple[float, Attempt]] = []
        self.dice = random.Random(seed)
        super().__init__(world or dict.fromkeys(RUNGS, WORKS), seed, rungs=rungs)

    def fall(self, how: str) -> None:
        self.out = how
        for number in self.open:
            if how == "refused":
                self.at(self.dice.uniform(0, 0.003), number, "ended")
        self.dead |= set(self.open) if how == "hole" else set()

    def rise(self) -> None:
        self.out, held, self.held = "", self.held, []
        for number, what, more in held:
            self.at(0.001, number, what, *more)
        knocking, self.knocking = self.knocking, []
        for began, pipe in knocking:
            again = next(began + 2**tries - 1 for tries in range(1, 20) if began + 2**tries - 1 > self.now)
            self.at(again - self.now, pipe.number, "begin", pipe)

    def begin(self, pipe: Attempt) -> None:
        if not self.out:
            return super().begin(pipe)
        self.open[pipe.number] = pipe.rung
        if self.out in ("refused", "gateway"):
            self.at(0.02, pipe.number, "ended")
        elif self.out == "hole":
            self.dead.add(pipe.number)
        else:
            self.knocking.append((self.now, pipe))

    def happen(self, number: int, what: str, more: tuple[Any, ...]) -> None:
        if number in self.dead or number not in self.open:
            return
        if what == "begin":
            super().begin(more[0])
        elif self.out == "thaw":
            self.held.append((number, what, more))
        elif self.out and what != "ended" and self.out != "gateway":
            return
        else:
            super().happen(number, what, more)


HOWS = st.sampled_from(["refused", "gateway", "hole", "thaw"])
LADDERS = st.sampled_from([RUNGS, ("ws", "longpoll"), ("ws", "poll"), ("sse", "longpoll", "poll"), ("ws", "sse")])
SECONDS = st.floats(0.0, 0.1) | st.floats(0.0, 3.0) | st.floats(0.0, 60.0)


@settings(max_examples=400, deadline=None)
@given(
    LADDERS, st.integers(0, 10**6), st.booleans(), st.lists(st.tuples(SECONDS, HOWS, SECONDS), min_size=1, max_size=4)
)
def test_no_outage_of_everything_counts_against_any_rung(
    rungs: tuple[str, ...], seed: int, quiet: bool, outages: list[tuple[float, str, float]]
) -> None:
    world = dict.fromkeys(RUNGS, Way(beat=1000.0) if quiet else WORKS)
    course = Outages(rungs, world, seed)
    for after, how, seconds in outages:
        course.go(after)
        course.fall(how)
        course.go(seconds)
        course.rise()
        course.go(100)
        for rung in course.ladder.rungs:
            assert not rung.strikes and not rung.rests, (
                rung.name,
                [f"{n.at} {n.text}" for n in course.ladder.notes][-60:],
            )
    assert course.ladder.current and course.ladder.current.rung == rungs[0]


# ---- each rule of evidence.py


def beside(*rungs: str, **options: Any) -> Play:
    """The lowest of these reads, and the first is being tried beside it."""
    play = Play(rungs=rungs or ("ws", "longpoll"), **options).start()
    play.beat(play.rungs[0])
    assert "ws" in play.rungs
    return play


def proven(play: Play, rung: str = "ws") -> bool:
    return play.ladder.rungs[rung].once is not None


def witness(play: Play) -> int:
    return next(pipe.number for pipe in play.ladder.attempts.values() if pipe.role is Role.WITNESS)


def answer(play: Play) -> None:
    play.ladder.heard(witness(play), play.now)
    play.obey()


def test_what_broke_beside_a_reading_that_stands_is_proven_by_a_witness_asked_at_once() -> None:
    play = beside()
    play.lose("ws")
    assert not proven(play)
    answer(play)
    assert proven(play)


def test_what_the_standing_reading_brings_later_proves_nothing_without_a_witness() -> None:
    """An old line may stand while no new one opens."""
    play = beside()
    play.lose("ws")
    play.ladder.heard(1, play.now + 0.1)
    play.ladder.ended(witness(play), LOST, play.now + 0.2)
    play.obey()
    play.ladder.heard(1, play.now + 0.3)
    assert not proven(play)


def test_an_answer_after_the_spanning_reading_broke_proves_nothing() -> None:
    play = beside("ws", "longpoll", "poll")
    play.lose("ws")
    play.ladder.ended(1, LOST, play.now)  # it is out, too, and by the time of the answer all is well again
    play.now += 0.05
    answer(play)
    assert not proven(play) and play.ladder.current and play.ladder.current.rung == "poll"


def test_a_reading_that_began_later_spans_nothing() -> None:
    play = Play(rungs=("ws", "longpoll"), verdicts={"ws": {"works": -60.0}}).start()
    play.wait(0.15)
    play.now += 0.02
    play.beat("longpoll")
    play.now += 0.02
    play.lose("ws")
    assert not any(pipe.role is Role.WITNESS for pipe in play.ladder.attempts.values()) and not proven(play)


def test_a_ws_that_dies_alone_is_not_judged_and_the_next_beside_its_heir_is() -> None:
    play = settled(rungs=("ws", "longpoll"))
    play.lose("ws")
    play.beat("longpoll")
    play.wait(0.6, "longpoll")
    assert not proven(play) and "ws" in play.rungs
    play.lose("ws")
    answer(play)
    assert proven(play)


@pytest.mark.parametrize(("at", "counts"), [(0.2, False), (0.7, False), (0.8, True), (1.4, True)])
def test_what_came_not_in_time_is_judged_by_the_later_half_of_it(at: float, counts: bool) -> None:
    """What a lower rung brought before says nothing of an outage that began after it."""
    play = beside()
    play.now = at
    play.ladder.heard(1, at)
    play.now = 1.5
    play.lose("ws", TIME)
    assert proven(play) is counts


@pytest.mark.parametrize("kept", [("ws", "longpoll"), ("ws", "longpoll", "poll"), ("ws", "sse", "longpoll", "poll")])
def test_in_a_quiet_room_the_witness_is_asked_at_half_time_and_is_a_poll_where_there_is_one(
    kept: tuple[str, ...],
) -> None:
    play = beside(*kept)
    play.wait(0.7)
    assert not any(pipe.role is Role.WITNESS for pipe in play.ladder.attempts.values())
    play.wait(0.1)
    assert play.open[witness(play)] == kept[-1]
    answer(play)
    play.wait(0.8)
    assert proven(play)


@pytest.mark.parametrize("kind", ["leave", "wait", "again", "cut"])
def test_what_is_the_servers_word_or_ones_own_asks_no_witness(kind: Any) -> None:
    play = beside()
    play.lose("ws", End(kind, "a word"))
    assert not any(pipe.role is Role.WITNESS for pipe in play.ladder.attempts.values()) and not proven(play)


def test_a_witness_that_fails_is_held_against_nobody_and_hinders_nothing() -> None:
    play = beside("ws", "sse", "longpoll", "poll")
    play.lose("ws")
    assert sorted(play.open.values()) == ["longpoll", "poll", "sse"]  # the next is tried at once, the witness beside it
    play.ladder.ended(witness(play), LOST, play.now)
    play.obey()
    assert play.ladder.rungs["poll"].tries == 0 and {pipe.rung for pipe in play.ladder.attempts.values()} == {
        "longpoll",
        "sse",
    }


def test_once_is_chance_and_a_life_between_two_failures_makes_each_of_them_the_first() -> None:
    play = beside()
    for lives in (False, True, False):
        play.wait(1, "longpoll")
        play.beat("ws")
        if lives:
            play.wait(5.1, "ws", "longpoll")
            assert play.ladder.rungs["ws"].once is None and play.rungs == ["ws"]
            play.lose("ws")
            play.beat("longpoll")
            continue
        play.lose("ws")
        answer(play)
        assert proven(play) and play.ladder.rungs["ws"].strikes == []


# ---- the fallback stays: what fails by itself rests after a few tries


FAULTS = {
    "refused": REFUSES,
    "hang": HANGS,
    "kill at once": Way("dies", after=0.001),
    "kill": KILLS,
    "kill after 6 s": Way("dies", after=6.0),
    "kill after 25 s": Way("dies", after=25.0),
    "mute": MUTE,
    "mute after 6 s": Way("mute", after=6.0),
}


@pytest.mark.parametrize("quiet", [False, True], ids=["busy", "quiet"])
@pytest.mark.parametrize("rungs", [RUNGS, ("ws", "longpoll"), ("ws", "poll"), ("ws", "sse")])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_rung_that_fails_by_itself_rests_after_a_few_tries(fault: str, rungs: tuple[str, ...], quiet: bool) -> None:
    beat = 1000.0 if quiet else 1.0
    way = FAULTS[fault]
    world = {**dict.fromkeys(RUNGS, Way(beat=beat)), "ws": Way(way.does, way.after, beat=way.beat)}
    course = Outages(rungs, world)
    for _ in range(300):
        course.go(1)
        if course.ladder.rungs["ws"].rests:
            break
    log = [note.text for note in course.ladder.notes]
    assert course.ladder.rungs["ws"].rests == 1 and course.count("ws") <= 5, log
    assert course.now < (60 if way.after < 5 and way.does != "mute" else 240), log
    course.go(30)
    assert course.ladder.current and course.ladder.current.rung != "ws"


@pytest.mark.parametrize("rung", ["sse", "longpoll"])
@pytest.mark.parametrize("fault", ["refused", "hang", "kill", "mute"])
def test_so_does_one_in_the_middle(fault: str, rung: str) -> None:
    world = {**dict.fromkeys(RUNGS, WORKS), "ws": REFUSES, rung: FAULTS[fault]}
    course = Outages(RUNGS, world)
    course.go(240)
    if rung == "sse":
        assert course.ladder.rungs["sse"].rests, [note.text for note in course.ladder.notes]
        assert course.ladder.current and course.ladder.current.rung == "longpoll"
    else:
        assert course.ladder.current and course.ladder.current.rung == "sse"
