"""The crowd of a storm: clients of every transport, which hear all that is said, and speak; ours and strangers."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from tests.scale.listener import TROUBLE, Listener
from tests.stranger.http import Refused, epoch_of, post
from tests.stranger.readers import Batch
from transport_fallback.client.socket import EmitError, io

RETRY = 0.2  # s until a stranger says again what was not taken
QUIET = 3.0  # s without a batch, where a heartbeat comes every second: that line is dead
PAUSE = 0.5  # s between two polls


class Heard(NamedTuple):
    """One message as it was handed on; or a gap, which has no seq."""

    at: float
    epoch: str
    seq: int | None
    id: Any  # of a gap, what was missed
    reason: str = ""


class Said(NamedTuple):
    """One emit that is over: what became of it. `code`: "ok", or that of its error."""

    at: float
    id: int
    code: str


class Client(Protocol):
    """One of the crowd."""

    name: str  # transport, and whose client
    transport: str
    handed: list[Heard]
    said: list[Said]

    async def live(self) -> None: ...

    async def talk(self, calm: asyncio.Event, pace: float) -> None: ...

    def hurry(self) -> None: ...

    async def close(self) -> None: ...


class Stranger(Listener):
    """One that knows the protocol and nothing else. It is acked before it says the next."""

    def __init__(self, transport: str, base: str, ids: Iterator[int], seed: int) -> None:
        super().__init__(transport, base)
        self.name = f"{transport}, a stranger"
        self.ids, self.luck = ids, random.Random(seed)
        self.patience, self.pause, self.renews = QUIET, PAUSE, True
        self.n = 0
        self.handed: list[Heard] = []
        self.said: list[Said] = []

    def take(self, batch: Batch) -> None:
        now, epoch = time.monotonic(), epoch_of(batch.cursor)
        if batch.gap:
            self.handed.append(Heard(now, epoch, None, batch.gap["missed"], batch.gap["reason"]))
        self.handed += [Heard(now, epoch, each["seq"], each["data"]) for each in batch.messages]
        super().take(batch)
        self.given.clear()

    def renew(self) -> None:
        super().renew()
        self.n = 0

    async def talk(self, calm: asyncio.Event, pace: float) -> None:
        while not calm.is_set():
            await asyncio.sleep(self.luck.expovariate(pace))
            id = next(self.ids)
            self.n += 1
            code = await self._say(id, self.sid, self.n)
            self.said.append(Said(time.monotonic(), id, code))

    async def _say(self, id: int, sid: str, n: int) -> str:
        """Say it until it is answered, or until nobody knows any more what this n is."""
        while sid == self.sid:
            try:
                answer = await post(self.base, sid, emits=[{"n": n, "event": "say", "data": id}])
                if answer.status == 200:
                    (ack,) = answer.json["acks"]
                    if "error" not in ack:
                        return "ok"
                    if ack["error"]["code"] not in ("out_of_order", "stale"):
                        return str(ack["error"]["code"])
                    if sid == self.sid:
                        self.renew()  # what it was is not known any more: another life of the log
                    return "forgotten"
            except (Refused, *TROUBLE):
                pass
            await asyncio.sleep(RETRY)
        return "unknown"

    def hurry(self) -> None:
        """It is never far from its next try."""

    async def close(self) -> None:
        pass


class Socket:
    """The library's client."""

    def __init__(self, use: str, base: str, ids: Iterator[int], seed: int) -> None:
        self.name, self.transport = f"{use}, the client", use
        self.ids, self.luck = ids, random.Random(seed)
        self.socket = io(base, use=use, every=PAUSE, heartbeat=1.0, hold=1.0)
        self.handed: list[Heard] = []
        self.said: list[Said] = []
        self.socket.on("news", self._message)
        self.socket.on("gap", self._gap)
        self.socket.on("error", lambda _error: None)

    def _message(self, data: Any, _reply: Any, message: Any) -> None:
        self.handed.append(Heard(time.monotonic(), epoch_of(str(self.socket.cursor)), message.seq, data))

    def _gap(self, gap: Any) -> None:
        epoch = epoch_of(str(self.socket.cursor))
        self.handed.append(Heard(time.monotonic(), epoch, None, gap["missed"], gap["reason"]))

    async def live(self) -> None:
        self.socket.connect()

    async def talk(self, calm: asyncio.Event, pace: float) -> None:
        async with asyncio.TaskGroup() as group:
            while not calm.is_set():
                await asyncio.sleep(self.luck.expovariate(pace))
                group.create_task(self._say(next(self.ids)))

    async def _say(self, id: int) -> None:
        try:
            await self.socket.emit("say", id)
            code = "ok"
        except EmitError as error:
            code = error.code
        self.said.append(Said(time.monotonic(), id, code))

    def hurry(self) -> None:
        """All is calm: after many strikes it might wait for long."""
        if not self.socket.connected:
            self.socket.retry()

    async def close(self) -> None:
        await self.socket.close()


def crowd(base: str, each: int, seed: int) -> list[Client]:
    """So many of each kind."""
    ids, seeds = itertools.count(1), itertools.count(seed * 1000)
    kinds = ("ws", "sse", "longpoll", "poll")
    strangers: list[Client] = [Stranger(kind, base, ids, next(seeds)) for kind in kinds for _ in range(each)]
    return strangers + [Socket(kind, base, ids, next(seeds)) for kind in (*kinds, "auto") for _ in range(each)]
