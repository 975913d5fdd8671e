"""A listener: the Python client itself in the storm; it keeps word of all it hands on of the messages to everyone."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterator
from typing import Any

from tests.torture.transcript import Emitted, Heard
from transport_fallback.client.socket import EmitError, Socket, io

USES = ("auto", "auto", "ws", "sse", "longpoll", "poll")


class Listener:
    """One `Socket`, which somebody keeps switching and cutting."""

    def __init__(self, name: str, base: str, seed: int, ids: Iterator[int]) -> None:
        self.luck = random.Random(seed)
        self.ids = ids
        self.heard = Heard(name)
        self.emitted: list[Emitted] = []
        self.socket: Socket = io(base, every=0.1, heartbeat=1.0, hold=2.0)
        self.socket.on("*", self._message)
        self.socket.on("gap", lambda gap: self.heard.handed.append((gap["reason"], None, 0)))
        self.socket.on("error", lambda _error: None)

    def _message(self, event: str, data: Any, message: Any) -> None:
        if event == "news":
            epoch = str(self.socket.cursor).partition(".")[0]
            self.heard.handed.append((epoch, message.seq, data["id"]))

    async def live(self, calm: asyncio.Event) -> None:
        self.socket.connect()
        while not calm.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(calm.wait(), self.luck.expovariate(1.0))
            await self._disturb()
        self.socket.use("auto")
        self.socket.retry()

    @property
    def at_rest(self) -> bool:
        """It is connected, and nothing that it was asked to say is without an answer."""
        outbox = self.socket.session.way.outbox
        return self.socket.connected and not outbox.unsent and not outbox.unacked

    async def _disturb(self) -> None:
        match self.luck.randrange(6):
            case 0:
                self.socket.cut()
            case 1:
                self.socket.use(self.luck.choice(USES))
            case 2:
                self.socket.retry()
            case 3 | 4:
                await self._say()

    async def _say(self) -> None:
        emit = Emitted(next(self.ids))
        self.emitted.append(emit)
        with contextlib.suppress(EmitError, TimeoutError):
            async with asyncio.timeout(self.luck.choice([0.05, 3.0])):
                await self.socket.emit("say", {"id": emit.id, "to": "everyone"})
                emit.acked = True
