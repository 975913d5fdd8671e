"""A listener: one client that reads on, on one transport, from its cursor, whatever becomes of the server it asks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from tests.stranger.http import DEADLINE, Refused, emit, new_sid, post, public_id
from tests.stranger.readers import TRANSPORTS, Batch, Ended, Poll

TROUBLE = (Ended, TimeoutError, OSError, EOFError, ValueError, IndexError, httpx2.HTTPError)
PARAMS: dict[str, dict[str, Any]] = {
    **{"poll": {"every": 100}, "longpoll": {"hold": 1}},
    **{"sse": {"heartbeat": 1}, "ws": {"heartbeat": 1}},
}
PAUSE = 0.05  # s until it asks again


class Listener:
    """What one client was given, batch by batch, each with the time."""

    def __init__(self, transport: str, base: str, sid: str | None = None) -> None:
        self.transport, self.base, self.sid = transport, base, sid or new_sid()
        self.cursor: str | None = None
        self.given: list[tuple[float, Batch]] = []
        self.ends: list[Exception] = []  # of its lines, and what it was refused
        self.renews = False  # at another epoch it takes another sid, as the clients do
        self.patience = DEADLINE  # s without a batch until it asks again
        self.pause = 0.03  # s between two polls

    @property
    def id(self) -> str:
        return public_id(self.sid)

    @property
    def batches(self) -> list[Batch]:
        return [batch for _at, batch in self.given]

    @property
    def heard(self) -> list[Any]:
        """The data of the messages, in order."""
        return [message["data"] for batch in self.batches for message in batch.messages]

    @property
    def gaps(self) -> list[dict[str, Any]]:
        return [batch.gap for batch in self.batches if batch.gap]

    async def live(self) -> None:
        """Read until it is cancelled."""
        while True:
            base = self.base
            sid, reader = self.sid, TRANSPORTS[self.transport](base, self.sid, **PARAMS[self.transport])
            if isinstance(reader, Poll) and reader.kind == "poll":
                reader.pause = self.pause
            try:
                await reader.open(self.cursor)
                while (base, sid) == (self.base, self.sid):
                    self.take(await reader.next(self.patience))
                    del reader.batches[:-1]
            except (Refused, *TROUBLE) as end:
                self.ends.append(end)
                await asyncio.sleep(PAUSE)
            finally:
                await reader.cut()

    def take(self, batch: Batch) -> None:
        self.given.append((time.monotonic(), batch))
        self.cursor = batch.cursor
        if self.renews and batch.gap and batch.gap["reason"] == "epoch":
            self.renew()

    def renew(self) -> None:
        """To the servers it is somebody else from now on."""
        self.sid = new_sid()


@contextlib.asynccontextmanager
async def living(*listeners: Listener) -> AsyncIterator[None]:
    """They read; each has its first batch."""
    tasks = [asyncio.create_task(one.live()) for one in listeners]
    try:
        async with asyncio.timeout(DEADLINE):
            while not all(one.given for one in listeners):
                await asyncio.sleep(0.01)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Voice:
    """One client that only speaks."""

    def __init__(self, sid: str | None = None) -> None:
        self.sid, self.n = sid or new_sid(), 0

    async def say(self, base: str, data: Any, event: str = "say") -> dict[str, Any]:
        self.n += 1
        return await emit(base, self.sid, self.n, event, data)

    async def insist(self, base: str, data: Any, event: str = "say") -> dict[str, Any]:
        """Say it again while the server cannot take it."""
        self.n += 1
        async with asyncio.timeout(DEADLINE):
            while True:
                try:
                    return await emit(base, self.sid, self.n, event, data)
                except Refused as refused:
                    if refused.code != "unready":
                        raise
                await asyncio.sleep(PAUSE)

    async def again(self, base: str, n: int, event: str = "say") -> dict[str, Any]:
        """The answer to an emit that was claimed before, whatever it says."""
        acks: list[dict[str, Any]] = (
            await post(base, self.sid, emits=[{"n": n, "event": event, "data": None}])
        ).accepted()["acks"]
        return acks[0]
