"""A rung: what the client learnt about one transport, when it may be tried again, and how long pauses are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, TypeGuard

PAUSE, PAUSE_MOST = 0.5, 30.0  # s between attempts, doubling; full jitter is applied after the cap
STRIKES, STRIKES_WITHIN = 3, 600.0  # failures that count, within so many s, rest a rung
REST, REST_MOST = 60.0, 600.0  # s, doubling
PROBATION = 5.0  # s the old rung goes on reading beside the new one
LONG_LIFE = 30.0  # s of life that clear a rung's failures
WORKS_FOR = 86_400.0  # s: so long it is believed that what worked still works
BEAT_LEAST, BEAT_MOST = 2.0, 30.0  # s: what a heartbeat may be learnt down to, and the most that may be asked for


def pause(tries: int, chance: float) -> float:
    """S to wait after so many failures. Full jitter after the cap: a crowd that fell together comes back spread."""
    return chance * min(PAUSE * 2.0 ** min(max(tries - 1, 0), 16), PAUSE_MOST)


@dataclass
class Renewals:
    """New sids of one client: the first is taken at once, each more within a minute of the last after a longer pause.

    Servers of different epochs behind one address would have a client be born again with every answer.
    """

    tries: int = 0
    last: float = -math.inf

    def wait(self, now: float, chance: float) -> float:
        """S to wait before this one."""
        self.tries = self.tries + 1 if now - self.last < 2 * PAUSE_MOST else 0
        wait = pause(self.tries, chance) if self.tries else 0.0
        self.last = now + wait
        return wait


@dataclass(eq=False)
class Rung:
    """What was learnt about one transport. Time is given, as everywhere in the ladder. `rank` 0 is the best."""

    name: str
    rank: int
    usual: float  # s: the heartbeat, hold or interval where nothing was learnt
    refused: bool = False  # the server does not want it of this client
    at_once: float = -math.inf  # when it last came back at once
    learnt: float | None = None  # s: the heartbeat that keeps its line alive
    works: float | None = None  # when it last lived through its probation
    evidence: str | None = None  # the last failure that counted, in words
    paused: float = -math.inf  # until
    resting: float = -math.inf  # until
    rests: int = 0
    tries: int = 0  # failures since it last lived, late ones among them
    failed_at: float = -math.inf  # when it failed last, since it last lived
    late: int = 0  # failures by time alone: each doubles its patience
    strikes: list[float] = field(default_factory=list)  # failures that count
    once: float | None = None  # when it failed first since it last lived, while the way was open
    short: bool = False  # it died between its probation and a long life: the next probation lasts as long

    @property
    def beat(self) -> float:
        return self.usual if self.learnt is None else self.learnt

    @property
    def ready_at(self) -> float:
        """When it may be tried."""
        return max(self.paused, self.resting)

    def fail(self, now: float) -> None:
        self.tries += 1
        self.failed_at = now

    def live(self) -> None:
        """It lives: how often it failed before says nothing any more."""
        self.tries, self.failed_at = 0, -math.inf

    def rests_at(self, now: float) -> bool:
        return self.resting > now

    def pause(self, now: float, chance: float) -> None:
        """A short pause after any failure, so that nothing is tried in a circle."""
        self.wait(now + pause(self.tries, chance))

    def wait(self, until: float) -> None:
        self.paused = max(self.paused, until)

    @property
    def probation(self) -> float:
        """S it has to live before the old rung is let go."""
        return LONG_LIFE if self.short else PROBATION

    def strike(self, now: float) -> float:
        """It failed while the way was open. Returns the s it must rest, 0 if none.

        Once may be chance: an outage of a moment can hit one line alone. With a second time, and no life between the
        two, both count.
        """
        first, self.once = self.once, now
        if first is None:
            return 0.0
        earlier = self.strikes if first in self.strikes else [*self.strikes, first]
        self.strikes = [at for at in earlier if at > now - STRIKES_WITHIN] + [now]
        if len(self.strikes) < STRIKES and not self.rests:  # who rested before gets one chance
            return 0.0
        rest = min(REST * 2.0**self.rests, REST_MOST)
        self.resting = now + rest
        self.rests += 1
        return rest

    def learn(self, silence: float, asked: float) -> float | None:
        """A line that died of silence is kept alive by talking twice as often. Returns the new heartbeat, if any."""
        if not 1.25 * BEAT_LEAST <= silence <= 1.2 * asked:
            return None
        self.learnt = max(BEAT_LEAST, math.floor(silence * 5) / 10)
        return self.learnt

    def wake(self) -> None:
        """It may be tried now: by hand, or because the network is another. What it did is not forgotten."""
        self.paused = self.resting = -math.inf
        self.live()

    def lived(self, now: float) -> None:
        """It lived through its probation."""
        self.works, self.once = now, None

    def clear(self) -> None:
        """It lived long: what was before says nothing any more."""
        self.live()
        self.late = self.rests = 0
        self.resting, self.evidence, self.once, self.short = -math.inf, None, None, False
        self.strikes.clear()

    def proven(self, now: float) -> bool:
        """Whether it worked here a short while ago, and nothing has counted against it since."""
        fresh = self.works is not None and now - self.works < WORKS_FOR
        return fresh and not self.strikes and self.ready_at <= now

    # ---- the verdict: what of this is worth keeping for the next visit

    def verdict(self, wall: float) -> dict[str, Any] | None:
        """Plain data, None where there is nothing to say. `wall`: the s to add for the time of day."""
        if self.works is None and not self.strikes and not self.rests and self.learnt is None:
            return None
        return {
            "works": None if self.works is None else self.works + wall,
            "fails": [at + wall for at in self.strikes],
            "rests": self.rests,
            "resting": self.resting + wall if self.resting > -math.inf else 0.0,
            "beat": self.learnt,
            "evidence": self.evidence,
        }

    def load(self, verdict: object, now: float, wall: float) -> None:
        """As if it had never been tried, but for what still stands of a verdict. What is malformed says nothing."""
        self.learnt = self.works = self.evidence = self.once = None
        self.paused = self.resting = -math.inf
        self.live()
        self.rests = self.late = 0
        self.strikes, self.short = [], False
        if not isinstance(verdict, dict):
            return
        works, resting, beat, evidence = (verdict.get(key) for key in ("works", "resting", "beat", "evidence"))
        fails, rests = verdict.get("fails"), verdict.get("rests")
        if _number(works) and now - WORKS_FOR < works - wall <= now:
            self.works = works - wall
        for at in fails if isinstance(fails, list) else []:
            if _number(at) and now - STRIKES_WITHIN < at - wall <= now:
                self.strikes.append(at - wall)
        if _number(resting) and now < resting - wall <= now + REST_MOST:
            self.resting = resting - wall
        bad = bool(self.strikes) or self.resting > now
        if bad and _number(rests) and rests >= 1:
            self.rests = int(min(rests, 10))
        self.once = self.strikes[-1] if self.strikes else now if bad else None
        if bad and isinstance(evidence, str):
            self.evidence = evidence
        if _number(beat) and BEAT_LEAST <= beat <= BEAT_MOST:
            self.learnt = float(beat)


def _number(value: Any) -> TypeGuard[float]:
    """A number that can be reckoned with: no NaN, and nothing that overflows."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
