"""The feed: the server speaks at a chosen pace, each message at a time that was planned beforehand.

Latency is measured from the planned time, which is in the message: a server that is late cannot hide it. A feed belongs
to the client that started it, and ends when that one is no longer here; who hears it may end it, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..protocol.codec import decode, printable
from ..protocol.errors import Refused
from ..registry.client import Client
from ..registry.clients import Clients
from ..transports.post import body_of
from ..transports.request import payer_of, sid_of
from .budget import Budget
from .clocks import ahead

EVENT, ENDED = "feed", "feed-ended"
RATE_LEAST, RATE_MOST = 0.01, 1000.0  # messages a second
SECONDS_MOST = 3600.0
BURST = 10  # messages that come together where the shape is burst
LEAD = 0.05  # s before the first
ROOM = 200  # bytes of a message's data beside its filling


class Wish(msgspec.Struct):
    """How the server shall speak."""

    rate: float
    shape: Literal["periodic", "poisson", "burst"] = "periodic"
    size: int = 100  # bytes of data, about
    room: str | None = None
    seconds: float = 10.0
    seed: int | None = None


@dataclass(eq=False, slots=True)
class Feed:
    """One that speaks, and whose it is."""

    name: str
    wish: Wish
    owner: str | None  # the id of a client; None: nobody's, and anybody may end it
    payer: str  # whose it is, or the address it was asked for from
    paid: int  # of its messages to a crowd, those that are paid for and not said yet
    task: asyncio.Task[None] | None = None

    def told(self, **more: Any) -> dict[str, Any]:
        return {"feed": self.name, **msgspec.to_builtins(self.wish), "owner": self.owner, **more}


def plan(wish: Wish, seed: int) -> Iterator[float]:
    """When each message is due, in s from the first. A pure function of wish and seed."""
    luck, at, n = random.Random(seed), 0.0, 0
    while at < wish.seconds:
        yield at
        n += 1
        if wish.shape == "poisson":
            at += luck.expovariate(wish.rate)
        elif wish.shape == "burst":
            at = (n // BURST) * BURST / wish.rate
        else:
            at = n / wish.rate


class Feeds:
    """Those that speak now."""

    def __init__(self, clients: Clients, budget: Budget | None = None) -> None:
        self.clients, self.hub = clients, clients.hub
        self.budget = budget  # None: who asks is no stranger
        self.speaking: dict[str, Feed] = {}
        self.hub.on("disconnect")(self._left)

    def start(self, wish: Wish, owner: Client | None = None, address: str = "") -> dict[str, Any]:
        """Begin. Refused: more than the server can say, or than it says for this client now."""
        self._check(wish)
        payer = owner.id if owner else f"@{address}"
        paid = 0
        if self.budget:
            self.budget.check(wish, owner)
            self.budget.fits(wish, payer, self.speaking.values())
            paid = self.budget.pay(wish)
        feed = Feed(secrets.token_hex(4), wish, owner.id if owner else None, payer, paid)
        seed = secrets.randbelow(2**32) if wish.seed is None else wish.seed
        self.speaking[feed.name] = feed
        feed.task = asyncio.create_task(self._speak(feed.name, wish, seed))
        feed.task.add_done_callback(lambda _task: self._over(feed))
        return feed.told(seed=seed)

    def _check(self, wish: Wish) -> None:
        size = self.hub.limits.data - ROOM
        if not RATE_LEAST <= wish.rate <= RATE_MOST:
            raise Refused("bad_parameter", f"rate is {RATE_LEAST:g} to {RATE_MOST:g} messages a second")
        if not 0 < wish.seconds <= SECONDS_MOST:
            raise Refused("bad_parameter", f"seconds is at most {SECONDS_MOST:g}")
        if not 0 <= wish.size <= size:
            raise Refused("bad_parameter", f"size is 0 to {size} bytes")
        if wish.room is not None and not printable(wish.room):
            raise Refused("bad_parameter", "a room has a name of 1-64 printable characters")

    async def _speak(self, name: str, wish: Wish, seed: int) -> None:
        began, clock = time.monotonic() + LEAD, ahead()
        where = self.hub.to(wish.room) if wish.room else self.hub
        for n, due in enumerate(plan(wish, seed)):
            await asyncio.sleep(began + due - time.monotonic())  # 0 or less where it is late: it catches up
            if self.budget and not self.budget.next(self.speaking[name]):
                return await self.end(self.speaking[name], None)
            data = {"feed": name, "n": n, "at": round((clock + began + due) * 1000, 3), "text": "x" * wish.size}
            with contextlib.suppress(Refused):  # a shared log is not reached: this one is not said
                await where.emit(EVENT, data)

    # ---- ending

    def _over(self, feed: Feed) -> None:
        if self.speaking.pop(feed.name, None) and self.budget:
            self.budget.give_back(feed)

    async def end(self, feed: Feed, by: Client | None) -> None:
        """End one before its time; who hears it is told, and by whom: null where it ended for want of its owner."""
        if self.budget:
            self.budget.ends(feed)
        self._over(feed)
        where = self.hub.to(feed.wish.room) if feed.wish.room else self.hub
        with contextlib.suppress(Refused):
            await where.emit(ENDED, {"feed": feed.name, "by": by and by.id})
        if feed.task:
            feed.task.cancel()

    def stop(self) -> None:
        """All of them, at once."""
        for feed in self.speaking.values():
            if feed.task:
                feed.task.cancel()

    async def _left(self, client: Client, _reason: str) -> None:
        """A client is no longer here: 10 s after its last read, or at once where it said bye."""
        for feed in [feed for feed in self.speaking.values() if feed.owner == client.id]:
            await self.end(feed, None)

    def _may_end(self, feed: Feed, client: Client | None) -> bool:
        if feed.owner is None or client is None:
            return feed.owner is None
        return client.id == feed.owner or feed.wish.room is None or feed.wish.room in client.joined

    # ---- over HTTP

    async def _asking(self, request: Request) -> Client | None:
        """The client that asks; None: nobody who is here. Refused: no sid at all, or that of one who has left."""
        sid = sid_of(request)
        client = await self.clients.known(sid) if sid else None
        return client if client and client.here else None

    def routes(self) -> list[Route]:
        async def feeds(request: Request) -> Response:
            if request.method == "POST":
                wish = decode(await body_of(request, self.hub.limits), Wish)
                return JSONResponse(self.start(wish, await self._asking(request), payer_of(request)), 201)
            speaking = [feed.told() for feed in self.speaking.values()]
            return JSONResponse({"feeds": speaking}, headers={"Cache-Control": "no-store"})

        async def end(request: Request) -> Response:
            client, feed = await self._asking(request), self.speaking.get(request.path_params["feed"])
            if feed is None:
                raise Refused("not_found", "no such feed speaks")
            if not self._may_end(feed, client):
                raise Refused("refused", "who started a feed or hears it may end it: say who you are by your sid")
            await self.end(feed, client)
            return Response(status_code=204)

        return [
            Route("/lab/feed", feeds, methods=["GET", "POST"]),
            Route("/lab/feed/{feed}", end, methods=["DELETE"]),
        ]
