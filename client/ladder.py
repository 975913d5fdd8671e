"""The ladder: which transport to try, keep or leave, judged by what arrives.

Pure policy: events and time go in, decisions come out. It opens nothing, waits for nothing and asks no clock, so the
ladder that runs in a client is the one that runs under fake time in the tests.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from .decisions import Decision, Note, Open, Shut, Tell
from .evidence import Evidence
from .pipe import NETWORK, End, Kind, Pipe, came
from .rung import LONG_LIFE, PAUSE, PAUSE_MOST, PROBATION, REST, REST_MOST, Record, Renewals, pause
from .sentences import Part, part, sentence

__all__ = ["FIRST_HOLD", "PAUSE", "PAUSE_MOST", "REST", "REST_MOST", "RUNGS", "Decision", "End", "Kind", "Ladder",
           "Note", "Open", "Pipe", "Shut", "Tell"]  # fmt: skip

RUNGS = ("ws", "sse", "longpoll", "poll")  # best first
ROUND = ("longpoll", "ws", "sse", "poll")  # served first: with no reader, one round trip must be enough
PATIENCE, PATIENCE_MOST = 1.5, 15.0  # s for a first batch; doubled after each failure by time alone
FIRST_HOLD = 1.0  # s: the first long poll of a reading is answered soon, for only an answer proves the rung
TAKE_OVER = 1.5  # s without a reader before it is a disconnect and not a switch
JITTER = 3.0  # s over which those whom a server sent away come back
AT_ONCE = 10.0  # s between two returns "at once"
OVERSLEPT = 1.0  # s a tick may be late before it was this process that slept, not the network
SECOND = 0.15  # s after which longpoll follows a ws that starts because it worked before


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
        network: str | None = None,
        verdicts: dict[str, Any] | None = None,
        wall: Callable[[], float] = lambda: 0.0,
        now: float = 0.0,
    ) -> None:
        """`network`, `verdicts`: where this client was, and what was learnt there; `wall`: as in `Record.verdict`."""
        wanted = set(rungs)
        self.rungs = tuple(rung for rung in RUNGS if rung in wanted)
        if not self.rungs or wanted - set(RUNGS):
            raise ValueError(f"rungs are some of {', '.join(RUNGS)}")
        beats = {"ws": heartbeat, "sse": heartbeat, "longpoll": hold, "poll": every}
        kept = verdicts or {}
        self._wall = wall
        self.records = {rung: Record.kept(beats[rung], kept.get(rung), now, wall()) for rung in self.rungs}
        self.network = network
        self.pipes: dict[int, Pipe] = {}
        self.current: Pipe | None = None  # the best one that reads
        self.connected = False  # as the application was told
        self.stopped = True
        self.pinned: str | None = None
        self.refused: set[str] = set()  # rungs that the server does not want of this client
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
        self._renewals = Renewals()
        self._evidence = Evidence()
        self._follow_at = math.inf  # when longpoll follows a ws that starts
        self._out: list[Decision] = []

    # ---- events

    def start(self, now: float) -> None:
        """Begin: the first round is tried at once."""
        if self.stopped:
            self.stopped = False
            self.refused.clear()
            self._begin_round(now, 0.0)
            if self.pinned is None and self.rungs[0] == "ws" and self.records["ws"].proven(now):
                # Where it worked a short while ago it is served first; longpoll follows: networks change.
                self._round = ["ws", *(rung for rung in self._round if rung != "ws")]
                self._follow_at = now + SECOND
            self._decide(now)

    def opened(self, number: int, now: float) -> None:
        """The pipe stands. That proves nothing: middleboxes accept an upgrade and then pass no frame."""
        pipe = self.pipes.get(number)
        if pipe and pipe.opened is None:
            pipe.opened = now
            if not self.connected:
                self._tell("connecting", transport=pipe.rung)

    def heard(self, number: int, now: float) -> None:
        """A batch came by this pipe."""
        pipe = self.pipes.get(number)
        if pipe is None:
            return
        self._evidence.heard(pipe.rung, now)
        self.alive(number, now)
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

    def alive(self, number: int, now: float) -> None:
        """Something came by this pipe. Where it was in doubt, the second is not needed any more."""
        pipe = self.pipes.get(number)
        if pipe is None:
            return
        pipe.heard = now
        if pipe.doubted:
            pipe.doubted = False
            for other in [one for one in self.pipes.values() if one.second]:
                self._shut(other, now, part("speaks", rung=pipe.rung, other=other.rung))

    def doubt(self, number: int, now: float) -> None:
        """What went up by this pipe has no answer. It may be deaf or dead: another rung is asked for a witness."""
        pipe = self.pipes.get(number)
        beside = any(one is not pipe and not one.witness for one in self.pipes.values())
        if pipe is None or pipe is not self.current or beside:
            return
        lower = self._lower(pipe.rung)
        other = next((rung for rung in lower if self.records[rung].ready_at <= now), None)
        if other is None:
            return
        pipe.doubted = True
        self.note(now, part("doubt", rung=pipe.rung, other=other))
        self._open(other, now).second = True

    def on_network(self, name: str, verdicts: dict[str, Any], now: float) -> None:
        """The server told which network this is: what was learnt on another one says nothing here."""
        if name == self.network:
            return
        first, self.network = self.network is None, name
        known = any(rung in verdicts for rung in self.rungs)
        if first and not known:
            return
        self.note(now, part("network", name=name, known=part("network.known" if known else "network.new")))
        self._remember(verdicts, now)
        self._decide(now)

    @property
    def verdicts(self) -> dict[str, dict[str, Any]]:
        """What is worth keeping of what was learnt, by rung."""
        kept = {rung: record.verdict(self._wall()) for rung, record in self.records.items()}
        return {rung: verdict for rung, verdict in kept.items() if verdict}

    def retry(self, now: float, why: str = "retry") -> None:
        """Rests and pauses are over; if nothing reads, it is tried now. `why`: retry, online or forget."""
        self.note(now, part(why))
        for record in self.records.values():
            record.wake()
            record.tries = 0
        if self.current is None and not self.stopped and not self._round:
            self._plan(list(self._order(now)), now, 0.0)
        elif self.current is None:
            self._round_at = min(self._round_at, now)
        self._decide(now)

    def forget(self, now: float) -> None:
        """As if nothing had ever been tried."""
        self._remember({}, now)
        self.retry(now, "forget")

    def _remember(self, verdicts: dict[str, Any], now: float) -> None:
        self._evidence.forget()
        for rung, record in self.records.items():
            self.records[rung] = Record.kept(record.usual, verdicts.get(rung), now, self._wall())

    def round_trip(self, seconds: float) -> None:
        self.rtt = min(self.rtt, seconds)

    def use(self, rung: str, now: float, *, strict: bool = False) -> None:
        """Only this rung from now on, or "auto". What reads now goes on until that one passed; `strict`: lets go."""
        if rung != "auto" and rung not in self.rungs:
            raise ValueError(f"no such rung here: {rung}")
        self.pinned = None if rung == "auto" else rung
        self.refused.discard(rung)
        self.note(now, part("auto") if rung == "auto" else part("strict" if strict else "hand", rung=rung))
        self._follow_at = math.inf
        for record in self.records.values():
            record.wake()
            record.strikes.clear()
        if self.stopped:
            return
        for pipe in list(self.pipes.values()):
            if self.pinned and pipe.rung != rung and (strict or pipe.passed is None):
                self._shut(pipe, now)
        reading = [pipe for pipe in self.pipes.values() if pipe.passed is not None and self._allowed(pipe.rung)]
        if self.current is None and reading:
            self._read_by(min(reading, key=lambda pipe: RUNGS.index(pipe.rung)), now, "by hand")
        elif self.current is None:
            self._plan(list(self._order(now)), now, 0.0)
        elif self.current.rung == rung:
            self._let_go(now)
        self._decide(now)

    def renew(self, now: float) -> None:
        """Every pipe is ended and the same rung opened again: the client has taken a new sid."""
        rung = self.current.rung if self.current else self._last
        for pipe in list(self.pipes.values()):
            self._shut(pipe, now)
        self._why = "a new sid"
        order = [rung] if rung and self._allowed(rung) else []
        if wait := self._renewals.wait(now, self._chance()):
            self.note(now, part("nothing", time=wait * 1000))
        self._plan(order + [other for other in self._order(now) if other not in order], now, wait)
        self._decide(now)

    def tick(self, now: float) -> None:
        """Time went by."""
        late = now - self.due
        if late > OVERSLEPT and self.pipes:
            # This process slept: what was sent meanwhile is still in its buffers. Nobody was silent.
            self.note(now, part("slept", time=late * 1000))
            for pipe in self.pipes.values():
                pipe.heard += late + OVERSLEPT  # and this long what waited has to be heard
                pipe.began += late + OVERSLEPT if pipe.passed is None else 0.0
        self._decide(now)

    def stop(self, now: float, why: str = "closed") -> None:
        """Shut everything and try nothing more until `start`."""
        for pipe in list(self.pipes.values()):
            self._out.append(Shut(self.pipes.pop(pipe.number)))
        self.current, self._lost, self._round, self.stopped = None, None, [], True
        self._evidence.forget()
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
        times += [self._half(pipe) for pipe in self.pipes.values() if self._unasked(pipe)]
        if self._lost is not None:
            times.append(self._lost + TAKE_OVER)
        if self.current is None:
            times += [self._round_at] if self._waiting() else []
            times.append(self._follow_at)
        else:
            if not self._trying():
                times += [self.records[rung].ready_at for rung in self._wanted()]
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

    def note(self, now: float, *parts: Part) -> None:
        """Keep one sentence of the decision log."""
        self.notes.append(Note(now, sentence(list(parts)), list(parts)))

    # ---- judging

    def _passed(self, pipe: Pipe, now: float) -> None:
        pipe.passed = now
        self.records[pipe.rung].slow = 0
        before, passed = self.current, part("passed", rung=pipe.rung, time=(now - pipe.began) * 1000)
        if pipe.witness:
            self._answered(now)
            if before:
                return self._shut(pipe, now)
            pipe.witness = False  # nobody reads meanwhile, so this one does
        if before and pipe.second and before.doubted:
            return self.note(now, passed, part("beside", old=before.rung))  # it reads, whatever becomes of the other
        if before and pipe.rung != self.pinned and RUNGS.index(pipe.rung) >= RUNGS.index(before.rung):
            return self._shut(pipe, now, passed, part("worse", old=before.rung))
        if before:
            time = self.records[pipe.rung].probation * 1000
            self.note(now, passed, part("better", old=before.rung, rung=pipe.rung, time=time))
        else:
            silence = [] if self._lost is None else [part("silence", time=(now - self._lost) * 1000)]
            self.note(now, passed, part("use"), *silence)
        self._read_by(pipe, now, "by hand" if pipe.rung == self.pinned else "better" if before else self._why)
        if pipe.rung == self.pinned:
            self._let_go(now)
        for other in [one for one in self.pipes.values() if one.passed is None]:
            # What is late is older than this answer: its line is dead, and a new one is tried at once.
            if self.pinned or other.late or RUNGS.index(other.rung) >= RUNGS.index(pipe.rung):
                self._shut(other, now)

    def _read_by(self, pipe: Pipe, now: float, why: str) -> None:
        """This pipe is the one in use; tell it as the application has to hear it."""
        self.current = pipe
        if not self.connected:
            if pipe.opened is None:
                self.opened(pipe.number, now)
            if self._ever:
                self._tell("reconnect", transport=pipe.rung, attempt=self.attempt)
            self._tell("connect", transport=pipe.rung)
            self.attempt = 0
        elif pipe.rung != self._last:
            gap = 0 if self._lost is None else round((now - self._lost) * 1000)
            self._tell("switch", **{"from": self._last, "to": pipe.rung, "why": why, "gapMs": gap})
        self.connected = self._ever = True
        self._lost, self._last, self._round, self._follow_at = None, pipe.rung, [], math.inf

    def _end(self, pipe: Pipe, end: End, now: float) -> None:
        del self.pipes[pipe.number]
        self._evidence.gone(pipe.number)
        record = self.records[pipe.rung]
        lived = 0.0 if pipe.passed is None else pipe.heard - pipe.passed
        parts = came(pipe, end, now)
        if end.kind == "over":
            self.note(now, *parts)
            self._tell("error", code=end.code, message=end.why)
            return self.stop(now, end.why)
        if pipe.witness:  # no answer proves nothing
            self._evidence.forget()
            return self.note(now, *parts)
        if end.kind == "stop":
            self.refused.add(pipe.rung)
            self._round = [rung for rung in self._round if rung != pipe.rung]
            self._tell("error", code=end.code, message=end.why)
        if lived >= PROBATION:
            record.tries = self._rounds = 0
        if lived >= LONG_LIFE:
            record.clear()
        if end.kind in NETWORK:
            record.short |= PROBATION <= lived < LONG_LIFE
            self._learn(pipe, end, now, parts)
            self._suspect(pipe, end, now, parts)
        wait = self._wait(end, record, now)
        record.again = now + wait
        others = [one for one in self.pipes.values() if one.passed is not None]
        if self.current is not pipe and self.current and record.resting <= now and end.kind in NETWORK:
            parts.append(part("pause", time=wait * 1000))
        if others:
            best = self.current if self.current is not pipe and self.current else min(others, key=_rank)
            parts.append(part("carries", rung=best.rung))
        self.note(now, *parts)
        if self.current and self.current is not pipe and self.current.doubted:
            self.doubt(self.current.number, now)
        elif pipe is self.current:
            self.current = None
            self._fall(pipe, end, now, wait)
        elif self.current is None:
            self._go_on(pipe.rung, end, now, wait)

    def _fall(self, pipe: Pipe, end: End, now: float, wait: float) -> None:
        """The pipe in use ended: whoever still reads takes over, or else the next rung down is opened."""
        readers = [other for other in self.pipes.values() if other.passed is not None]
        if readers:
            return self._read_by(min(readers, key=_rank), now, end.why)
        self._lost, self._why = (now if self.connected else None), end.why
        if end.kind in (*NETWORK, "cut", "stop"):
            lower = self._lower(pipe.rung)
            awake = [rung for rung in lower if self.records[rung].resting <= now]
            if lower:
                # Whoever failed since it last lived comes after those that did not: of two that go mute again and
                # again each would wait for the other, and no lower one would ever be there to witness against them.
                self._plan(sorted(awake or lower, key=lambda rung: self.records[rung].tries), now, 0.0)
            else:
                self._begin_round(now, wait)
        else:
            self._go_on(pipe.rung, end, now, wait)

    def _go_on(self, rung: str, end: End, now: float, wait: float) -> None:
        """Nobody reads and this rung has failed: the rest of the round, or a new one after a pause."""
        if end.kind not in (*NETWORK, "cut", "stop"):  # the server spoke: the same rung again, when it says so
            self._plan([rung, *(other for other in self._round if other != rung)], now, wait)
        elif not self._round and self._waiting() and self._round_at <= now:
            self._round_over(end.why, now)

    def _round_over(self, why: str, now: float) -> None:
        """Every rung failed or is late: everything was out, and that is no rung's fault."""
        if not self._ever and not self._failed_told:
            self._failed_told = True
            self._tell("connect_failed", message=why)
        self._rounds += 1
        wait = pause(self._rounds, self._chance())
        self.note(now, part("nothing", time=wait * 1000))
        self._begin_round(now, wait)

    def _suspect(self, pipe: Pipe, end: End, now: float, parts: list[Part]) -> None:
        """A failure counts only if a lower rung proved, during its own life, that the way was open (evidence.py)."""
        lower = self._lower(pipe.rung)
        if end.kind == "time":
            if witness := self._evidence.in_time(lower, (pipe.began + now) / 2):
                self._strike(pipe.rung, witness, now, parts)
        else:
            self._evidence.broke(pipe, [other for other in self.pipes.values() if other.rung in lower], parts[:2])

    def _answered(self, now: float) -> None:
        """The way is open: what broke beside a reading that stands failed alone."""
        for rung, spans, what in self._evidence.answered():
            parts = [part("convicted"), *what]
            self._strike(rung, self.pipes[min(spans)].rung, now, parts)
            if self.current:
                parts.append(part("carries", rung=self.current.rung))
            self.note(now, *parts)

    def _strike(self, rung: str, witness: str, now: float, parts: list[Part]) -> None:
        record = self.records[rung]
        # What is asked for by hand pauses, but never rests.
        rest = 0.0 if self.pinned else record.strike(now)
        record.evidence = sentence([one for one in parts if one.key != "convicted"][:2])
        parts.append(part("count", nth=max(1, len(record.strikes)), witness=witness))
        if rest:
            parts.append(part("rest", time=rest * 1000))

    def _learn(self, pipe: Pipe, end: End, now: float, parts: list[Part]) -> None:
        """A line that dies of silence is kept alive by talking twice as often."""
        record, silence = self.records[pipe.rung], now - pipe.heard
        record.tries += 1
        if end.kind == "time" and pipe.passed is None:
            record.slow += not pipe.late
        elif pipe.passed is not None and pipe.rung != "poll" and (beat := record.learn(silence, pipe.beat)):
            parts.append(part("lesson", time=beat * 1000))

    def _wait(self, end: End, record: Record, now: float) -> float:
        """How long before this rung is tried again, in s."""
        if end.kind == "leave":
            return self._chance() * JITTER
        if end.kind == "wait":
            return 1.0 if end.retry is None else end.retry
        if end.kind == "again" and now - self._at_once >= AT_ONCE:
            self._at_once = now
            return 0.0
        return pause(1 if end.kind == "again" else record.tries, self._chance())

    # ---- deciding

    def _decide(self, now: float) -> None:
        """What time and the state of the pipes ask for."""
        for pipe in list(self.pipes.values()):
            if pipe.number not in self.pipes or now < self._limit(pipe):
                continue
            if pipe.passed is None and not pipe.late and not pipe.witness and self.current is None:
                self._is_late(pipe, now)
            else:
                self._out.append(Shut(pipe))
                new = pipe.passed is None
                self._end(pipe, End("time", "no first batch in time") if new else End("silent", "silent"), now)
        if not self.stopped and not self.pipes and not any(self._allowed(rung) for rung in self.rungs):
            self.note(now, part("none"))
            self.stop(now, sentence([part("none")]))
        if self.stopped:
            return
        self._probation(now)
        self._ask(now)
        self._disconnect(now)
        if self.current is not None:
            self._climb(now)
        elif self._waiting() and now >= self._round_at:
            if not self._round:
                self._plan(list(self._order(now)), now, 0.0)
            self._announce()
            self._open(self._round.pop(0), now)
        if self.current is None and now >= self._follow_at:
            self._follow_at = math.inf
            if "longpoll" in self._round:
                self._round.remove("longpoll")
                self._open("longpoll", now)

    def _waiting(self) -> bool:
        """Nothing reads, and nothing is tried that is not late already."""
        return all(pipe.late or pipe.witness for pipe in self.pipes.values())

    def _is_late(self, pipe: Pipe, now: float) -> None:
        """Nothing reads, so nothing is lost by waiting on: the next is tried beside it. Slow is not broken."""
        pipe.late = True
        self.records[pipe.rung].slow += 1
        key = "late" if pipe.opened is None else "late.open"
        self.note(now, part(key, rung=pipe.rung, time=(now - pipe.began) * 1000), part("still"))
        if not self._round and self._waiting():
            self._round_over("no first batch in time", now)

    def _probation(self, now: float) -> None:
        current = self.current
        # Life is what was heard: a line that went mute after its first batch has not lived, however long it stays.
        lived = -1.0 if current is None or current.passed is None else current.heard - current.passed
        if current and not current.proven and lived >= self.records[current.rung].probation:
            current.proven, self._rounds = True, 0
            self.records[current.rung].lived(now)
            self._let_go(now, current.rung)

    def _ask(self, now: float) -> None:
        """Ask the lowest rung for a witness, where something waits for one: a poll is answered at once."""
        for pipe in [one for one in self.pipes.values() if self._unasked(one) and now >= self._half(one)]:
            # It has waited for half of its time, and what reads may bring nothing in the other half.
            pipe.asked, lower = True, self._lower(pipe.rung)
            if self.current and self.current.rung in lower and self.current.beat > self._limit(pipe) - now:
                self._evidence.asks = True
        asks, self._evidence.asks = self._evidence.asks, False
        wanted = [rung for rung in self.rungs if rung not in self.refused]
        if asks and self.current and wanted and not any(pipe.witness for pipe in self.pipes.values()):
            self._open(wanted[-1], now, witness=True)

    def _unasked(self, pipe: Pipe) -> bool:
        return pipe.passed is None and not (pipe.late or pipe.witness or pipe.asked)

    def _half(self, pipe: Pipe) -> float:
        return (pipe.began + self._limit(pipe)) / 2

    def _disconnect(self, now: float) -> None:
        if self._lost is None or now < self._lost + TAKE_OVER:
            return
        self._lost, self.connected = None, False
        self._tell("disconnect", reason=self._why)
        for pipe in self.pipes.values():  # an attempt is on its way: from now on it is a reconnection
            self._round_new = True
            self._announce()
            if pipe.opened is not None:
                self._tell("connecting", transport=pipe.rung)

    def _climb(self, now: float) -> None:
        """Somebody reads: try the best rung that may be tried, one at a time."""
        if self._trying():
            return
        for rung in self._wanted():
            if now >= self.records[rung].ready_at:
                self._open(rung, now)
                return

    def _wanted(self) -> list[str]:
        """The rungs that are better than the one that reads, best first."""
        assert self.current is not None
        if self.pinned:
            return [self.pinned] if self.current.rung != self.pinned and self._allowed(self.pinned) else []
        rank = RUNGS.index(self.current.rung)
        return [rung for rung in self.rungs if RUNGS.index(rung) < rank and self._allowed(rung)]

    def _trying(self) -> bool:
        return any(pipe.passed is None and not pipe.witness for pipe in self.pipes.values())

    def _lower(self, rung: str) -> list[str]:
        return [other for other in self.rungs if RUNGS.index(other) > RUNGS.index(rung) and self._allowed(other)]

    def _allowed(self, rung: str) -> bool:
        return (rung == self.pinned if self.pinned else rung in self.rungs) and rung not in self.refused

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

    def _open(self, rung: str, now: float, *, witness: bool = False) -> Pipe:
        for late in [pipe for pipe in self.pipes.values() if pipe.late and pipe.rung == rung]:
            self._shut(late, now)  # its line may be dead: a new one
        self._count += 1
        pipe = Pipe(self._count, rung, now, self.patience(rung), max(self.records[rung].beat, 0.0), now)
        self.pipes[pipe.number] = pipe
        pipe.witness = witness
        self.note(now, part("witness" if witness else "tried", rung=rung, time=pipe.patience * 1000))
        self._out.append(Open(pipe))
        return pipe

    def _shut(self, pipe: Pipe, now: float, *why: Part) -> None:
        """Let go of a pipe that did nothing wrong."""
        if why:
            self.note(now, *why)
        self._out.append(Shut(self.pipes.pop(pipe.number)))
        self._evidence.gone(pipe.number)
        if pipe is self.current:
            self.current, self._why = None, "let go"
            self._lost = now if self.connected else None

    def _let_go(self, now: float, proven: str | None = None) -> None:
        """Only the one in use reads on. `proven`: because it has lived through its probation."""
        for pipe in list(self.pipes.values()):
            if pipe is not self.current and pipe.passed is not None:
                time = self.records[proven].probation * 1000 if proven else 0.0
                why = [part("proven", rung=proven, time=time, old=pipe.rung)] if proven else []
                self._shut(pipe, now, *why)

    def _limit(self, pipe: Pipe) -> float:
        """When this pipe has been silent for too long."""
        if pipe.passed is None:
            return pipe.began + (
                max(PATIENCE_MOST, pipe.patience) if pipe.late else max(pipe.patience, self.patience(pipe.rung))
            )
        if pipe.rung in ("ws", "sse"):
            return pipe.heard + 2.5 * pipe.beat
        return pipe.heard + pipe.beat + self.answer_time(2.0)

    def _tell(self, event: str, **detail: Any) -> None:
        self._out.append(Tell(event, detail))


def _rank(pipe: Pipe) -> int:
    return RUNGS.index(pipe.rung)
