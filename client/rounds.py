"""Rounds: what is tried while nothing reads, one after the other, and when the next begins."""

from __future__ import annotations

import math

from .attempt import Attempt, Role
from .attempts import Attempts
from .decisions import Decisions
from .life import Life
from .rung import Rung, pause
from .rungs import Rungs
from .sentences import part

SECOND = 0.15  # s after which longpoll follows a ws that starts because it worked before


class Rounds:
    """One round: a queue of rungs, and when it begins. A round without a queue tries the likeliest rung of all."""

    def __init__(self, rungs: Rungs, attempts: Attempts, life: Life, out: Decisions) -> None:
        self._rungs, self._attempts, self._life, self._out = rungs, attempts, life, out
        self.failed = 0  # since something last lived
        self.end()

    def end(self) -> None:
        """Something reads, or nothing is to be tried any more."""
        self._queue: list[Rung] = []
        self._at = self._waited = 0.0
        self._new = False  # it has not begun
        self._follow_at = math.inf  # when longpoll follows a ws that starts

    @property
    def due(self) -> float:
        """When the next rung is tried, while nothing reads."""
        return min(self._at if self._attempts.waiting else math.inf, self._follow_at)

    # ---- what is planned

    def plan(self, queue: list[Rung], now: float, wait: float = 0.0) -> None:
        self._queue, self._at, self._waited, self._new = queue, now + wait, wait, True

    def whole(self, now: float) -> None:
        """Every rung, at once."""
        self._follow_at = math.inf
        self.plan(self._rungs.whole(now), now)

    def first(self, now: float) -> None:
        """Where ws worked a short while ago it is served first; longpoll follows: networks change."""
        self.whole(now)
        best = next(iter(self._rungs))
        if self._rungs.pinned is None and best.name == "ws" and best.proven(now):
            self._queue = [best, *(rung for rung in self._queue if rung is not best)]
            self._follow_at = now + SECOND

    def again(self, attempt: Attempt, now: float) -> None:
        """The server spoke: the same rung again, when it says so, and then what was left of the round."""
        rung = self._rungs[attempt.rung]
        wait = max(0.0, rung.paused - now)
        if wait:
            self._out.say(now, part("nothing", time=wait * 1000))
        self.plan([rung, *(other for other in self._queue if other is not rung)], now, wait)

    def is_over(self, now: float) -> bool:
        """Whether each of its rungs failed or is late."""
        return not self._queue and self._attempts.waiting and self._at <= now

    def fail(self, why: str, now: float, chance: float) -> None:
        """Everything was out, and that is no rung's fault: the next round comes after a pause."""
        self._life.fails(why)
        self.failed += 1
        wait = pause(self.failed, chance)
        self._out.say(now, part("nothing", time=wait * 1000))
        self.plan([], now, wait)

    # ---- what is tried

    def step(self, now: float) -> None:
        """Try the next rung, if it is time."""
        if self._attempts.waiting and now >= self._at:
            queue = self._queue or self._rungs.likeliest(now)
            self._queue = queue[1:]
            if self._new:
                self._new = False
                self._life.begins(self._waited)
            self._attempts.open(queue[0].name, Role.READ, now)
        if now >= self._follow_at:
            self._follow_at = math.inf
            for longpoll in [rung for rung in self._queue if rung.name == "longpoll"]:
                self._queue.remove(longpoll)
                self._attempts.open(longpoll.name, Role.READ, now)
