"""The ladder: which transport to try, keep or leave, judged by what arrives.

Pure policy: events and time go in, decisions come out. It opens nothing, waits for nothing and asks no clock, so the
ladder that runs in a client is the one that runs under fake time in the tests.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

RUNGS = ("ws", "sse", "longpoll", "poll")  # best first
ROUND = ("longpoll", "ws", "sse", "poll")  # served first: with no reader, one round trip must be enough
PATIENCE, PATIENCE_MOST = 1.5, 15.0  # s for a first batch; doubled after each failure by time alone
FIRST_HOLD = 1.0  # s: the first long poll of a reading is answered soon, for only an answer proves the rung
PROBATION = 5.0  # s the old rung goes on reading beside the new one
TAKE_OVER = 1.5  # s without a reader before it is a disconnect and not a switch
EVIDENCE = 10.0  # s after a failure in which a lower rung's delivery makes it count
STRIKES, STRIKES_WITHIN = 3, 600.0  # failures that count, within so many s, rest a rung
REST, REST_MOST = 60.0, 600.0  # s, doubling
LONG_LIFE = 30.0  # s of life that clear a rung's failures
PAUSE, PAUSE_MOST = 0.5, 30.0  # s between attempts, doubling; full jitter is applied after the cap
JITTER = 3.0  # s over which those whom a server sent away come back
AT_ONCE = 10.0  # s between two returns "at once"
BEAT_LEAST = 2.0  # s: what a heartbeat may be learnt down to
OVERSLEPT = 1.0  # s a tick may be late before it was this process that slept, not the network

Kind = Literal["lost", "time", "leave", "stop", "wait", "again"]


class End(Exception):
    """Why a pipe ended, and what that asks of the ladder.

    lost: the line or the network; time: nothing came in time; leave: the server sends everybody away for a moment;
    stop: its word is no; wait: its word is later; again: come back at once, from your own cursor.
    """

    def __init__(self, kind: Kind, why: str, *, code: str | int | None = None, retry: float | None = None) -> None:
        super().__init__(why)
        self.kind, self.why, self.code, self.retry = kind, why, code, retry


@dataclass(eq=False)
class Pipe:
    """One attempt of one rung, from its first byte to its last."""

    number: int
    rung: str
    began: float
    patience: float  # s for the first batch
    beat: float  # s: the heartbeat asked for; on longpoll the hold, on poll the interval
    heard: float
    opened: bool = False
    passed: float | None = None  # when its first batch came: nothing else counts as open


class Open(NamedTuple):
    pipe: Pipe


class Shut(NamedTuple):
    pipe: Pipe


class Tell(NamedTuple):
    event: str
    detail: dict[str, Any]


Decision = Open | Shut | Tell


class Note(NamedTuple):
    """One line of the decision log."""

    at: float
    text: str


@dataclass
class Record:
    """What was learnt about one rung."""

    beat: float
    again: float = -math.inf  # not before this time
    resting: float = -math.inf  # until
    rests: int = 0
    tries: int = 0  # failures since it last lived through a probation
    slow: int = 0  # failures by time alone
    strikes: list[float] = field(default_factory=list)  # failures that count


class Ladder:
    """Feed it `opened`, `heard`, `ended` and `tick`; obey what `decisions()` says; tick again when `due` says."""

    def __init__(
        self,
        rungs: Iterable[str] = RUNGS,
        *,
        heartbeat: float = 15.0,
        hold: float = 20.0,
        every: float = 1.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        wanted = set(rungs)
        self.rungs = tuple(rung for rung in RUNGS if rung in wanted)
        if not self.rungs or wanted - set(RUNGS):
            raise ValueError(f"rungs are some of {', '.join(RUNGS)}")
        beats = {"ws": heartbeat, "sse": heartbeat, "longpoll": hold, "poll": every}
        self.records = {rung: Record(beats[rung]) for rung in self.rungs}
        self.pipes: dict[int, Pipe] = {}
        self.current: Pipe | None = None  # the best one that reads
        self.connected = False  # as the application was told
        self.stopped = True
        self.pinned: str | None = None
        self.rtt = math.inf  # s: the smallest round trip seen
        self.notes: deque[Note] = deque(maxlen=500)
        self.attempt = 0  # to come back, since the last disconnect
        self._chance = chance
        self._count = 0  # of pipes
        self._rounds = 0  # that failed since a pipe last lived through its probation
        self._ever = False  # somebody read once
        self._failed_told = False
        self._round: list[str] = []  # what is still to be tried, one after the other, while nobody reads
        self._round_at = 0.0
        self._round_waited = 0.0
        self._round_new = False  # it has not begun
        self._lost: float | None = None  # since when nobody reads, while that is not yet a disconnect
        self._last = ""  # the rung that read last
        self._why = ""
        self._at_once = -math.inf
        self._delivered: dict[str, float] = {}
        self._unproven: list[tuple[str, float]] = []  # failures that count if a lower rung delivers until then
        self._out: list[Decision] = []

    # ---- events

    def start(self, now: float) -> None:
        """Begin: the first round is tried at once."""
        if self.stopped:
            self.stopped = False
            self._begin_round(now, 0.0)
            self._decide(now)

    def opened(self, number: int, now: float) -> None:
        """The pipe stands. That proves nothing: middleboxes accept an upgrade and then pass no frame."""
        pipe = self.pipes.get(number)
        if pipe and not pipe.opened:
            pipe.opened = True
            if not self.connected:
                self._tell("connecting", transport=pipe.rung)

    def heard(self, number: int, now: float) -> None:
        """A batch came by this pipe."""
        pipe = self.pipes.get(number)
        if pipe is None:
            return
        pipe.heard = self._delivered[pipe.rung] = now
        self._weigh(pipe.rung, now)
        if pipe.passed is None:
            self._passed(pipe, now)
        self._decide(now)

    def ended(self, number: int, end: End, now: float) -> None:
        """The pipe is no more. Harmless for one that was shut."""
        pipe = self.pipes.get(number)
        if pipe is not None:
            self._end(pipe, end, now)
            self._decide(now)

    def give_up(self, number: int, end: End, now: float) -> None:
        """Leave a pipe that others have found to be of no use: nothing goes up by it."""
        if number in self.pipes:
            self._out.append(Shut(self.pipes[number]))
            self.ended(number, end, now)

    def round_trip(self, seconds: float) -> None:
        self.rtt = min(self.rtt, seconds)

    def use(self, rung: str, now: float, *, strict: bool = False) -> None:
        """Only this rung from now on, or "auto". What reads now goes on until that one passed; `strict`: lets go."""
        if rung != "auto" and rung not in self.rungs:
            raise ValueError(f"no such rung here: {rung}")
        self.pinned = None if rung == "auto" else rung
        self.note(now, f"by hand: {rung}{', letting go first' if strict else ''}")
        for record in self.records.values():
            record.again = record.resting = -math.inf
            record.strikes.clear()
        if self.stopped:
            return
        for pipe in list(self.pipes.values()):
            if self.pinned and pipe.rung != rung and (strict or pipe.passed is None):
                self._shut(pipe, now, "by hand")
        if self.current is None:
            self._plan(list(self._order(now)), now, 0.0)
        elif self.current.rung == rung:
            self._let_go(now, "by hand")
        self._decide(now)

    def renew(self, now: float) -> None:
        """Every pipe is ended and the same rung opened again: the client has taken a new sid."""
        rung = self.current.rung if self.current else self._last
        for pipe in list(self.pipes.values()):
            self._shut(pipe, now, "a new sid")
        order = [rung] if rung and self._allowed(rung) else []
        self._plan(order + [other for other in self._order(now) if other not in order], now, 0.0)
        self._decide(now)

    def tick(self, now: float) -> None:
        """Time went by."""
        late = now - self.due
        if late > OVERSLEPT and self.pipes:
            # This process slept: what was sent meanwhile is still in its buffers. Nobody was silent.
            self.note(now, f"woke up {late:.0f} s late")
            for pipe in self.pipes.values():
                pipe.heard += late + OVERSLEPT  # and this long what waited has to be heard
                pipe.began += late + OVERSLEPT if pipe.passed is None else 0.0
        self._decide(now)

    def stop(self, now: float, why: str = "closed") -> None:
        """Shut everything and try nothing more until `start`."""
        for pipe in list(self.pipes.values()):
            self._out.append(Shut(self.pipes.pop(pipe.number)))
        self.current, self._lost, self._round, self.stopped = None, None, [], True
        if self.connected:
            self.connected = False
            self._tell("disconnect", reason=why)

    # ---- what comes out

    def decisions(self) -> list[Decision]:
        """What is to be done, in order; each is given once."""
        out, self._out = self._out, []
        return out

    @property
    def due(self) -> float:
        """When something happens although nothing arrives."""
        if self.stopped:
            return math.inf
        times = [self._limit(pipe) for pipe in self.pipes.values()]
        if self._lost is not None:
            times.append(self._lost + TAKE_OVER)
        if self.current is None:
            times += [] if self.pipes else [self._round_at]
        else:
            assert self.current.passed is not None
            if any(pipe.passed is not None for pipe in self.pipes.values() if pipe is not self.current):
                times.append(self.current.passed + PROBATION)
            if not self._trying():
                times += [self._ready_at(rung) for rung in self._wanted()]
        return min(times, default=math.inf)

    @property
    def reading(self) -> bool:
        return self.current is not None

    def patience(self, rung: str) -> float:
        """How long a first batch of this rung is waited for, in s."""
        floor = PATIENCE if math.isinf(self.rtt) else max(PATIENCE, 6 * self.rtt)
        waited = min(floor * float(2 ** min(self.records[rung].slow, 8)), PATIENCE_MOST)
        return waited + (FIRST_HOLD if rung == "longpoll" else 0.0)

    def answer_time(self, least: float) -> float:
        """How long an answer may take that nobody holds back, in s."""
        return least if math.isinf(self.rtt) else max(least, 4 * self.rtt)

    def note(self, now: float, text: str) -> None:
        self.notes.append(Note(now, text))

    # ---- judging

    def _passed(self, pipe: Pipe, now: float) -> None:
        pipe.passed = now
        self.records[pipe.rung].slow = 0
        self.note(now, f"{pipe.rung}: first batch after {(now - pipe.began) * 1000:.0f} ms")
        before = self.current
        if before and pipe.rung != self.pinned and RUNGS.index(pipe.rung) > RUNGS.index(before.rung):
            return self._shut(pipe, now, f"{before.rung} reads already")
        self._read_by(pipe, now, "by hand" if pipe.rung == self.pinned else "better" if before else self._why)
        if pipe.rung == self.pinned:
            self._let_go(now, "by hand")

    def _read_by(self, pipe: Pipe, now: float, why: str) -> None:
        """This pipe is the one in use; tell it as the application has to hear it."""
        self.current = pipe
        if not self.connected:
            if not pipe.opened:
                self.opened(pipe.number, now)
            if self._ever:
                self._tell("reconnect", transport=pipe.rung, attempt=self.attempt)
            self._tell("connect", transport=pipe.rung)
            self.attempt = 0
        elif pipe.rung != self._last:
            gap = 0 if self._lost is None else round((now - self._lost) * 1000)
            self._tell("switch", **{"from": self._last, "to": pipe.rung, "why": why, "gapMs": gap})
        self.connected = self._ever = True
        self._lost, self._last, self._round = None, pipe.rung, []

    def _end(self, pipe: Pipe, end: End, now: float) -> None:
        del self.pipes[pipe.number]
        record = self.records[pipe.rung]
        lived = 0.0 if pipe.passed is None else now - pipe.passed
        self.note(now, f"{pipe.rung}: {end.why}, {_after(pipe, now)}")
        if end.kind == "stop":
            self._tell("error", code=end.code, message=end.why)
            return self.stop(now, end.why)
        if lived >= PROBATION:
            record.tries = self._rounds = 0
        if lived >= LONG_LIFE:
            record.rests = 0
            record.strikes.clear()
        if end.kind in ("lost", "time"):
            self._learn(pipe, end, now)
            self._suspect(pipe, now)
        wait = self._wait(end, record, now)
        record.again = now + wait
        if pipe is self.current:
            self.current = None
            self._fall(pipe, end, now, wait)
        elif self.current is None:
            self._go_on(pipe.rung, end, now, wait)

    def _fall(self, pipe: Pipe, end: End, now: float, wait: float) -> None:
        """The pipe in use ended: whoever still reads takes over, or else the next rung down is opened."""
        readers = [other for other in self.pipes.values() if other.passed is not None]
        if readers:
            return self._read_by(min(readers, key=lambda other: RUNGS.index(other.rung)), now, end.why)
        self._lost, self._why = (now if self.connected else None), end.why
        if end.kind in ("lost", "time"):
            lower = [rung for rung in self.rungs if RUNGS.index(rung) > RUNGS.index(pipe.rung) and self._allowed(rung)]
            awake = [rung for rung in lower if self.records[rung].resting <= now]
            if lower:
                self._plan(awake or lower, now, 0.0)
            else:
                self._begin_round(now, wait)
        else:
            self._go_on(pipe.rung, end, now, wait)

    def _go_on(self, rung: str, end: End, now: float, wait: float) -> None:
        """Nobody reads and this rung has failed: the rest of the round, or a new one after a pause."""
        if end.kind not in ("lost", "time"):  # the server spoke: the same rung again, when it says so
            self._plan([rung, *(other for other in self._round if other != rung)], now, wait)
        elif not self._round:
            if not self._ever and not self._failed_told:
                self._failed_told = True
                self._tell("connect_failed", message=end.why)
            self._unproven.clear()  # everything was out: that is no rung's fault
            self._begin_round(now, self._pause(self._rounds))
            self._rounds += 1

    def _suspect(self, pipe: Pipe, now: float) -> None:
        """A failure counts against a rung only if a lower one delivered meanwhile: else everything was out."""
        since = pipe.began if pipe.passed is None else pipe.heard
        lower = RUNGS[RUNGS.index(pipe.rung) + 1 :]
        if any(self._delivered.get(rung, -math.inf) >= since for rung in lower):
            self._strike(pipe.rung, now)
        elif lower:
            self._unproven.append((pipe.rung, now + EVIDENCE))

    def _weigh(self, delivering: str, now: float) -> None:
        """A rung delivered: failures of better ones a moment ago were theirs."""
        unproven, self._unproven = self._unproven, []
        for rung, until in unproven:
            if now <= until and RUNGS.index(rung) < RUNGS.index(delivering):
                self._strike(rung, now)
            elif now <= until:
                self._unproven.append((rung, until))

    def _strike(self, rung: str, now: float) -> None:
        record = self.records[rung]
        record.strikes = [at for at in record.strikes if at > now - STRIKES_WITHIN] + [now]
        self.note(now, f"{rung}: failure {len(record.strikes)} that counts, a lower rung delivered meanwhile")
        if len(record.strikes) >= STRIKES:
            rest = min(REST * 2**record.rests, REST_MOST)
            record.resting = now + rest
            record.rests += 1
            record.strikes.clear()
            self.note(now, f"{rung}: rests for {rest:.0f} s")

    def _learn(self, pipe: Pipe, end: End, now: float) -> None:
        """A line that dies of silence is kept alive by talking twice as often."""
        record, silence = self.records[pipe.rung], now - pipe.heard
        record.tries += 1
        if end.kind == "time" and pipe.passed is None:
            record.slow += 1
        elif pipe.passed is not None and pipe.rung != "poll" and 2 * BEAT_LEAST <= silence <= 1.2 * pipe.beat:
            record.beat = silence / 2
            self.note(now, f"{pipe.rung}: died of {silence:.0f} s of silence; next it beats every {record.beat:.0f} s")

    def _wait(self, end: End, record: Record, now: float) -> float:
        """How long before this rung is tried again, in s."""
        if end.kind == "leave":
            return self._chance() * JITTER
        if end.kind == "wait":
            return 1.0 if end.retry is None else end.retry
        if end.kind == "again" and now - self._at_once >= AT_ONCE:
            self._at_once = now
            return 0.0
        return self._pause(record.tries - 1 if end.kind != "again" else 0)

    def _pause(self, tries: int) -> float:
        return self._chance() * float(min(PAUSE * 2 ** min(max(tries, 0), 16), PAUSE_MOST))

    # ---- deciding

    def _decide(self, now: float) -> None:
        """What time and the state of the pipes ask for."""
        for pipe in list(self.pipes.values()):
            if pipe.number in self.pipes and now >= self._limit(pipe):
                self._out.append(Shut(pipe))
                new = pipe.passed is None
                self._end(pipe, End("time", "no first batch in time") if new else End("lost", "silent"), now)
        if self.stopped:
            return
        self._probation(now)
        self._disconnect(now)
        if self.current is not None:
            self._climb(now)
        elif not self.pipes and now >= self._round_at:
            if not self._round:
                self._plan(list(self._order(now)), now, 0.0)
            self._announce()
            self._open(self._round.pop(0), now)

    def _probation(self, now: float) -> None:
        current = self.current
        if current and current.passed is not None and now >= current.passed + PROBATION:
            self._rounds = self.records[current.rung].tries = 0
            self._let_go(now, f"{current.rung} has lived {PROBATION:.0f} s")

    def _disconnect(self, now: float) -> None:
        if self._lost is None or now < self._lost + TAKE_OVER:
            return
        self._lost, self.connected = None, False
        self._tell("disconnect", reason=self._why)
        for pipe in self.pipes.values():  # an attempt is on its way: from now on it is a reconnection
            self._round_new = True
            self._announce()
            if pipe.opened:
                self._tell("connecting", transport=pipe.rung)

    def _climb(self, now: float) -> None:
        """Somebody reads: try the best rung that may be tried, one at a time."""
        if self._trying():
            return
        for rung in self._wanted():
            if now >= self._ready_at(rung):
                return self._open(rung, now)

    def _ready_at(self, rung: str) -> float:
        return max(self.records[rung].again, self.records[rung].resting)

    def _wanted(self) -> list[str]:
        """The rungs that are better than the one that reads, best first."""
        assert self.current is not None
        if self.pinned:
            return [self.pinned] if self.current.rung != self.pinned else []
        return [rung for rung in self.rungs if RUNGS.index(rung) < RUNGS.index(self.current.rung)]

    def _trying(self) -> bool:
        return any(pipe.passed is None for pipe in self.pipes.values())

    def _allowed(self, rung: str) -> bool:
        return rung == self.pinned if self.pinned else rung in self.rungs

    def _order(self, now: float) -> list[str]:
        """A round: every rung that may be tried and does not rest; if all of them rest, all."""
        allowed = [rung for rung in ROUND if self._allowed(rung)]
        return [rung for rung in allowed if self.records[rung].resting <= now] or allowed

    def _begin_round(self, now: float, wait: float) -> None:
        self._plan(self._order(now), now, wait)

    def _plan(self, rungs: list[str], now: float, wait: float) -> None:
        self._round, self._round_at, self._round_waited, self._round_new = rungs, now + wait, wait, True

    def _announce(self) -> None:
        """`reconnecting`, once for each round."""
        if self._round_new and self._ever and not self.connected:
            self.attempt += 1
            self._tell("reconnecting", attempt=self.attempt, waitMs=round(self._round_waited * 1000))
            self._round_new = False

    def _open(self, rung: str, now: float) -> None:
        self._count += 1
        pipe = Pipe(self._count, rung, now, self.patience(rung), max(self.records[rung].beat, 0.0), now)
        self.pipes[pipe.number] = pipe
        self.note(now, f"{rung}: tried, {pipe.patience:.1f} s for a first batch")
        self._out.append(Open(pipe))

    def _shut(self, pipe: Pipe, now: float, why: str) -> None:
        """Let go of a pipe that did nothing wrong."""
        self.note(now, f"{pipe.rung}: let go, {why}")
        self._out.append(Shut(self.pipes.pop(pipe.number)))
        if pipe is self.current:
            self.current, self._why = None, why
            self._lost = now if self.connected else None

    def _let_go(self, now: float, why: str) -> None:
        for pipe in list(self.pipes.values()):
            if pipe is not self.current and pipe.passed is not None:
                self._shut(pipe, now, why)

    def _limit(self, pipe: Pipe) -> float:
        """When this pipe has been silent for too long."""
        if pipe.passed is None:
            return pipe.began + pipe.patience
        if pipe.rung in ("ws", "sse"):
            return pipe.heard + 2.5 * pipe.beat
        return pipe.heard + pipe.beat + self.answer_time(2.0)

    def _tell(self, event: str, **detail: Any) -> None:
        self._out.append(Tell(event, detail))


def _after(pipe: Pipe, now: float) -> str:
    if pipe.passed is None:
        return f"after {(now - pipe.began) * 1000:.0f} ms without a first batch"
    return f"having lived {now - pipe.passed:.1f} s"
