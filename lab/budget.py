"""The budget of the feeds: what strangers may have the server say, each of them and all together."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..hub import Hub
from ..protocol.errors import Refused
from ..protocol.pace import Bucket
from ..registry.client import Client

if TYPE_CHECKING:
    from .feed import Feed, Wish

FEEDS = 200  # that speak at once: a race or a lesson of everybody in a class


@dataclass(frozen=True, slots=True)
class Bounds:
    each: int = 8  # that one client, or one address without a sid, has speaking at once
    rate: float = 100.0  # messages a second of one feed
    rates: float = 2000.0  # messages a second of all together
    bytes: float = 4e6  # of text a second of all together
    nobody: float = 10.0  # s a feed speaks whose owner is nobody: there is none who could be gone
    crowd: int = 8  # clients in a room; with more it is a crowd, as everyone is
    share: float = 0.25  # of what is kept for a crowd, the part that feeds may fill in the time it is kept


class Budget:
    """What feeds may say. A crowd's own words are not to be pushed out of what is kept: of that a part is for feeds."""

    def __init__(self, hub: Hub, bounds: Bounds = Bounds()) -> None:
        self.hub, self.bounds = hub, bounds
        kept = hub.limits.keep_messages * bounds.share
        self.crowds = Bucket(kept / hub.limits.keep_seconds, kept, time.monotonic())

    def check(self, wish: Wish, owner: Client | None) -> None:
        """Refused: this server speaks no such feed, or not for this client. For nobody it is made a short one."""
        if wish.rate > self.bounds.rate:
            raise Refused("bad_parameter", f"rate is at most {self.bounds.rate:g} messages a second")
        if wish.room is not None and (owner is None or wish.room not in owner.joined):
            raise Refused(
                "refused", "a feed speaks in a room for who is in it: join it, and say who you are by your sid"
            )
        if owner is None:
            wish.seconds = min(wish.seconds, self.bounds.nobody)

    def fits(self, wish: Wish, payer: str, speaking: Collection[Feed]) -> None:
        """Refused: so many speak already, or say as much together as feeds may."""
        bounds, wishes = self.bounds, [wish, *(feed.wish for feed in speaking)]
        full = {
            f"{FEEDS} feeds speak already": len(wishes) > FEEDS,
            f"{bounds.each} feeds of yours speak already": sum(f.payer == payer for f in speaking) >= bounds.each,
            f"all feeds together say {bounds.rates:g} messages a second": sum(w.rate for w in wishes) > bounds.rates,
            f"all feeds together say {bounds.bytes:g} bytes a second": sum(w.rate * w.size for w in wishes)
            > bounds.bytes,
        }
        for reason, so in full.items():
            if so:
                raise Refused("full", reason, retry=1)

    def crowded(self, wish: Wish) -> bool:
        return wish.room is None or len(self.hub.roll(wish.room)) > self.bounds.crowd

    def pay(self, wish: Wish) -> int:
        """Pay for a feed to a crowd, whole: how many messages that is. Refused: feeds have said enough to crowds."""
        if not self.crowded(wish):
            return 0
        count = math.ceil(wish.rate * wish.seconds)
        if count > self.crowds.burst:
            most = f"to everyone, or a room of many, a feed says at most {self.crowds.burst:g} messages"
            raise Refused("bad_parameter", f"{most}: rate × seconds; in a room of few it may say more")
        wait = self.crowds.wait(count, time.monotonic())
        if wait:
            raise Refused("rate", "feeds have said enough to everyone; in a room of few one may speak now", retry=wait)
        self.crowds.tokens -= count
        return count

    def next(self, feed: Feed) -> bool:
        """Whether its next message may be said: where its room has become a crowd since, it is paid for now."""
        if feed.paid:
            feed.paid -= 1
        elif feed.wish.room is not None and self.crowded(feed.wish):
            if self.crowds.wait(1, time.monotonic()):
                return False
            self.crowds.tokens -= 1
        return True

    def ends(self, feed: Feed) -> None:
        """It ends before its time, and that is said: one of the messages that were paid for."""
        feed.paid = max(0, feed.paid - 1)

    def give_back(self, feed: Feed) -> None:
        """What was paid for and is not said any more may be said by another."""
        self.crowds.tokens += feed.paid
        feed.paid = 0
