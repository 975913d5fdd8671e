"""The two ends of a line, and the pipe that leads from one to the other."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

PIPE = 1 << 20  # bytes under way in one direction of a slow line
PIECE = 64 << 10  # bytes handed over at once: what an end does not take stays here, where it is counted
STALL = 10.0  # s an end may take no bytes, and a closed one to give away its last


class End(asyncio.Protocol):
    """One end of a line. It is read while nobody holds it."""

    def __init__(
        self, heard: Callable[[bytes], None], shut: Callable[[], bool], lost: Callable[[Exception | None], None]
    ) -> None:
        self.heard, self.shut, self.lost = heard, shut, lost
        self.transport: asyncio.Transport | None = None
        self.source: End | None = None  # where what is written here comes from
        self.pipe: Pipe | None = None  # what writes here
        self.gone = False
        self.full = False  # it takes no more bytes for now
        self.stalled: Callable[[], None] | None = None  # what to do when it takes no bytes
        self._stall: asyncio.TimerHandle | None = None
        self._holders: set[str] = set()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if self._holders:
            transport.pause_reading()
        if self.pipe:
            self.pipe.run()

    def data_received(self, data: bytes) -> None:
        self.heard(data)

    def eof_received(self) -> bool:
        return self.shut()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self.calm()
        self.lost(exc)

    def calm(self) -> None:
        if self._stall:
            self._stall.cancel()

    def pause_writing(self) -> None:
        self.full = True
        if self.source:
            self.source.hold("the other end is full")
        if self.stalled:  # while nobody reads the other end, nobody hears that it has closed
            self._stall = asyncio.get_running_loop().call_later(STALL, self.stalled)

    def resume_writing(self) -> None:
        self.full = False
        self.calm()
        if self.source:
            self.source.free("the other end is full")
        if self.pipe:
            self.pipe.run()

    def hold(self, why: str) -> None:
        """Read no more, until whoever asked for it says `free`."""
        if not self._holders and self.transport and not self.gone:
            self.transport.pause_reading()
        self._holders.add(why)

    def free(self, why: str | None = None) -> None:
        """Read on, if nobody else asked to wait. None: whoever asked."""
        held = bool(self._holders)
        self._holders = self._holders - {why} if why else set()
        if held and not self._holders and self.transport and not self.gone:
            self.transport.resume_reading()

    def finish(self) -> None:
        """No more bytes from us."""
        if self.transport and not self.gone and not self.transport.is_closing():
            with contextlib.suppress(OSError, RuntimeError, NotImplementedError):
                self.transport.write_eof()

    def close(self) -> None:
        """Give away what was written, and close; but do not wait for ever for one who takes nothing."""
        if self.transport and not self.gone:
            self.transport.close()
            if self.transport.get_write_buffer_size():
                asyncio.get_running_loop().call_later(STALL, self.transport.abort)

    def reset(self) -> None:
        """Close as a router does that has had enough: RST, and what was under way is lost."""
        if self.transport is None or self.gone:
            return
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class Carrier(Protocol):
    """The line that a pipe is one direction of."""

    @property
    def over(self) -> bool: ...
    @property
    def delay(self) -> float:
        """s each way, for what is sent from now on"""

    @property
    def full(self) -> bool:
        """Whether the network holds as much as it may."""

    def weigh(self) -> None:
        """Count again what is under way."""

    def ended(self, target: End) -> None:
        """All that was sent to this end has arrived there."""


class Pipe:
    """What goes one way: in order, `delay` seconds later, and no more under way than a network holds."""

    def __init__(self, line: Carrier, source: End, target: End) -> None:
        self.line, self.source, self.target = line, source, target
        target.source, target.pipe = source, self
        self.earliest = 0.0  # when the first byte may begin its way
        self.drained: Callable[[], None] = lambda: None
        self.size = 0
        self._queue: deque[tuple[float, bytes | None]] = deque()  # when it arrives, and what; None: the end
        self._timer: asyncio.TimerHandle | None = None

    @property
    def empty(self) -> bool:
        return not self._queue

    def send(self, data: bytes) -> None:
        if data:
            self._put(data)

    def end(self) -> None:
        """After all that was sent: no more."""
        self._put(None)

    def _put(self, data: bytes | None) -> None:
        if self.line.over:
            return
        loop, delay = asyncio.get_running_loop(), self.line.delay
        due = max(loop.time(), self.earliest) + delay
        if self._queue:
            due = max(due, self._queue[-1][0])  # a faster network overtakes nothing
        if data is None:
            self._queue.append((due, None))
        else:
            self._queue.extend((due, data[at : at + PIECE]) for at in range(0, len(data), PIECE))
        self._weigh(len(data or b""))
        self.run()

    def run(self) -> None:
        """Hand over what has arrived."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self.target.transport is None:
            return
        loop = asyncio.get_running_loop()
        while self._queue and self._queue[0][0] <= loop.time() and self._taking:
            _due, data = self._queue.popleft()
            self._weigh(-len(data or b""))
            if data is None:
                self.line.ended(self.target)
            elif not self.target.gone:
                self.target.transport.write(data)
        if not self._queue:
            self.drained()
        elif self._taking:  # else it says when it takes more
            self._timer = loop.call_at(self._queue[0][0], self.run)

    @property
    def _taking(self) -> bool:
        return self.target.gone or not self.target.full

    def clear(self) -> None:
        self._queue.clear()
        self._weigh(-self.size)
        if self._timer:
            self._timer.cancel()

    def _weigh(self, size: int) -> None:
        self.size += size
        self.line.weigh()
        if self.size > PIPE or self.size and self.line.full:
            self.source.hold("much is under way")
        elif self.size <= PIPE // 2:
            self.source.free("much is under way")
