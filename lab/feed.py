"""The feed: the server speaks at a chosen pace, each message at a time that was planned beforehand.

Latency is measured from the planned time, which is in the message: a server that is late cannot hide it.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from codec import decode, printable
from errors import Refused
from hub import Hub
from limits import Limits
from transports.emit import body_of

EVENT = "feed"
FEEDS = 40  # that speak at once: a race or a lesson of everybody in a class
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

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.speaking: dict[str, tuple[Wish, asyncio.Task[None]]] = {}

    def start(self, wish: Wish) -> dict[str, Any]:
        """Begin. Refused: more than the server can say, or so many speak already."""
        limits: Limits = self.hub.limits
        if not RATE_LEAST <= wish.rate <= RATE_MOST:
            raise Refused("bad_parameter", f"rate is {RATE_LEAST:g} to {RATE_MOST:g} messages a second")
        if not 0 < wish.seconds <= SECONDS_MOST:
            raise Refused("bad_parameter", f"seconds is at most {SECONDS_MOST:g}")
        if not 0 <= wish.size <= limits.data - ROOM:
            raise Refused("bad_parameter", f"size is 0 to {limits.data - ROOM} bytes")
        if wish.room is not None and not printable(wish.room):
            raise Refused("bad_parameter", "a room has a name of 1-64 printable characters")
        if len(self.speaking) >= FEEDS:
            raise Refused("full", f"{FEEDS} feeds speak already", retry=1)
        name, seed = secrets.token_hex(4), secrets.randbelow(2**32) if wish.seed is None else wish.seed
        task = asyncio.create_task(self._speak(name, wish, seed))
        task.add_done_callback(lambda _task: self.speaking.pop(name, None))
        self.speaking[name] = (wish, task)
        return self.told(name, wish, seed=seed)

    async def _speak(self, name: str, wish: Wish, seed: int) -> None:
        loop = asyncio.get_running_loop()
        began, clock = loop.time() + LEAD, time.time() + LEAD
        where = self.hub.to(wish.room) if wish.room else self.hub
        for n, due in enumerate(plan(wish, seed)):
            await asyncio.sleep(began + due - loop.time())  # 0 or less where it is late: it catches up
            data = {"feed": name, "n": n, "at": round((clock + due) * 1000, 3), "text": "x" * wish.size}
            await where.emit(EVENT, data)

    def stop(self, name: str | None = None) -> None:
        """One of them, or all."""
        for one, (_wish, task) in list(self.speaking.items()):
            if name in (None, one):
                task.cancel()

    @staticmethod
    def told(name: str, wish: Wish, **more: Any) -> dict[str, Any]:
        return {"feed": name, **msgspec.to_builtins(wish), **more}

    # ---- over HTTP

    def routes(self) -> list[Route]:
        async def feeds(request: Request) -> Response:
            if request.method == "POST":
                return JSONResponse(self.start(decode(await body_of(request, self.hub.limits), Wish)), 201)
            speaking = [self.told(name, wish) for name, (wish, _task) in self.speaking.items()]
            return JSONResponse({"feeds": speaking}, headers={"Cache-Control": "no-store"})

        async def end(request: Request) -> Response:
            name = request.path_params["feed"]
            if name not in self.speaking:
                raise Refused("not_found", "no such feed speaks")
            self.stop(name)
            return Response(status_code=204)

        return [
            Route("/lab/feed", feeds, methods=["GET", "POST"]),
            Route("/lab/feed/{feed}", end, methods=["DELETE"]),
        ]
