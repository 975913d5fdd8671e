"""A line: one connection through a network, its two ends and what goes each way between them.

It reads just enough HTTP to know whose turn it is: one request at a time, its answer, and what follows an upgrade.
What becomes of each of these is the network's word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ...protocol.errors import Refused
from ...protocol.http1 import ANSWERS, ASKS, Bad, Head, Messages, UntilClose, answered_body, asked_body, page, refusal
from .ends import PIPE, STALL, End, Pipe

AHEAD = 64 << 10  # bytes a client may send before the answer to what it asked first
HEAD_SECONDS = 10.0  # s for the head of a request
GIVEN_UP = 30.0  # s for which TCP waits for a silent peer
LINGER = 1.0  # s a client has to close its side after we closed ours


class Reach(Protocol):
    """Connects the far end of a line to the server."""

    def __call__(self, end: asyncio.Protocol) -> Awaitable[Any]: ...


class Asked:
    """One request: what it wants, and how far its answer is."""

    def __init__(self, head: Head, target: bytes, now: float) -> None:
        self.method, self.target, self.upgrade = head.words[0], target, head.upgrade
        self.head = head
        self.bytes = head.raw.replace(head.words[1], target, 1)
        self.at = now
        self.forwarded = False
        self.answered = False  # the head of the answer came
        self.whole = False  # all of the answer came
        self.memo: Any = None  # of the network, about this exchange

    @property
    def held(self) -> int:
        """Bytes of the request, as it came, as it goes and by its fields, and of the answer if a cache takes it."""
        return 3 * len(self.head.raw) + (len(self.memo) if isinstance(self.memo, bytearray) else 0)

    @property
    def key(self) -> tuple[bytes, bytes, bool]:
        """Requests of one key may have the same answer: of the same person, on a connection that goes on or ends."""
        return self.target, self.head.fields.get(b"authorization", b""), self.head.last


class Fault(Protocol):
    """What becomes of a line: asked at each step of it."""

    delay: float  # s each way

    def born(self, line: Line) -> None: ...
    def asks(self, line: Line, asked: Asked) -> None: ...
    def answers(self, line: Line, asked: Asked, head: Head) -> None: ...
    def piece(self, line: Line, asked: Asked, data: bytes) -> None: ...
    def whole(self, line: Line, asked: Asked) -> None: ...
    def opened(self, line: Line) -> None: ...


class Through(Protocol):
    """The network that a line goes through, as far as the line knows it."""

    @property
    def fault(self) -> Fault: ...
    @property
    def full(self) -> bool: ...
    def add(self, line: Line) -> None: ...
    def hold(self, size: int) -> None: ...
    def freeze(self, line: Line) -> None: ...
    def drop(self, line: Line) -> None: ...


class Line:
    """One connection through a network."""

    def __init__(
        self,
        network: Through,
        reach: Reach,
        *,
        aim: Callable[[bytes], bytes | None] = lambda target: target,
        leave: Callable[[Any, bytes], None] | None = None,
    ) -> None:
        self.network = network
        self.near = End(self._near_heard, self._near_shut, self._near_lost)
        self.near.stalled = self.reset
        self.far = End(self._far_heard, lambda: False, self._far_lost)
        self.up = Pipe(self, self.near, self.far)
        self.down = Pipe(self, self.far, self.near)
        self.asking, self.answering = Messages(ASKS), Messages(ANSWERS)
        self.asked: Asked | None = None
        self.raw = False  # upgraded: from here on it is another protocol's bytes
        self.closing = False  # our last word is said
        self.over = False
        self.up_lost = self.down_lost = self.dead = False  # bytes vanish; dead: closing does not pass, either
        self.kept = bytearray()  # of an answer that is held back
        self.held = 0  # bytes in here, as they were counted last
        self.alarm: asyncio.TimerHandle | None = None  # the network's
        self._timers: list[asyncio.TimerHandle] = []
        self._reaching: asyncio.Future[Any] | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._reach, self._aim, self._leave = reach, aim, leave
        self._near_done = False
        self.down.drained = self._drained

    @property
    def busy(self) -> bool:
        """Whether something is under way that has not arrived."""
        return not self.up_lost and (self.asked is not None or self.raw or not self.down.empty)

    @property
    def delay(self) -> float:
        return self.network.fault.delay

    @property
    def full(self) -> bool:
        return self.network.full

    def begin(self, transport: Any, data: bytes = b"") -> None:
        """Serve the client at the other side of `transport`, which has sent `data` so far."""
        self.near.connection_made(transport)
        transport.set_protocol(self.near)
        self.network.add(self)
        if data:
            self._near_heard(data)
        else:
            self._watch_head(not self.up_lost)

    # ---- what the network may do with it

    def let(self) -> None:
        """Pass the request on."""
        assert self.asked is not None
        self.asked.forwarded = True
        self.up.send(self.asked.bytes)
        if self._reaching is None and not self.over:
            self._reaching = asyncio.ensure_future(self._reach(self.far))
            self._reaching.add_done_callback(self._reached)

    def give(self, data: bytes) -> None:
        """Pass bytes of the answer on."""
        self.down.send(data)

    def keep(self, data: bytes) -> None:
        """Hold bytes of the answer back."""
        self.kept += data
        self.weigh()
        if len(self.kept) > PIPE or self.network.full:
            self.reset()

    def release(self) -> None:
        kept, self.kept = bytes(self.kept), bytearray()
        self.give(kept)
        self.weigh()

    def answer(self, data: bytes) -> None:
        """Answer instead of the server, and close."""
        self.closing = True
        self._forget()
        self._drop_far()
        self.asking.buffer.clear()  # and what comes now is not heard
        self.near.free()
        self.down.send(data)
        self.down.end()

    def repeat(self, data: bytes) -> None:
        """Answer instead of the server, and go on."""
        self.asked = None
        self.down.send(data)

    def weigh(self) -> None:
        """Count what is in here now: the network has a bound on it, and may have to reset this line at once."""
        held = 0
        if not self.over:
            early = len(self.asking.buffer) + len(self.answering.buffer) + (self.asked.held if self.asked else 0)
            held = len(self.kept) + self.up.size + self.down.size + early
        more, self.held = held - self.held, held
        if more:
            self.network.hold(more)

    def freeze(self, *, up: bool = True, down: bool = True, dead: bool = False) -> None:
        """From now on bytes vanish: read, so that nobody notices, and thrown away."""
        self.up_lost, self.down_lost, self.dead = self.up_lost or up, self.down_lost or down, self.dead or dead
        if up:
            self.up.clear()
            self.asking.buffer.clear()
            self.near.free()
        if down:
            self._unkeep()
            self.down.clear()
            self.far.free()
        self._forget()
        self.network.freeze(self)

    def wake(self, seconds: float, ring: Callable[[], None]) -> None:
        """Do this later, unless the network changes or the line ends before."""
        self.calm()
        self.alarm = asyncio.get_running_loop().call_later(seconds, ring)

    def calm(self) -> None:
        if self.alarm:
            self.alarm.cancel()
            self.alarm = None

    def close(self) -> None:
        self._end(End.close)

    def reset(self) -> None:
        self._end(End.reset)

    def expire(self, seconds: float) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, self.reset))

    # ---- from the client

    def _near_heard(self, data: bytes) -> None:
        if self.up_lost or self.closing or self.over:
            return
        if self.raw:
            return self.up.send(data)
        self.asking.buffer += data
        self._pump()

    def _pump(self) -> None:
        """Pass on what is asked, one request at a time: the next waits for the answer to this one."""
        try:
            while not (self.over or self.closing or self.up_lost or self.raw):
                if self.asked is None and not self._next():
                    break
                if self.asked is not None and not self._pass_body():
                    break
        except Bad as bad:
            self.answer(refusal(Refused("bad_request", f"{bad}")))
        self.weigh()
        if self.over or self.up_lost or self.closing:
            return
        if len(self.asking.buffer) > AHEAD:
            self.near.hold("it is far ahead")
        else:
            self.near.free("it is far ahead")
        if self._near_done:
            self._near_finished()

    def _next(self) -> bool:
        if not self.down.empty or self.near.full:  # the next may belong elsewhere: only when this answer has gone
            return False
        head = self.asking.head()
        self._watch_head(head is None and (bool(self.asking.buffer) or self._reaching is None))
        if head is None:
            return False
        target = self._aim(head.words[1])
        if target is None:
            self._go(head.raw)
            return False
        self.asking.body = asked_body(head)
        self.asked = Asked(head, target, asyncio.get_running_loop().time())
        self.network.fault.asks(self, self.asked)
        return True

    def _pass_body(self) -> bool:
        """Pass on what is here of the body. False: nothing to do until more comes, from either side."""
        assert self.asked is not None
        piece = self.asking.piece()
        if self.asked.forwarded:
            self.up.send(piece)
        if self.asking.whole and self.asked.whole:
            self.asked = None
            return True
        return False

    def _go(self, raw: bytes) -> None:
        """The client asks for something that is not on this way: give its connection back."""
        transport, rest = self.near.transport, raw + bytes(self.asking.buffer)
        if self._leave is None or transport is None:
            return self.close()
        self.near.free()
        self.near.transport = None  # it is no longer ours to close
        self.close()
        self._leave(transport, rest)

    def _watch_head(self, begun: bool) -> None:
        if begun and self._head_timer is None:
            self._head_timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self.reset)
        elif not begun:
            self._forget_head()

    def _near_shut(self) -> bool:
        """The client sends no more. True: it may still hear."""
        self._near_done = True
        if self.dead:
            self._dead_shut()
        elif self.closing and self.down.empty:
            self.close()
        elif not self.closing:
            self._near_finished()
        return True

    def _dead_shut(self) -> None:
        """The client has closed its side; the server, if it knows of this line, does not hear of it."""
        if self._reaching is None or self.far.gone:
            self.close()
        elif not self._timers:
            self.expire(GIVEN_UP)

    def _near_finished(self) -> None:
        if self.up_lost or (self.asked is None and not self.raw and self.down.empty):
            self.close()
        elif self.raw or self.asking.whole and not self.asking.buffer:
            self.up.end()

    def _near_lost(self, _exc: Exception | None) -> None:
        if self.over:
            return
        if self.dead:
            return self._dead_shut()
        if self.far.gone or self._reaching is None or self.closing or self.up_lost:
            self.close()
        else:  # what it said last is still to arrive
            self.calm()
            self._unkeep()
            self.down.clear()
            self.up.end()
            self.expire(STALL)

    # ---- from the server

    def _reached(self, reaching: asyncio.Future[Any]) -> None:
        if not reaching.cancelled() and reaching.exception() and not self.over:
            self.answer(page(502, "Bad Gateway", "the server is not there"))

    def _far_heard(self, data: bytes) -> None:
        if self.down_lost or self.closing or self.over:
            return
        if self.raw:
            return self.down.send(data)
        self.answering.buffer += data
        try:
            while not (self.raw or self.down_lost or self.closing or self.over) and self._hear():
                pass
        except Bad:
            self.reset()
        self.weigh()

    def _hear(self) -> bool:
        """Take the next part of the answer. False: it is not here yet."""
        asked = self.asked
        if asked is None or not asked.forwarded or asked.whole:  # nobody asked: it says why it closes
            self.down.send(self.answering.take(len(self.answering.buffer)))
            return False
        if not asked.answered:
            head = self.answering.head()
            if head is not None:
                self._answered(asked, head)
            return head is not None
        piece = self.answering.piece()
        if piece:
            self.network.fault.piece(self, asked, piece)
        if self.answering.whole and not (self.over or self.closing or self.down_lost):
            asked.whole = True
            self.network.fault.whole(self, asked)
            self._pump()
            return bool(self.answering.buffer)
        return bool(piece)

    def _answered(self, asked: Asked, head: Head) -> None:
        if head.words[0] == b"101":
            return self._upgraded(head)
        if head.words[0].startswith(b"1"):
            return self.give(head.raw)
        asked.answered = True
        self.answering.body = answered_body(head, asked.method)
        self.network.fault.answers(self, asked, head)

    def _upgraded(self, head: Head) -> None:
        assert self.asked is not None
        self.raw = self.asked.answered = True
        self.give(head.raw)
        self.network.fault.opened(self)
        early, late = self.asking.take(len(self.asking.buffer)), self.answering.take(len(self.answering.buffer))
        if early:
            self._near_heard(early)
        if late:
            self._far_heard(late)

    def _far_lost(self, exc: Exception | None) -> None:
        if self.dead or self.over or self.closing:
            return
        if exc is not None:
            return self.reset()
        if self.down_lost or self.near.gone:
            return self.close()
        if self.asked and isinstance(self.answering.body, UntilClose):
            self.network.fault.whole(self, self.asked)
        self.release()
        self.closing = True
        self._forget()
        self.down.end()

    def _drained(self) -> None:
        if not (self.raw or self.over or self.closing) and self.asking.buffer and self.asked is None:
            self._pump()

    # ---- the end

    def ended(self, target: End) -> None:
        """All that was sent to this end has arrived there."""
        if target is self.far:
            return target.close() if self.near.gone else target.finish()
        if self._near_done or self.near.gone:
            return self.close()
        target.finish()
        self._timers.append(asyncio.get_running_loop().call_later(LINGER, self.close))

    def _drop_far(self) -> None:
        if self._reaching:
            self._reaching.cancel()
        if self.far.transport:
            self.far.transport.abort()

    def _unkeep(self) -> None:
        self.kept.clear()
        self.weigh()

    def _forget_head(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _forget(self) -> None:
        self.calm()
        self._forget_head()

    def _end(self, how: Callable[[End], None]) -> None:
        if self.over:
            return
        self.over = True
        self._forget()
        for timer in self._timers:
            timer.cancel()
        self._unkeep()
        self.up.clear()
        self.down.clear()
        self.asking.buffer.clear()
        if self._reaching:
            self._reaching.cancel()
        how(self.near)
        how(self.far)
        self.network.drop(self)
