"""Carrying: a stream or a WebSocket writes the batches of its reader itself. The fast way; see log/turn.py.

Nothing here is needed to understand the lab: with LAB_DOOR=off in the environment, behind a middleware that may want to
see what goes by, and under any other server, the transports send batch after batch by themselves, and their readers are
given the same.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self

from websockets.frames import Frame, Opcode

from ..log.batch import Batch
from ..log.carried import Figures
from ..protocol.limits import Limits
from ..registry.reader import Reader
from ..transports.request import leave
from ..transports.sse import event
from .accounts import Counts
from .meter import Exchange


def is_on() -> bool:
    """Whether whoever runs the server wants the fast way."""
    return os.environ.get("LAB_DOOR") != "off"


class AsFrames:
    """Batches as frames of a WebSocket."""

    frames = True

    def __init__(self, everybody: Counts, most: int) -> None:
        self.everybody, self.most = everybody, most

    def frame(self, batch: Batch) -> bytes:
        return framed(batch)

    def told(self, figures: Figures, readers: int) -> None:
        self.everybody.given(figures, readers, frames=self.frames)


class AsEvents(AsFrames):
    """Batches as events of an answer that ends with its connection."""

    frames = False

    def frame(self, batch: Batch) -> bytes:
        return event(batch)


class AsChunks(AsEvents):
    """Batches as events, each a chunk of its answer (RFC 9112, 7.1)."""

    def frame(self, batch: Batch) -> bytes:
        text = event(batch)
        return b"%x\r\n%b\r\n" % (len(text), text)


class Forms:
    """The forms of one server: readers share what is made of a batch in the same one."""

    def __init__(self, totals: Mapping[str, Counts], limits: Limits) -> None:
        most = limits.stream_bytes
        self.frames = AsFrames(totals["ws"], most)
        self.events, self.chunks = AsEvents(totals["sse"], most), AsChunks(totals["sse"], most)


def framed(batch: Batch) -> bytes:
    """The frame of a batch, made once for all who read it."""
    frame = batch.forms.get("ws")
    if frame is None:
        frame = batch.forms["ws"] = Frame(Opcode.TEXT, batch.text).serialize(mask=False)
    return frame


class Carrying(Protocol):
    """A connection that carries readers, as far as a carriage knows it."""

    carriage: Carriage | None
    left: bool
    lost: bool

    async def ready(self) -> None:
        """Wait until it takes bytes."""

    def stop(self) -> None:
        """Tell whoever hears what comes up that the reader must stop."""


class Carriage:
    """One reader, carried by one connection, while it is entered."""

    __slots__ = ("_over", "_waiter", "connection", "exchange", "form", "one", "reader")

    def __init__(
        self,
        connection: Carrying,
        reader: Reader,
        exchange: Exchange,
        form: AsFrames,
        write: Callable[[bytes], Any],
        heartbeat: float,
    ) -> None:
        self.connection, self.reader, self.exchange, self.form = connection, reader, exchange, form
        self.one = reader.carry(form, write, heartbeat)
        self._over = False
        self._waiter: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        await self.connection.ready()
        self.exchange.account.carried[self] = None
        self.connection.carriage = self
        self.one.on_end = self._end
        if self.reader.ended or self.connection.left or self.connection.lost:
            self._end()
        else:
            self.look()
            self.reader.begin(self.one)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.connection.carriage = self.one.on_end = None
        self.one.close()
        self.settle()
        del self.exchange.account.carried[self]

    def over(self) -> asyncio.Future[None]:
        self._waiter = asyncio.get_running_loop().create_future()
        if self._over:
            self._waiter.set_result(None)
        return self._waiter

    def _end(self) -> None:
        self._over = True
        leave(self.reader)  # now: what comes up beside it may wait long for a client that takes no bytes
        self.connection.stop()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ---- what the meter asks

    def settle(self) -> None:
        """Count what the reader was given; everybody's figures have it already."""
        self.exchange.mine.given(self.one.figures(), 1, frames=self.form.frames)

    def look(self) -> None:
        """From now on the trace is told of each batch, as long as it wants to know."""
        self.one.watch = self._watched

    def _watched(self, batch: Batch, size: int) -> None:
        if self.exchange.trace.on:
            self.exchange.given(batch, size)
        else:
            self.one.watch = None
