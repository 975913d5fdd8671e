"""The ladder: which transport to try, keep or leave, judged by what arrives (docs/ladder.md has its rules).

Pure policy: events and time go in, decisions come out. It opens nothing, waits for nothing and asks no clock, so the
ladder that runs in a client is the one that runs under fake time in the tests.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from .attempt import Attempt, End, Kind, Role, State
from .decisions import Decision, Decisions, Note, Open, Shut, Tell
from .policy import Policy
from .rung import PAUSE, PAUSE_MOST, REST, REST_MOST, Renewals
from .rungs import RUNGS, Rungs
from .sentences import Part, part
from .timing import FIRST_HOLD, Timing

__all__ = ["FIRST_HOLD", "PAUSE", "PAUSE_MOST", "REST", "REST_MOST", "RUNGS", "Attempt", "Decision", "End", "Kind",
           "Ladder", "Note", "Open", "Role", "Shut", "State", "Tell"]  # fmt: skip

SLEPT = 2.0  # s a tick may be late before it was this process that slept, not the network


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
        """`network`, `verdicts`: where this client was, and what was learnt there; `wall`: as in `Rung.verdict`."""
        self.rungs = Rungs(rungs, {"ws": heartbeat, "sse": heartbeat, "longpoll": hold, "poll": every})
        self.network = network
        self.timing = Timing()
        self._out = Decisions()
        self._policy = Policy(self.rungs, self.timing, self._out)
        self._chance = chance
        self._wall = wall
        self._renewals = Renewals()
        self.rungs.load(verdicts or {}, now, wall())

    def start(self, now: float) -> None:
        """Begin: the first round is tried at once."""
        policy = self._at(now)
        if policy.stopped:
            policy.start()
        policy.settle()

    def opened(self, number: int, now: float) -> None:
        """The attempt stands. That proves nothing: middleboxes accept an upgrade and then pass no frame."""
        policy = self._at(now)
        attempt = policy.attempts.get(number)
        if attempt and attempt.opened_at is None:
            policy.opened(attempt)

    def heard(self, number: int, now: float) -> None:
        """A batch came by this attempt."""
        policy = self._at(now)
        if attempt := policy.attempts.get(number):
            policy.evidence.heard(attempt.rung, now)
            policy.attempts.alive(attempt, now)
            if not attempt.reads:
                policy.passed(attempt)
            policy.settle()

    def ended(self, number: int, end: End, now: float) -> None:
        """The attempt is no more, or to be left. Harmless for one that was shut."""
        policy = self._at(now)
        if attempt := policy.attempts.get(number):
            policy.end(attempt, end)
            policy.settle()

    def alive(self, number: int, now: float) -> None:
        """Something came by this attempt that is no batch."""
        policy = self._at(now)
        if attempt := policy.attempts.get(number):
            policy.attempts.alive(attempt, now)
            policy.settle()

    def doubt(self, number: int, now: float) -> None:
        """What went up by this attempt has no answer. It may be deaf or dead: another rung is asked for a witness."""
        policy = self._at(now)
        if attempt := policy.attempts.get(number):
            policy.doubt(attempt)

    def deaf(self, number: int, now: float) -> None:
        """Nothing goes up by this attempt, though others take it: it is left."""
        doubted = (attempt := self._policy.attempts.get(number)) and attempt.state is State.DOUBTED
        self.ended(number, End("silent" if doubted else "deaf", "nothing goes up by it"), now)

    def cut(self, now: float) -> None:
        """A person cuts every line at once."""
        policy = self._at(now)
        policy.cut()
        policy.settle()

    def on_network(self, name: str, verdicts: dict[str, Any], now: float) -> None:
        """The server told which network this is: what was learnt on another one says nothing here."""
        policy, before = self._at(now), self.network
        if policy.stopped:
            return
        self.network = name
        known = any(rung in verdicts for rung in self.rungs.names)
        if name != before and (known or before is not None):
            self.note(now, part("network", name=name, known=part("network.known" if known else "network.new")))
            self._load(verdicts, now)
        policy.settle()

    def retry(self, now: float, why: str = "retry") -> None:
        """Rests and pauses are over; if nothing reads, every rung is tried now. `why`: retry, online or forget."""
        policy = self._at(now)
        if policy.stopped:
            return
        self.note(now, part(why))
        for rung in self.rungs:
            rung.wake()
        if policy.attempts.current is None:
            policy.rounds.whole(now)
        policy.settle()

    def forget(self, now: float) -> None:
        """As if nothing had ever been tried."""
        self._load({}, now)
        self.retry(now, "forget")

    def round_trip(self, seconds: float) -> None:
        if not self.stopped:
            self.timing.rtt = min(self.timing.rtt, max(0.0, seconds))

    def use(self, name: str, now: float, *, strict: bool = False) -> None:
        """Only this rung from now on, or "auto". What reads now goes on until that one passed; `strict`: lets go."""
        policy, pinned = self._at(now), None if name == "auto" else name
        self.rungs.pinned = pinned
        self.note(now, part("strict" if strict else "hand", rung=name) if pinned else part("auto"))
        if pinned:
            self.rungs[name].wake()
            self.rungs[name].refused = False
        if policy.stopped:
            return
        for attempt in policy.attempts:
            if pinned and attempt.rung != name and (strict or not attempt.reads):
                policy.attempts.shut(attempt)
        current = policy.attempts.current
        if current is None and (left := policy.attempts.reading):
            policy.read_by(left[0], "by hand")
        elif current is None:
            policy.life.loses(now, "let go")
            policy.rounds.whole(now)
        elif current.rung == name:
            policy.attempts.let_go_others(now)
        policy.settle()

    def renew(self, now: float) -> None:
        """Every attempt is ended and the same rung opened again: the client has taken a new sid."""
        policy = self._at(now)
        if policy.stopped:
            return
        last = policy.life.transport
        for attempt in policy.attempts:
            policy.attempts.shut(attempt)
        policy.life.loses(now, "a new sid")
        if wait := self._renewals.wait(now, policy.chance):
            self.note(now, part("nothing", time=wait * 1000))
        queue = sorted(self.rungs.whole(now), key=lambda rung: rung.name != last)
        policy.rounds.end()
        policy.rounds.plan(queue, now, wait)
        policy.settle()

    def tick(self, now: float) -> None:
        """Time went by."""
        late, policy = now - self.due, self._at(now)
        if late > SLEPT and len(policy.attempts):
            # What was sent meanwhile is still in this process's buffers, and this long it has to be heard.
            self.note(now, part("slept", time=late * 1000))
            policy.attempts.sleep(late + SLEPT)
        policy.settle()

    def stop(self, now: float, why: str = "closed", parts: list[Part] | None = None) -> None:
        """Shut everything and try nothing more until `start`."""
        policy = self._at(now)
        if not policy.stopped:
            policy.stop(why, parts or [part(why)])

    def decisions(self) -> list[Decision]:
        """What is to be done, in order; each is given once."""
        return self._out.take()

    @property
    def due(self) -> float:
        """When something happens although nothing arrives."""
        return self._policy.due

    @property
    def attempts(self) -> dict[int, Attempt]:
        return {attempt.number: attempt for attempt in self._policy.attempts}

    @property
    def current(self) -> Attempt | None:
        """The attempt in use."""
        return self._policy.attempts.current

    @property
    def connected(self) -> bool:
        """As the application was told."""
        return self._policy.life.connected

    @property
    def stopped(self) -> bool:
        return self._policy.stopped

    @property
    def notes(self) -> deque[Note]:
        """The decision log, oldest first."""
        return self._out.notes

    @property
    def verdicts(self) -> dict[str, dict[str, Any]]:
        """What is worth keeping of what was learnt, by rung."""
        return self.rungs.verdicts(self._wall())

    def answer_time(self, least: float) -> float:
        """How long an answer may take that nobody holds back, in s."""
        return self.timing.answer_time(least)

    def note(self, now: float, *parts: Part) -> None:
        """Keep one sentence of the decision log."""
        self._out.say(now, *parts)

    def _at(self, now: float) -> Policy:
        self._policy.now, self._policy.chance = now, self._chance()
        return self._policy

    def _load(self, verdicts: dict[str, Any], now: float) -> None:
        self._at(now).evidence.forget()
        self.rungs.load(verdicts, now, self._wall())
