"""The faults: what each kind of network does to what passes, and to the lines that live when it comes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from ...protocol.http1 import Head, Length, page
from .line import Asked, Line

CUT_STREAM = 1000  # bytes: a stream is cut somewhere before
CACHED, CACHED_BYTES = 64, 64 << 10  # answers a cache keeps, and bytes of one


class Network(Protocol):
    """What a fault needs of the network it is the fault of: chance, time, its lines, and room for a cache."""

    random: random.Random

    def chance(self) -> float: ...
    def wake(self, seconds: float, ring: Callable[[], None]) -> None: ...
    def living(self) -> list[Line]: ...
    def cache(self, size: int) -> None: ...


class Fault:
    """No fault: everything passes. What the others change."""

    delay = 0.0  # s each way

    def __init__(self, network: Network, value: float) -> None:
        self.network, self.value = network, value

    def forget(self) -> None:
        """Keep nothing of what has passed."""

    def born(self, line: Line) -> None:
        """A connection was made."""

    def strike(self, line: Line) -> None:
        """The network has become this while the line lives."""

    def asks(self, line: Line, asked: Asked) -> None:
        """The head of a request came."""
        line.let()

    def answers(self, line: Line, asked: Asked, head: Head) -> None:
        """The head of an answer came."""
        line.give(head.raw)

    def piece(self, line: Line, asked: Asked, data: bytes) -> None:
        """Bytes of its body came."""
        line.give(data)

    def whole(self, line: Line, asked: Asked) -> None:
        """It has ended."""

    def opened(self, line: Line) -> None:
        """An upgrade was answered with 101, and that has been passed on."""


class NoUpgrade(Fault):
    """A middlebox that knows no WebSocket."""

    blocked = True
    status, reason, text = 400, "Bad Request", "This proxy does not support the Upgrade header."

    def asks(self, line: Line, asked: Asked) -> None:
        if self.blocked and asked.upgrade:
            line.answer(page(self.status, self.reason, self.text))
        else:
            line.let()

    def opened(self, line: Line) -> None:
        self.strike(line)

    def strike(self, line: Line) -> None:
        if self.blocked and line.raw:
            line.close()


class Forbidden(NoUpgrade):
    status, reason, text = 403, "Forbidden", "WebSocket is not allowed in this network."


class Later(Forbidden):
    """WebSocket is blocked from a moment on."""

    blocked = False

    def __init__(self, network: Network, value: float) -> None:
        super().__init__(network, value)
        network.wake(value, self.turn)

    def turn(self) -> None:
        self.blocked = not self.blocked
        for line in self.network.living():
            self.strike(line)


class Heal(Later):
    blocked = True


class Hang(Fault):
    def asks(self, line: Line, asked: Asked) -> None:
        if asked.upgrade:
            line.freeze()
        else:
            line.let()


class Kill(Fault):
    """The firewall that looks at what flows and then cuts it."""

    def opened(self, line: Line) -> None:
        line.wake(self.value / 1000, line.reset)

    def strike(self, line: Line) -> None:
        if line.raw:
            line.reset()


class Mute(Fault):
    down = True

    def opened(self, line: Line) -> None:
        line.freeze(down=self.down)

    def strike(self, line: Line) -> None:
        if line.raw:
            line.freeze(down=self.down)


class Deaf(Mute):
    down = False


class Buffer(Fault):
    """A proxy that waits for the end of an answer: a stream has none."""

    def answers(self, line: Line, asked: Asked, head: Head) -> None:
        asked.memo = not isinstance(line.answering.body, Length)
        self.piece(line, asked, head.raw)

    def strike(self, line: Line) -> None:
        if line.asked:
            line.asked.memo = not isinstance(line.answering.body, Length)

    def piece(self, line: Line, asked: Asked, data: bytes) -> None:
        if asked.memo:
            line.keep(data)
        else:
            line.give(data)

    def whole(self, line: Line, asked: Asked) -> None:
        line.release()


class Impatient(Fault):
    def asks(self, line: Line, asked: Asked) -> None:
        line.let()
        self.strike(line)

    def strike(self, line: Line) -> None:
        asked = line.asked
        if asked and asked.forwarded and not asked.answered:
            waited = asyncio.get_running_loop().time() - asked.at
            late = page(504, "Gateway Timeout", "The server did not answer in time.", asked.method)
            line.wake(max(0.0, self.value - waited), lambda: line.answer(late))

    def answers(self, line: Line, asked: Asked, head: Head) -> None:
        line.calm()
        line.give(head.raw)

    def opened(self, line: Line) -> None:
        line.calm()


class Cut(Fault):
    """Answers end in their middle."""

    def answers(self, line: Line, asked: Asked, head: Head) -> None:
        asked.memo = None  # bytes of the body that still pass
        if self.network.chance() >= self.value:
            return line.give(head.raw)
        body = line.answering.body
        if isinstance(body, Length) and body.length < 2:
            return line.answer(head.raw[: len(head.raw) // 2])
        asked.memo = body.length // 2 if isinstance(body, Length) else 1 + int(self.network.chance() * CUT_STREAM)
        line.give(head.raw)

    def piece(self, line: Line, asked: Asked, data: bytes) -> None:
        if asked.memo is None:
            line.give(data)
        elif len(data) < asked.memo:
            asked.memo -= len(data)
            line.give(data)
        else:
            line.answer(data[: asked.memo])

    def strike(self, line: Line) -> None:
        if line.asked:
            line.asked.memo = None


class Lost(Fault):
    """The server does the work, and the line breaks before it can say so."""

    def answers(self, line: Line, asked: Asked, head: Head) -> None:
        if self.network.chance() < self.value:
            line.reset()
        else:
            line.give(head.raw)


class NoPost(Fault):
    def asks(self, line: Line, asked: Asked) -> None:
        if asked.method == b"POST":
            line.answer(page(403, "Forbidden", "This network only lets you look."))
        else:
            line.let()


class Stale(Fault):
    """A cache that takes no notice of `no-store`."""

    def __init__(self, network: Network, value: float) -> None:
        super().__init__(network, value)
        self.answered: dict[tuple[bytes, bytes, bool], bytes] = {}

    def asks(self, line: Line, asked: Asked) -> None:
        known = self.answered.get(asked.key) if asked.method == b"GET" and not asked.upgrade else None
        if known is not None and line.asking.whole:
            (line.answer if asked.head.last else line.repeat)(known)
        else:
            line.let()

    def answers(self, line: Line, asked: Asked, head: Head) -> None:
        body = line.answering.body
        told = isinstance(body, Length) and body.length <= CACHED_BYTES and head.words[0] == b"200"
        asked.memo = bytearray() if told and asked.method == b"GET" else None
        self.piece(line, asked, head.raw)

    def piece(self, line: Line, asked: Asked, data: bytes) -> None:
        if isinstance(asked.memo, bytearray):
            asked.memo += data
        line.give(data)

    def whole(self, line: Line, asked: Asked) -> None:
        if not isinstance(asked.memo, bytearray):
            return
        self._drop(asked.key)
        if len(self.answered) >= CACHED:
            self._drop(next(iter(self.answered)))
        self.answered[asked.key], asked.memo = bytes(asked.memo), None
        self.network.cache(self._size(asked.key))

    def _drop(self, key: tuple[bytes, bytes, bool]) -> None:
        if key in self.answered:
            self.network.cache(-self._size(key))
            del self.answered[key]

    def _size(self, key: tuple[bytes, bytes, bool]) -> int:
        return len(key[0]) + len(key[1]) + len(self.answered[key])

    def forget(self) -> None:
        for key in list(self.answered):
            self._drop(key)

    def strike(self, line: Line) -> None:
        if line.asked:
            line.asked.memo = None


class Portal(Fault):
    """The page of a hotel, whatever was asked for."""

    def asks(self, line: Line, asked: Asked) -> None:
        line.answer(page(200, "OK", "Welcome to our network. Please accept the terms of use.", asked.method))

    def opened(self, line: Line) -> None:
        line.close()

    def strike(self, line: Line) -> None:
        line.close()


class Silent(Fault):
    """Half open: the router has forgotten the connection and tells nobody."""

    def born(self, line: Line) -> None:
        line.freeze(dead=True)

    def strike(self, line: Line) -> None:
        line.freeze(dead=True)


class Slow(Fault):
    def __init__(self, network: Network, value: float) -> None:
        super().__init__(network, value)
        self.delay = value / 2000

    def born(self, line: Line) -> None:
        line.up.earliest = asyncio.get_running_loop().time() + 2 * self.delay  # SYN and its answer


class Flaky(Fault):
    def born(self, line: Line) -> None:
        line.wake(self.network.random.expovariate(1 / self.value), line.reset)

    def strike(self, line: Line) -> None:
        self.born(line)
