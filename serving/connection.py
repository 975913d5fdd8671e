"""A connection: the stages that HTTP and WebSocket have in common, whoever is at the other end.

It is worked at when its turn comes, read while little waits for that, and it has one deadline at a time, which what the
peer sends does not push back. Its stages, and what ends those that do not end by themselves:

    head       accepted, or the first byte after an answer     `header_seconds`, then it is cut
    body       from the end of the head to that of the body    `body_seconds`, and one more for who answers that
    answering  the request is whole, its answer is not         the application's: `hold`, `handler_seconds`
    between    answered, and nothing asked                     uvicorn's keep-alive of 5 s, then it is closed
    upgrade    the head asks for a WebSocket                   `header_seconds`, then it is cut
    open       a WebSocket                                     a ping each 20 s, which is answered within 20 s
    closing    our last word is said                           `LINGER`, once the kernel has taken it
    (each)     the client takes no bytes                       `stall_seconds`, then it is cut
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..log.beats import Beats
from ..protocol.limits import DEFAULTS, Limits
from ..protocol.pace import owner_of
from ..transports.scope import Link
from .carry import Carriage, Forms
from .doors import Doors
from .kernel import is_gone, limit_silence
from .meter import Exchange, Meter, Wire
from .turns import Turns

AHEAD = 64 << 10  # bytes a peer may send before we have come to them
LINGER = 1.0  # s a peer has to read our last word and to end its side
LINGER_BYTES = 256 << 10  # of what it sends in that time are read
# What uvicorn says of each connection and is the same for all of a server: that is said once, of their class.
COMMON = frozenset(
    """app config loop logger access_logger access_log server_state connections tasks app_state root_path asgi_version
    ws_protocol_class limit_concurrency timeout_keep_alive ping_interval ping_timeout close_timeout""".split()
)


class Line(Wire):
    """A connection's transport, as uvicorn's protocols see it."""

    __slots__ = ("owner",)

    def __init__(self, owner: Connection, exchange: Exchange) -> None:
        super().__init__(owner.real, exchange)
        self.owner = owner

    def write(self, data: bytes) -> None:
        if not self.owner.left:
            super().write(data)

    def close(self) -> None:
        self.owner.leave()

    def is_closing(self) -> bool:
        return self.owner.left or bool(self.transport.is_closing())

    def pause_reading(self) -> None:
        """The bytes that are here wait; the line is read on for a while, or nobody would hear of its end."""
        self.owner.waits = True

    def resume_reading(self) -> None:
        self.owner.waits = False
        self.owner.wake()


class Connection:
    """One connection. Who serves it says what a step of the work at its input is."""

    limits: Limits = DEFAULTS
    meter: Meter
    doors: Doors
    turns: Turns
    beats: Beats
    straight = True  # nobody stands between this and the lab who may want to see what goes by
    forms: Forms | None = None  # in which a connection carries readers, if it does
    real: Any  # transport
    transport: Any  # as a Line
    client: tuple[str, int] | None
    server: tuple[str, int | None] | None = None  # the address that somebody came to last
    link: Link | None = None  # the network it comes through, if it does not come straight
    origin: tuple[str, int] | None = None  # who is at the other end of that
    address = ""
    half = True  # a peer that ends its side may still hear (RFC 9112, 9.6)
    waits = False  # the application has enough for now
    left = False  # we have said our last word
    lost = False  # nobody is there
    carriage: Carriage | None = None  # of a reader that this connection writes to by itself
    _hurried = False  # the server stops
    _refused = False
    _queued = False  # its turn will come
    _full = False  # so much is here that it is not read on
    _vain = 0  # bytes that came after the last word
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        kind, own = type(self), vars(self)
        if "config" not in vars(kind):
            for name in COMMON & own.keys():
                setattr(kind, name, own[name])
        if vars(kind)["app_state"] is own["app_state"]:  # else it serves another server, or again, in another loop
            self.__dict__ = {name: value for name, value in own.items() if name not in COMMON}

    def connection_made(self, transport: Any) -> None:
        before = transport.owner if isinstance(transport, Line) else None
        self.real = transport.transport if isinstance(transport, Wire) else transport
        self._input = bytearray()
        client = self.origin or self.real.get_extra_info("peername") or ("",)
        self.address = owner_of(str(client[0]))
        if before is not None:
            self.doors.follow(self, before)
        elif not self.doors.enter(self):
            self._refused = True
            return self.real.abort()  # type: ignore[no-any-return]
        super().connection_made(  # type: ignore[misc]
            Line(self, self.meter.exchange("other", "") if before is None else transport.exchange)
        )
        self.client = self.origin or self.client
        if self.server == type(self).server:
            self.server = type(self).server  # the same for most
        else:
            type(self).server = self.server
        limit_silence(transport.get_extra_info("socket"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._let_down()
        self.doors.leave(self)
        self._disarm()
        self._moving()
        if not self._refused:
            super().connection_lost(exc)  # type: ignore[misc]

    def cut(self) -> None:
        """End it now, whatever is under way."""
        if not self.lost:  # asyncio's transports do not take an abort after their end
            self.real.abort()

    # ---- what comes

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self.left:
            self.unheard(len(data))
            self._vain += len(data)
            if self._vain > LINGER_BYTES and not self.real.is_closing():
                self.real.pause_reading()
            return
        self._input += data
        self.wake()
        if len(self._input) > AHEAD and not (self._full or self.left or self.real.is_closing()):
            self._full = True
            self.real.pause_reading()

    def release(self) -> None:
        """It is read on."""
        if self._full and not self.real.is_closing():
            self.real.resume_reading()
        self._full = False

    def wake(self) -> None:
        """Work at what has come, unless its turn comes anyway."""
        if not self._queued:
            self.go_on()

    def go_on(self) -> None:
        self._queued = False
        if self._full and self._gone():
            self.cut()
        elif not self.lost:
            self.work()
        if len(self._input) <= AHEAD:
            self.release()

    def _gone(self) -> bool:
        """Whether nobody is at the other end."""
        ended = self.lost or self.real.is_closing()
        return not ended and is_gone(self.real.get_extra_info("socket"), half=self.half)

    def may(self, part: float = 1) -> bool:
        """Whether a step may be done in this turn; `part`: of what others cost. False: it goes on in another turn."""
        self._queued = self._queued or not self.turns.take(self, part)
        return not self._queued

    async def ready(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        """The reader that this connection carries must stop: nothing to do where nothing comes up beside it."""

    def slim(self) -> None:
        """Keep no attribute that says what the class says, for a connection that goes on for hours."""
        kind = type(self)
        own = {name: value for name, value in vars(self).items() if getattr(kind, name, self) is not value}
        self.__dict__ = own

    def _let_down(self) -> None:
        if self.carriage is not None:
            self.carriage.one.end()

    def taken(self, size: int) -> bytes:
        """The next so many bytes, for a step."""
        self.turns.spend(self, size)
        taken = bytes(self._input[:size])
        del self._input[:size]
        return taken

    def work(self) -> None:
        raise NotImplementedError

    def unheard(self, size: int) -> None:
        """So many bytes came that nobody reads. They are counted all the same."""
        raise NotImplementedError

    # ---- its end

    def leave(self) -> None:
        """Close: what is written goes out. What the peer still sends is thrown away unread, and only for a moment.

        A connection that is closed while bytes of the peer are unread is reset, and a reset overtakes what we said
        last (RFC 9112, 9.6). So we end our side (RFC 6455, 7.1.1: the server first), and wait for the peer's.
        """
        if self.left or self.lost:
            return
        expecting = self.expecting() and not self._hurried
        self.left = True
        self._let_down()
        self.unheard(len(self._input))
        self._input.clear()
        self.arm(LINGER, self._ending)
        if not expecting or not self.real.can_write_eof():
            return self.real.close()  # type: ignore[no-any-return]
        self.release()
        try:
            self.real.write_eof()
        except OSError:  # the peer has reset the line, and the loop has not said so yet
            self.cut()

    def shutdown(self) -> None:
        """The server stops, and waits for nobody's last byte."""
        self._hurried = True
        if self.left:
            return self.cut()
        super().shutdown()  # type: ignore[misc]

    def expecting(self) -> bool:
        """Whether the peer may be sending something now."""
        raise NotImplementedError

    def _ending(self, before: int = 0) -> None:
        """The kernel has had our last word for a while; or as long as it takes of it, the client reads."""
        rest = self.real.get_write_buffer_size()
        if not rest or rest == before:
            return self.cut()
        self.arm(self.limits.stall_seconds, self._ending, rest)

    def pause_writing(self) -> None:
        """Close would wait for a client that takes no bytes to take the rest, for ever."""
        super().pause_writing()  # type: ignore[misc]
        if self.carriage is not None:
            self.carriage.one.pause()
        loop = asyncio.get_running_loop()
        self._stalled = self._stalled or loop.call_later(self.limits.stall_seconds, self.cut)

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]
        self._moving()
        if self.carriage is not None:
            self.carriage.one.resume()

    def _moving(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def arm(self, seconds: float, ring: Callable[..., None], *more: Any) -> None:
        """The deadline of the stage that begins now. There is one at a time."""
        self._disarm()
        self._deadline = asyncio.get_running_loop().call_later(seconds, ring, *more)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
