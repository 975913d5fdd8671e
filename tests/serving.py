"""A real server on a port of its own, and what a test did to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from tests.cluster import clustered
from tests.stranger.http import DEADLINE, new_sid, public_id
from tests.stranger.readers import Reader
from tests.stranger.ways import PostWay
from transport_fallback.app import build
from transport_fallback.hub import Hub
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.run import running

# What a test does not ask about must not get in its way: as many polls, sids and emits as it likes.
GENEROUS: dict[str, Any] = {
    "poll_rate": 1e6,
    "poll_burst": 10**6,
    "sid_rate": 1e6,
    "sid_burst": 10**6,
    "emit_rate": 1e6,
    "emit_burst": 10**6,
}


# Where it is said, what a test serves are several servers that share a log in this Redis; see tests/cluster.py.
REDIS: ContextVar[str] = ContextVar("REDIS", default="")


class Lab:
    """One server, its hub, and the record of what a test emitted: the oracle is the hub's own log."""

    def __init__(self, url: str, app: Any) -> None:
        self.url = url
        self.app = app
        self.hub: Hub = app.state.hub
        self.alone = self.hub.log.alone  # else it is one of several that share a log; see tests/cluster.py
        self.log: list[dict[str, Any]] = []  # what `say` emitted, as every reader must see it
        self.people: dict[str, Any] = {}  # id → the application's client object
        self.life: list[tuple[str, ...]] = []  # (connect, id) and (disconnect, id, reason), in order
        self.readers: list[Reader] = []
        self.ways: list[PostWay] = []
        self.hub.on("connect")(self._connected)
        self.hub.on("disconnect")(self._disconnected)

    async def _connected(self, client: Any) -> None:
        self.people[client.id] = client
        self.life.append(("connect", client.id))

    async def _disconnected(self, client: Any, reason: str) -> None:
        self.life.append(("disconnect", client.id, reason))

    def at(self, seq: int) -> str:
        return f"{self.hub.epoch}.{seq}"

    @property
    def end(self) -> str:
        return self.at(self.hub.end)

    def here(self, room: str | None = None) -> set[str]:
        """The ids of the clients who are here."""
        return {client.id for client in (self.hub.clients() if room is None else self.hub.clients(room))}

    def client(self, sid: str) -> Any:
        return self.people[public_id(sid)]

    async def say(self, event: str, data: Any = None, *, to: str | None = None) -> int:
        """Emit to everyone (or a room) and record it. Returns its seq."""
        await (self.hub if to is None else self.hub.to(to)).emit(event, data)
        self.log.append({"seq": self.hub.end, "event": event, "data": data, "from": None, "room": to})
        return self.hub.end

    def reader(self, transport: type[Reader], sid: str | None = None, base: str | None = None, **more: Any) -> Reader:
        """A reader that is closed when the test ends. Without `sid` it is a new client."""
        return self.track(transport(base or self.url, sid or new_sid(), **more))

    def track(self, reader: Reader) -> Reader:
        self.readers.append(reader)
        return reader

    async def join(self, transport: type[Reader], sid: str | None = None, **more: Any) -> Reader:
        """A reader whose first batch arrived: its client is here."""
        reader = await self.reader(transport, sid, **more).open()
        await reader.next()
        return reader

    async def way(self, way: type[PostWay], sid: str | None = None) -> PostWay:
        """A way up that is closed when the test ends."""
        opened = way(self.url, sid or new_sid())
        self.ways.append(opened)
        return await opened.open()

    async def leave(self) -> None:
        for way in self.ways:
            await way.close()
        for reader in self.readers:
            await reader.cut()


@asynccontextmanager
async def serving(
    *, epoch: str | None = None, clock: Any = None, build_with: Any = None, **numbers: Any
) -> AsyncIterator[Lab]:
    """A server of its own with these limits, without the chat room unless it is built `with` it."""
    limits = Limits(**{**GENEROUS, **numbers})
    if REDIS.get() and not (epoch or clock):
        async with clustered(REDIS.get(), limits, {"chat": False, **(build_with or {})}) as (url, apps):
            lab = Lab(url, apps[0])
            try:
                yield lab
            finally:
                await lab.leave()
        return
    hub = Hub(limits, epoch=epoch, **({"clock": clock} if clock else {}))
    app = build(hub, limits=limits, **{"chat": False, **(build_with or {})})
    async with running(app, host="127.0.0.1", port=0) as url:
        lab = Lab(url.rstrip("/"), app)
        try:
            yield lab
        finally:
            await lab.leave()


@contextmanager
def impatient() -> Iterator[None]:
    """uvicorn looks up every 0.1 s, twice a stop: a fifth of a second, times every test here."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))

    with patch("uvicorn.server.asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep})):
        yield


async def eventually(holds: Callable[[], Any], deadline: float = DEADLINE) -> Any:
    """Wait until something inside the server is so; returns what `holds` said."""
    async with asyncio.timeout(deadline):
        while not (found := holds()):
            await asyncio.sleep(0.005)
    return found
