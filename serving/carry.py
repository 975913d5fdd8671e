"""Carrying: a stream or a WebSocket writes the batches of its reader itself. The fast way; see log/turn.py.

Nothing here is needed to understand the lab: with LAB_DOOR=off in the environment, and under any other server, the
transports send batch after batch by themselves, and their readers are given the same.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any

from websockets.frames import Frame, Opcode

from ..log.batch import Batch
from ..log.carried import Figures
from ..protocol.limits import Limits
from ..registry.reader import Reader
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


class Carriage:
    """One reader, carried by one connection."""

    def __init__(
        self, reader: Reader, exchange: Exchange, form: AsFrames, write: Callable[[bytes], Any], heartbeat: float
    ) -> None:
        self.reader, self.exchange, self.form = reader, exchange, form
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.one = reader.carry(form, write, heartbeat)
        self.one.on_end = self._end

    async def go(self) -> None:
        """Give the reader what there is for it, until it is told to stop, or this is told that the line is lost."""
        account = self.exchange.account
        account.carried[self] = None
        try:
            self.look()
            self.reader.begin(self.one)
            await self.over
        finally:
            self.one.close()
            self.settle()
            del account.carried[self]

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

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
