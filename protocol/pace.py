"""Pace: how often somebody may do something."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache

from .errors import Refused

NAMES = 50_000  # addresses whose pace is remembered; a stranger may have as many as he likes


@lru_cache(1024)
def owner_of(address: str) -> str:
    """The name of those who count as one: an address; of IPv6 the 64 bits that one house is given (RFC 6177)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found.packed[:8] + bytes(8), 64)))


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

    def take(self, count: float, now: float, what: str) -> None:
        """Refused `rate`: not that often."""
        count = min(count, self.burst)  # more than ever fits would never pass
        wait = self.wait(count, now)
        if wait:
            raise Refused("rate", f"{self.rate:g} {what} a second are enough", retry=wait)
        self.tokens -= count

    def charge(self, count: float, now: float) -> None:
        """Somebody else has let this pass: as much is gone here, too, though it may not have been there."""
        self.wait(0, now)
        self.tokens = max(-self.burst, self.tokens - count)


class Pace:
    """Buckets by name, of those who have no record to keep it in: an address."""

    def __init__(self, rate: float, burst: float, what: str, clock: Callable[[], float]) -> None:
        self.rate, self.burst, self.what, self.clock = rate, burst, what, clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()  # in order of use; a dict is slow to give its first

    def take(self, name: str, count: float = 1, *, share: int = 1) -> None:
        """Refused `rate`: not that often. `share`: how many stand behind this name."""
        now = self.clock()
        bucket = self._buckets.pop(name, None) or Bucket(self.rate * share, self.burst * share, now)
        self._buckets[name] = bucket
        if len(self._buckets) > NAMES:  # the one least used is the nearest to being full
            self._buckets.popitem(last=False)
        bucket.take(count, now, self.what)

    def sweep(self) -> None:
        """A full bucket says nothing: forget it. All fill up in the same time, so the first used are the first full."""
        now = self.clock()
        while self._buckets:
            name, bucket = next(iter(self._buckets.items()))
            if bucket.wait(bucket.burst, now):
                return
            del self._buckets[name]
