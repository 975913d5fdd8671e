"""The others' ways back, by their own formulas: s to wait before each attempt, from the drop or the last refusal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from bench.storm.ours import RTT, Chance, Life


def socketio(chance: Chance) -> Iterator[float]:
    """1 s doubling, give or take up to half, and only then cut at 5 s: from the fifth on it is 5 s for everybody."""
    for attempt in range(1000):
        delay, luck = 1000.0 * 2.0 ** min(attempt, 64), chance()
        jitter = math.floor(luck * 0.5 * delay)
        yield math.floor(min(delay + (jitter if int(luck * 10) % 2 else -jitter), 5000.0)) / 1000


def centrifuge(chance: Chance) -> Iterator[float]:
    """0.5 s and full jitter over 0.5 s doubling, cut at 20 s."""
    for attempt in range(1000):
        yield min(20.0, 0.5 + chance() * min(20.0, 0.5 * 2.0 ** min(attempt, 31)))


def phoenix(_chance: Chance) -> Iterator[float]:
    """A fixed ladder, and its last rung for ever."""
    yield from (0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.0)
    while True:
        yield 5.0


def signalr(_chance: Chance) -> Iterator[float]:
    """A fixed ladder of four, then it gives up."""
    yield from (0.0, 2.0, 10.0, 30.0)


Delays = Callable[[Chance], Iterator[float]]
Policy = Callable[[Chance, float, float], Life]


def waits(delays: Delays) -> Policy:
    """A client that waits, knocks, and waits again when it is refused."""

    def live(chance: Chance, outage: float, seconds: float) -> Life:
        life, now = Life(), 0.0
        for delay in delays(chance):
            now += delay
            if now >= seconds:
                break
            life.knocks.append(now)
            if now >= outage:
                life.back = now + RTT
                break
            now += RTT
        return life

    return live
