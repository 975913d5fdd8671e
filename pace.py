"""Pace: how often somebody may do something."""

from __future__ import annotations

from collections.abc import Callable

from errors import Refused


class Bucket:
    """A token bucket: `rate` a second, `burst` at once."""

    __slots__ = ("at", "burst", "rate", "tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self.tokens, self.at = burst, now

    def wait(self, count: float, now: float) -> float:
        """Seconds until `count` tokens are there; 0 = now."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (count - self.tokens) / self.rate)


class Pace:
    """Buckets by name: a client's id or an address."""

    def __init__(self, rate: float, burst: float, what: str, clock: Callable[[], float]) -> None:
        self.rate, self.burst, self.what, self.clock = rate, burst, what, clock
        self._buckets: dict[str, Bucket] = {}

    def take(self, name: str, count: float = 1, *, share: int = 1) -> None:
        """Refused `rate`: not that often. `share`: how many stand behind this name."""
        now = self.clock()
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(self.rate * share, self.burst * share, now)
        count = min(count, bucket.burst)  # more than ever fits would never pass
        wait = bucket.wait(count, now)
        if wait:
            raise Refused("rate", f"{bucket.rate:g} {self.what} a second are enough", retry=wait)
        bucket.tokens -= count

    def sweep(self) -> None:
        """A full bucket says nothing: forget it."""
        now = self.clock()
        for name in [name for name, bucket in self._buckets.items() if not bucket.wait(bucket.burst, now)]:
            del self._buckets[name]
