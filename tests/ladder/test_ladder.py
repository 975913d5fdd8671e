"""The ladder under fake time: numbers, and what is so whatever happens. What one can tell is in the scenarios."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transport_fallback.client.ladder import RUNGS, End, Ladder, Open, Role, Shut, State, Tell

LOST = End("lost", "the line broke")


class Play:
    """A ladder under fake time: what it decided, and which pipes it holds open."""

    def __init__(self, **options: Any) -> None:
        self.ladder = Ladder(chance=lambda: 1.0, **options)
        self.now = 0.0
        self.open: dict[int, str] = {}
        self.told: list[tuple[str, dict[str, Any]]] = []

    def obey(self) -> None:
        for decision in self.ladder.decisions():
            if isinstance(decision, Open):
                self.open[decision.attempt.number] = decision.attempt.rung
            elif isinstance(decision, Shut):
                self.open.pop(decision.attempt.number, None)
            elif isinstance(decision, Tell):
                self.told.append((decision.event, decision.detail))

    def start(self) -> Play:
        self.ladder.start(self.now)
        self.obey()
        return self

    def number(self, rung: str) -> int:
        return max(number for number, name in self.open.items() if name == rung)

    def beat(self, rung: str) -> None:
        self.ladder.opened(self.number(rung), self.now)
        self.ladder.heard(self.number(rung), self.now)
        self.obey()

    def lose(self, rung: str, end: End = LOST) -> None:
        number = self.number(rung)
        del self.open[number]
        self.ladder.ended(number, end, self.now)
        self.obey()

    def wait(self, seconds: float, *beating: str) -> None:
        """Time goes by, tick by tick; these rungs bring something each second."""
        until = self.now + seconds
        while self.now < until:
            step = min(until, max(self.ladder.due, self.now), math.floor(self.now) + 1)
            self.now = step
            for rung in beating:
                if rung in self.open.values() and step == math.floor(step):
                    self.beat(rung)
            self.ladder.tick(self.now)
            self.obey()
            if self.ladder.due <= self.now:
                self.now += 0.001

    @property
    def rungs(self) -> list[str]:
        return sorted(self.open.values())

    @property
    def events(self) -> list[str]:
        return [event for event, _ in self.told]


def test_patience_doubles_after_each_failure_by_time_alone_up_to_15_s() -> None:
    ladder = Ladder()
    waits = []
    for slow in range(6):
        ladder.rungs["ws"].late = slow
        waits.append(ladder.timing.patience(ladder.rungs["ws"]))
    assert waits == [1.5, 3.0, 6.0, 12.0, 15.0, 15.0]
    ladder.timing.rtt = 0.5
    ladder.rungs["ws"].late = 0
    assert ladder.timing.patience(ladder.rungs["ws"]) == 3.0


def test_an_outage_of_everything_counts_against_nobody() -> None:
    play = Play().start()
    play.beat("longpoll")
    play.beat("ws")
    play.wait(6, "ws")
    for rung in ("ws", "sse", "longpoll", "poll"):
        while rung not in play.rungs:
            play.wait(0.1)
        play.lose(rung)
    play.wait(1)
    while "longpoll" not in play.rungs:
        play.wait(0.1)
    play.beat("longpoll")
    assert all(not record.strikes for record in play.ladder.rungs)


@pytest.mark.parametrize("end", [End("leave", "1012"), End("wait", "full", retry=2.0)])
def test_whom_the_server_sends_away_comes_back_by_the_same_rung(end: End) -> None:
    play = Play().start()
    play.beat("longpoll")
    play.beat("ws")
    play.wait(6, "ws")
    play.lose("ws", end)
    assert play.rungs == []
    play.wait(3.1)
    assert play.rungs == ["ws"]
    assert not play.ladder.rungs["ws"].strikes


@pytest.mark.parametrize("told", [["longpoll", "ws", "sse", "poll"], ["longpoll"]])
def test_where_every_rung_is_refused_the_client_is_at_its_end(told: list[str]) -> None:
    play = Play(rungs=told).start()
    for rung in told:
        assert not play.ladder.stopped
        play.lose(rung, End("refused", "not_found: no such path", code="not_found"))
    assert play.ladder.stopped and play.ladder.due == math.inf
    assert "every transport" in play.ladder.notes[-1].text
    play.ladder.start(play.now)
    assert play.ladder.due < math.inf and not any(rung.refused for rung in play.ladder.rungs)


ACTS = st.sampled_from(["beat", "open", "lost", "leave", "again", "wait", "time", "use", "renew", "nothing"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(ACTS, st.integers(0, 3), st.sampled_from([0.0, 0.01, 0.4, 1.6, 6.0, 40.0])), max_size=40))
def test_whatever_happens_one_reads_or_one_is_tried_and_no_tick_is_in_vain(acts: list[tuple[str, int, float]]) -> None:
    play = Play().start()
    for act, which, after in acts:
        if act == "use":
            play.ladder.use([*RUNGS, "auto"][which + (which == 3)], play.now)
        elif act == "renew":
            play.ladder.renew(play.now)
        elif play.open and act != "nothing":
            number = sorted(play.open)[which % len(play.open)]
            if act == "beat":
                play.ladder.heard(number, play.now)
            elif act == "open":
                play.ladder.opened(number, play.now)
            else:
                del play.open[number]
                play.ladder.ended(number, End(act, act), play.now)  # type: ignore[arg-type]
        play.obey()
        assert sorted(play.open) == sorted(play.ladder.attempts)
        fresh = [one for one in play.ladder.attempts.values() if one.state in (State.BEGUN, State.OPEN)]
        assert sum(one.role is not Role.WITNESS for one in fresh) <= 1
        assert len(play.open) <= 4
        assert play.ladder.due < math.inf or play.ladder.current is not None
        play.wait(after)
    life = [event for event in play.events if event in ("connect", "disconnect")]
    assert all(one != two for one, two in zip(life, life[1:], strict=False))


# ---- deadlines


def settled(*, rtt: float | None = None, **options: Any) -> Play:
    """ws reads, alone: its probation is over."""
    play = Play(**options).start()
    play.beat("longpoll")
    play.beat("ws")
    play.wait(6, "ws")
    if rtt is not None:
        play.ladder.round_trip(rtt)
    return play


def fail(play: Play, rung: str, after: float = 0.0) -> float:
    """Wait until this rung is tried, lose it, and let longpoll deliver: that counts. Returns when it was tried."""
    while rung not in play.rungs:
        play.wait(0.05, "longpoll")
    tried = play.now
    play.wait(after, "longpoll")
    play.lose(rung)
    play.beat("longpoll")
    return tried


@pytest.mark.parametrize(("rtt", "first"), [(None, 1.5), (0.1, 1.5), (0.4, 2.4), (4.0, 15.0)])
def test_how_long_a_first_batch_is_waited_for(rtt: float | None, first: float) -> None:
    play = Play(rungs=("ws", "longpoll")).start()
    if rtt is not None:
        play.ladder.round_trip(rtt)
        play.ladder.round_trip(rtt * 5)  # the smallest seen is what counts
    play.beat("longpoll")
    for patience in (first, min(first * 2, 15.0)):
        while "ws" not in play.rungs:
            play.wait(0.05, "longpoll")
        began = play.now
        while "ws" in play.rungs:
            play.wait(0.05, "longpoll")
        assert patience - 0.01 <= play.now - began <= patience + 0.1


def test_a_passing_rung_is_patient_no_longer() -> None:
    play = Play(rungs=("ws", "longpoll")).start()
    play.beat("longpoll")
    play.wait(2, "longpoll")
    assert play.ladder.timing.patience(play.ladder.rungs["ws"]) == 3.0
    while "ws" not in play.rungs:
        play.wait(0.05, "longpoll")
    play.beat("ws")
    assert play.ladder.timing.patience(play.ladder.rungs["ws"]) == 1.5


@pytest.mark.parametrize(
    ("rung", "rtt", "silence"),
    [("ws", None, 25.0), ("sse", None, 25.0), ("ws", 3.0, 25.0), ("longpoll", None, 32.0), ("longpoll", 2.0, 38.0)],
)
def test_silence_past_the_heartbeat_ends_a_pipe(rung: str, rtt: float | None, silence: float) -> None:
    play = Play(rungs=(rung,), heartbeat=10.0, hold=30.0).start()
    if rtt is not None:
        play.ladder.round_trip(rtt)
    play.beat(rung)
    play.wait(silence - 0.1)
    assert play.rungs == [rung] and "disconnect" not in play.events
    first = play.number(rung)
    play.wait(2.0)
    assert first not in play.open and play.ladder.current is None


# ---- what counts


@pytest.mark.parametrize("kind", ["leave", "wait", "again"])
def test_what_a_server_says_counts_against_no_rung(kind: Any) -> None:
    play = Play(rungs=("ws", "longpoll")).start()
    play.beat("longpoll")
    for _ in range(5):
        while "ws" not in play.rungs:
            play.wait(0.1, "longpoll")
        play.lose("ws", End(kind, "the server's word"))
        play.wait(1, "longpoll")
    assert not play.ladder.rungs["ws"].strikes and play.ladder.rungs["ws"].resting == -math.inf


def test_a_rest_doubles_up_to_10_min_and_a_long_life_clears_it() -> None:
    play = Play(rungs=("ws", "longpoll")).start()
    play.beat("longpoll")
    rests: list[float] = []
    for _ in range(6):
        for _ in range(1 if rests else 3):  # who rested before gets one chance
            fail(play, "ws")
        rests.append(play.ladder.rungs["ws"].resting - play.now)
        play.wait(rests[-1] - 0.5, "longpoll")
        assert play.rungs == ["longpoll"]
    assert rests == pytest.approx([60, 120, 240, 480, 600, 600], abs=0.1)
    while "ws" not in play.rungs:
        play.wait(0.1, "longpoll")
    play.beat("ws")
    play.wait(31, "ws")
    play.lose("ws")  # nobody read beside it
    play.beat("longpoll")
    for _ in range(3):
        assert play.ladder.rungs["ws"].resting < play.now  # the two before that life are forgiven
        fail(play, "ws")
    assert play.ladder.rungs["ws"].resting - play.now == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize(("between", "rests"), [(590.0, True), (610.0, False)])
def test_failures_more_than_10_min_apart_are_not_added_up(between: float, rests: bool) -> None:
    play = Play(rungs=("ws", "longpoll")).start()
    play.beat("longpoll")
    first = fail(play, "ws")
    fail(play, "ws")
    while play.now < first + between:
        play.wait(0.5, "longpoll")
        if "ws" in play.rungs:
            play.lose("ws", End("wait", "full", retry=1.0))
    fail(play, "ws")
    assert (play.ladder.rungs["ws"].resting > play.now) is rests


def test_a_rung_chosen_by_hand_that_fails_is_tried_again_and_no_other() -> None:
    play = settled()
    play.ladder.use("sse", play.now)
    play.obey()
    for _ in range(6):
        while "sse" not in play.rungs:
            play.wait(0.1, "ws")
            assert set(play.rungs) <= {"ws", "sse"}
        play.lose("sse")
    assert play.ladder.current and play.ladder.current.rung == "ws"  # it reads until the chosen one does
    play.lose("ws")
    for _ in range(200):
        play.wait(0.1)
        assert set(play.rungs) <= {"sse"}


# ---- pauses, whatever chance says

CHANCE = st.floats(0.0, 1.0, exclude_max=True)


@settings(max_examples=60, deadline=None)
@given(CHANCE)
def test_a_pause_doubles_up_to_30_s_and_full_jitter_comes_after_that(chance: float) -> None:
    play = Play(rungs=("poll",))
    play.ladder._chance = lambda: chance
    play.start()
    play.beat("poll")
    play.wait(6, "poll")
    pauses = []
    for _ in range(9):
        play.lose("poll")
        lost = play.now
        while not play.open:
            play.wait(max(0.0, play.ladder.due - play.now))
        pauses.append(play.now - lost)
    wanted = [min(0.5 * 2**k, 30.0) * chance for k in range(9)]
    assert pauses == pytest.approx(wanted, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(CHANCE, st.sampled_from(RUNGS))
def test_whom_the_server_sends_away_comes_back_within_3_s(chance: float, rung: str) -> None:
    play = Play(rungs=(rung,))
    play.ladder._chance = lambda: chance
    play.start()
    for _ in range(4):  # it does not grow
        play.beat(rung)
        play.wait(6, rung)
        play.lose(rung, End("leave", "1012"))
        left = play.now
        while not play.open:
            play.wait(max(0.0, play.ladder.due - play.now))
        assert play.now - left == pytest.approx(3.0 * chance, abs=0.01)


def test_at_once_again_after_10_s() -> None:
    play = Play(rungs=("ws",)).start()
    again, opened = End("again", "4208"), []
    for _ in range(300):
        play.wait(0.1)
        if play.open:
            play.beat("ws")
            opened.append(play.now)
            play.lose("ws", again)
            if play.open:  # it came back in the same instant
                opened.append(play.now)
                play.beat("ws")
                play.lose("ws", again)
    at_once = [two for one, two in zip(opened, opened[1:], strict=False) if one == two]
    assert len(at_once) >= 2 and all(b - a >= 10 for a, b in zip(at_once, at_once[1:], strict=False))


def test_whom_the_server_tells_to_wait_waits_as_long_as_it_says() -> None:
    play = settled()
    play.lose("ws", End("wait", "full", retry=7.0))
    lost = play.now
    while not play.open:
        play.wait(0.05)
    assert play.rungs == ["ws"] and 10.5 <= play.now - lost < 10.6  # spread over half as much again, by chance


def test_new_sids_one_after_the_other_come_after_pauses_that_grow() -> None:
    """As servers of different epochs behind one address would ask for, with every answer."""
    play, waits = settled(), []
    for _ in range(8):
        last = play.now
        play.ladder.renew(play.now)
        play.obey()
        while not play.open:
            play.wait(0.1)
        play.beat("ws")
        waits.append(play.now - last)
    assert waits[0] == 0 and waits[2] > 0.9 and waits[7] > 29
    play.wait(61, "ws")
    play.ladder.renew(play.now)
    play.obey()
    assert play.rungs == ["ws"]


# ---- doubt: what went up has no answer


def doubting() -> Play:
    play = settled()
    play.ladder.doubt(play.number("ws"), play.now)
    play.obey()
    return play


def test_in_doubt_the_next_rung_down_is_tried_beside() -> None:
    play = doubting()
    assert play.rungs == ["sse", "ws"]
    play.now += 0.1
    play.beat("sse")
    assert play.rungs == ["sse", "ws"] and play.ladder.current and play.ladder.current.rung == "ws"
    play.ladder.deaf(play.number("ws"), play.now)
    play.obey()
    assert play.rungs == ["sse"] and play.told[-1][0] == "switch" and play.told[-1][1]["gapMs"] == 0
    assert play.ladder.notes[-1].text == "ws was silent for 100 ms; sse carries on; silence 0 ms"
    assert play.ladder.rungs["ws"].once is None  # nobody lower read when it was last heard


def test_doubt_skips_what_rests_and_goes_on_to_the_next_if_one_fails() -> None:
    play = settled()
    play.ladder.rungs["sse"].resting = play.now + 60
    play.ladder.doubt(play.number("ws"), play.now)
    play.obey()
    assert play.rungs == ["longpoll", "ws"]
    play.lose("longpoll")
    assert play.rungs == ["poll", "ws"]


def test_there_is_no_doubt_by_hand_nor_beside_another_nor_of_one_that_is_gone() -> None:
    play = settled()
    play.ladder.use("ws", play.now)
    play.ladder.doubt(play.number("ws"), play.now)
    play.ladder.doubt(10_000, play.now)
    play.obey()
    assert play.rungs == ["ws"]
    play = Play().start()
    play.beat("longpoll")
    play.beat("ws")
    play.ladder.doubt(play.number("ws"), play.now)  # longpoll reads on beside it anyway
    play.obey()
    assert play.rungs == ["longpoll", "ws"]


# ---- verdicts: what was learnt is kept


def rested() -> Play:
    """longpoll reads; ws has failed three times and rests."""
    play = Play(rungs=("ws", "longpoll"), network="home", wall=lambda: 1e9).start()
    play.beat("longpoll")
    for _ in range(3):
        fail(play, "ws")
    assert play.ladder.rungs["ws"].resting == play.now + 60
    return play


def test_a_failure_is_one_sentence_that_tells_what_the_network_does() -> None:
    play = Play(rungs=("ws", "longpoll")).start()
    play.beat("longpoll")
    for _ in range(3):
        play.wait(1, "longpoll")
        play.beat("ws")
        play.now += 0.15
        play.beat("longpoll")
        play.now += 0.053
        play.lose("ws", End("lost", "closed with 1006"))
        assert (
            play.ladder.notes[-2].text
            == "ws opened and died after 203 ms (closed with 1006); longpoll carries on; silence 0 ms"
        )
        play.beat("longpoll")
    note = play.ladder.notes[-1]
    assert note.text == (
        "the way was open: ws opened and died after 203 ms (closed with 1006), the third time while longpoll was "
        "delivering: resting it for 1 min; longpoll carries on; silence 0 ms"
    )
    assert [one.key for one in note.parts] == ["convicted", "died", "why", "count", "rest", "carries"]
    assert note.parts[1].values == {"rung": "ws", "time": pytest.approx(203.0)}


def test_what_was_learnt_is_taken_up_again() -> None:
    old = rested()
    kept = json.loads(json.dumps(old.ladder.verdicts))
    new = Play(rungs=("ws", "longpoll"), network="home", verdicts=kept, wall=lambda: 1e9 + 20, now=old.now - 20)
    new.now = old.now - 20  # another clock, the same time of day
    assert new.ladder.verdicts == kept and kept["ws"]["rests"] == 1 and kept["ws"]["evidence"]
    new.start().beat("longpoll")
    new.wait(59, "longpoll")
    assert new.rungs == ["longpoll"]
    new.wait(1.5, "longpoll")
    assert new.rungs == ["longpoll", "ws"]


def test_what_was_learnt_does_not_hold_for_ever() -> None:
    kept = rested().ladder.verdicts
    kept["longpoll"] = {"works": 1e9}
    later = Ladder(("ws", "longpoll"), verdicts=kept, wall=lambda: 1e9, now=90_000.0)
    assert later.verdicts == {}


@settings(max_examples=100, deadline=None)
@given(st.floats(-4e7, 4e7))
def test_whatever_the_time_of_day_jumps_by_nothing_rests_for_longer_than_it_would_have(jump: float) -> None:
    wall = [1e9]
    play = Play(rungs=("ws", "longpoll"), network="home", wall=lambda: wall[0]).start()
    play.beat("longpoll")
    for _ in range(3):
        fail(play, "ws")
    left = play.ladder.rungs["ws"].resting - play.now
    wall[0] += jump  # while it runs: what it keeps from now on has the time of day that everybody else has
    kept = play.ladder.verdicts
    new = Ladder(("ws", "longpoll"), network="home", verdicts=kept, wall=lambda: wall[0], now=play.now)
    assert new.rungs["ws"].resting - play.now == pytest.approx(left)
    wall[0] -= jump  # and back again, while it is kept
    later = Ladder(("ws", "longpoll"), network="home", verdicts=kept, wall=lambda: wall[0], now=play.now)
    assert later.rungs["ws"].ready_at <= play.now + 600


@pytest.mark.parametrize("asked", [-1.0, 1e9, math.inf])
def test_nobody_waits_for_longer_than_five_minutes_because_a_server_says_so(asked: float) -> None:
    play = settled()
    play.lose("ws", End("wait", "full", retry=asked))
    assert play.now <= play.ladder.rungs["ws"].paused <= play.now + 1.5 * 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
KEYS = ["works", "fails", "rests", "resting", "beat", "evidence", "more"]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*RUNGS, "x"]), JSON | st.dictionaries(st.sampled_from(KEYS), JSON)))
def test_what_is_malformed_says_nothing(kept: dict[str, Any]) -> None:
    ladder = Ladder(verdicts=kept, now=1000.0)
    assert all(1000.0 >= record.resting - 600 and 0 <= record.rests <= 10 for record in ladder.rungs)
    assert all(record.learnt is None or 2 <= record.learnt <= 30 for record in ladder.rungs)
    ladder.start(1000.0)
    assert ladder.due < math.inf and json.loads(json.dumps(ladder.verdicts)) == ladder.verdicts


def test_another_network_is_judged_anew_and_the_old_one_when_it_comes_back() -> None:
    play = rested()
    kept = play.ladder.verdicts
    play.ladder.on_network("home", {}, play.now)
    assert play.ladder.verdicts == kept
    play.ladder.on_network("train", {}, play.now)
    play.obey()
    assert play.rungs == ["longpoll", "ws"] and play.ladder.verdicts == {}
    play.lose("ws")  # nothing delivered meanwhile, and then the network is another
    play.ladder.on_network("home", kept, play.now)
    play.beat("longpoll")
    assert play.ladder.verdicts["ws"] == kept["ws"]


def test_the_first_name_of_a_network_changes_nothing_unless_something_is_known_of_it() -> None:
    play = settled()
    notes = len(play.ladder.notes)
    play.ladder.on_network("home", {}, play.now)
    assert len(play.ladder.notes) == notes and play.ladder.verdicts["ws"]["works"] and play.ladder.network == "home"


@pytest.mark.parametrize(
    "verdict",
    [{"works": -90_000.0}, {"works": -60.0, "fails": [-5.0]}, {"works": -60.0, "resting": 30.0}, {"works": 1.0}, None],
)
def test_what_worked_long_ago_or_failed_since_is_not_first(verdict: Any) -> None:
    assert Play(verdicts={"ws": verdict}).start().rungs == ["longpoll"]


@pytest.mark.parametrize("what", ["retry", "forget"])
def test_by_hand_all_rests_end(what: str) -> None:
    play = rested()
    play.ladder.rungs["ws"].learnt = 4.0
    getattr(play.ladder, what)(play.now)
    play.obey()
    assert play.rungs == ["longpoll", "ws"]
    record = play.ladder.rungs["ws"]
    assert (record.rests, record.learnt, len(record.strikes)) == ((1, 4.0, 3) if what == "retry" else (0, None, 0))


def test_back_online_the_next_round_is_now() -> None:
    play = settled()
    for _ in range(12):
        while not play.open:
            play.wait(1)
        play.lose(play.rungs[0])
    while play.open:
        play.lose(play.rungs[0])
    assert not play.open
    play.ladder.retry(play.now, "online")
    play.obey()
    assert play.rungs and play.ladder.notes[-2].text == "the browser says it is online"


# ---- whatever happens


class Strict(Play):
    """Checks after each step what must always be so."""

    def obey(self) -> None:
        super().obey()
        ladder, told = self.ladder, self.told
        assert sorted(self.open) == sorted(ladder.attempts)
        reading = [pipe for pipe in ladder.attempts.values() if pipe.reads]
        assert (ladder.current is None) == (not reading) and (ladder.current is None or ladder.current in reading)
        life = [event for event, _ in told if event in ("connect", "disconnect")]
        assert life == ["connect", "disconnect"] * (len(life) // 2) + ["connect"] * (len(life) % 2)
        places = [detail["transport"] if event == "connect" else (detail["from"], detail["to"])
                  for event, detail in told if event in ("connect", "switch")]  # fmt: skip
        where = None
        for place in places:  # each switch goes on from where the last one ended
            assert isinstance(place, str) or place[0] == where
            where = place if isinstance(place, str) else place[1]
        assert ladder.current is None or ladder.current.rung == where

    def settle(self) -> None:
        """Time alone decides nothing more at this instant, after a few ticks."""
        for _ in range(4):
            if self.ladder.due > self.now:
                return
            self.ladder.tick(self.now)
            self.obey()
        raise AssertionError(f"due at {self.ladder.due}, and it is {self.now}")

    def go(self, seconds: float) -> None:
        until = self.now + seconds
        self.settle()
        while self.ladder.due <= until:
            self.now = max(self.now, self.ladder.due)
            self.ladder.tick(self.now)
            self.obey()
            self.settle()
        self.now = until


DEEDS = st.one_of(
    st.tuples(
        st.just("end"), st.sampled_from(["lost", "time", "leave", "wait", "again", "silent", "deaf", "refused", "over"])
    ),
    st.tuples(st.just("network"), st.sampled_from(["home", "train"])),
    st.tuples(st.sampled_from(["use", "strict"]), st.sampled_from([*RUNGS, "auto"])),
    st.tuples(
        st.sampled_from(
            [
                "heard",
                "opened",
                "unknown",
                "renew",
                "start",
                "stop",
                "give_up",
                "nothing",
                "alive",
                "doubt",
                "retry",
                "forget",
            ]
        ),
        st.none(),  # fmt: skip
    ),
)
STEPS = st.lists(st.tuples(DEEDS, st.integers(0, 3), st.sampled_from([0.0, 0.01, 1.5, 5.0, 31.0, 700.0])), max_size=50)


@settings(max_examples=300, deadline=None)
@given(STEPS, CHANCE, st.sets(st.sampled_from(RUNGS), min_size=1))
def test_whatever_happens_one_is_in_use_at_most_and_time_goes_on(steps: Any, chance: float, rungs: set[str]) -> None:
    play = Strict(rungs=rungs)
    play.ladder._chance = lambda: chance
    play.start()
    for (deed, what), which, after in steps:
        ladder, numbers = play.ladder, sorted(play.open)
        number = numbers[which % len(numbers)] if numbers else 0
        if deed in ("use", "strict") and (what == "auto" or what in rungs):
            ladder.use(what, play.now, strict=deed == "strict")
        elif deed in ("renew", "start", "stop"):
            getattr(ladder, deed)(play.now)
        elif deed == "unknown":  # one that was shut, or never was
            ladder.heard(10_000, play.now)
            ladder.ended(10_000, LOST, play.now)
        elif deed == "end":
            play.open.pop(number, None)
            ladder.ended(number, End(what, what), play.now)
        elif deed == "give_up":
            ladder.ended(number, LOST, play.now)
        elif deed in ("retry", "forget"):
            getattr(ladder, deed)(play.now)
        elif deed == "network":
            ladder.on_network(what, {}, play.now)
        elif deed in ("heard", "opened", "alive", "doubt"):
            getattr(ladder, deed)(number, play.now)
        play.obey()
        play.go(after)
        assert ladder.stopped is (ladder.due == math.inf)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(RUNGS),
    st.lists(st.tuples(st.sampled_from(["lost", "silence"]), st.floats(0.0, 1.4)), min_size=8, max_size=60),
    CHANCE,
)
def test_an_outage_of_everything_rests_no_rung(reads: str, fates: list[tuple[str, float]], chance: float) -> None:
    play = Strict(rungs=RUNGS[RUNGS.index(reads) :])
    play.ladder._chance = lambda: chance
    play.start()
    for _ in range(2):
        while reads not in play.rungs:
            play.go(max(0.0, play.ladder.due - play.now))
            if play.open:
                play.beat(play.rungs[0])
        play.beat(reads)
    play.go(6)
    for fate, after in fates:  # nothing at all comes through
        play.go(after)
        if play.open and fate == "lost":
            play.lose(play.rungs[0])
        elif play.open:
            play.go(max(0.0, play.ladder.due - play.now))
    assert all(record.resting == -math.inf and not record.strikes for record in play.ladder.rungs)
