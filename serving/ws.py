"""WebSocket as the server speaks it: uvicorn's, a frame at a time, with a bound on what one peer can make us do."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode

from ..log.batch import Batch
from ..protocol.pace import Bucket
from ..registry.reader import Reader
from ..transports.scope import Served
from .carry import Carriage, framed
from .connection import Connection
from .frames import Frames
from .meter import Exchange
from .shown import Shown
from .waiting import Gate, Inbox

FRAGMENTS = 64  # of one ws message
CONTROL_RATE, CONTROL_BURST = 20, 100  # a second of those that say nothing: pings, pongs, empty ones; more are too many

UTF8 = codecs.getincrementaldecoder("utf-8")


class Ws(Connection, WebSocketsSansIOProtocol):
    """One frame at a time: the next is read when the application has taken the message before it.

    After our last word nothing is parsed, whoever said it: the application, the parser, or the bounds here.
    """

    # What uvicorn says of a WebSocket that goes on; no connection has to keep it for itself: see `slim`.
    handshake_initiated = handshake_complete = True
    close_sent = disconnected = read_paused = False
    close_timer = initial_response = pong_timer = pending_ping_payload = None
    scheme = "ws"
    half = False  # a WebSocket ends by a close frame (RFC 6455, 7.1.1); who ends TCP without one has gone
    _fragments = 0
    _pace: asyncio.TimerHandle | None = None  # until the next frame may be read
    _look: Callable[[bytes], None] | None = None  # who is shown what comes
    _text: codecs.IncrementalDecoder | None = None  # the text so far of a message that is still to end

    def connection_made(self, transport: Any) -> None:
        self.inbox = self.queue = Inbox()  # type: ignore[assignment]
        self.writable = Gate(is_open=True)  # type: ignore[assignment]
        super().connection_made(transport)
        self.exchange: Exchange = self.transport.exchange
        self._cut = Frames()
        now = self.loop.time()
        self._frames = Bucket(self.limits.frame_rate, self.limits.frame_burst, now)
        self._control = Bucket(CONTROL_RATE, CONTROL_BURST, now)

    def upgraded(self, head: bytes, rest: bytes) -> None:
        """The request, which came by HTTP and is counted, and what came behind it."""
        self.arm(self.limits.header_seconds, self.cut)
        self.conn.receive_data(head)
        self.handle_events()
        if rest:
            self.data_received(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._pace is not None:
            self._pace.cancel()
        self.exchange.ended()
        super().connection_lost(exc)

    # ---- what comes, frame by frame

    def data_received(self, data: bytes) -> None:
        if not self.left:
            self.exchange.heard(len(data))
        super().data_received(data)

    def unheard(self, size: int) -> None:
        if self.left and size and not self._input:
            self.exchange.heard(size)

    def expecting(self) -> bool:
        return True

    def work(self) -> None:
        while self._input and self._listening() and self.may():
            wait = self._frames.wait(1, self.loop.time())
            if wait:
                self._pace = self.loop.call_later(wait, self._paced)
                return
            size = self._cut.next(self._input)
            if not size:
                return
            self._frames.tokens -= 1
            self._read(self.taken(size))

    def _listening(self) -> bool:
        return self.handshake_complete and not (self.left or self.waits or self._pace)

    def _paced(self) -> None:
        self._pace = None
        self.wake()

    def show(self, up: Callable[[bytes], None], down: Callable[[bytes], None]) -> None:
        """Show each piece that is read and each that is written from now on."""
        self._look, self.transport = up, Shown(self.transport, down)

    def _read(self, piece: bytes) -> None:
        if self._look is not None:
            self._look(piece)
        if self._cut.closing:
            self.conn.current_size = None  # a close may stand between the fragments of a message (RFC 6455, 5.4)
        self.conn.receive_data(piece)
        if self.conn.parser_exc is not None:
            return self.handle_parser_exception()
        self.handle_events()

    def handle_text(self, event: Frame) -> None:
        self._text = UTF8()
        self._count(event)
        if self._is_text(event):
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        self._text = None
        self._count(event)
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        self._count(event)
        self._fragments += 1
        if self._fragments > FRAGMENTS:
            return self.give_up(1008, "too many fragments")
        if self._is_text(event):
            super().handle_cont(event)

    def _count(self, event: Frame) -> None:
        self.exchange.frame(len(event.data))
        if event.opcode is not Opcode.CONT:
            self._fragments = 0
        if not event.data:
            self._says_nothing()

    def _is_text(self, event: Frame) -> bool:
        """Whether this may go on: a text is refused with its first fragment that is none (RFC 6455, 8.1)."""
        try:
            if self._text is not None:
                self._text.decode(event.data, event.fin)
        except UnicodeDecodeError:
            self.give_up(1007, "this is not UTF-8")
        return not self.left

    def handle_ping(self) -> None:
        if self._says_nothing():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._says_nothing():
            super().handle_pong(event)

    def _says_nothing(self) -> bool:
        if self._control.wait(1, self.loop.time()):
            self.give_up(4129, "too many frames that say nothing")
            return False
        self._control.tokens -= 1
        return True

    def send_receive_event_to_app(self) -> None:
        if not self.left:
            super().send_receive_event_to_app()

    def receive(self) -> Awaitable[Any]:  # type: ignore[override]  # no coroutine of its own waits here for hours
        """The next message is read when the application asks for it: it may say something to the one before."""
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self.transport.resume_reading()
        return self.inbox.get()

    # ---- what goes

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            carry = self.carry if self.forms else None
            write = self.write if self.straight else None
            Served(self.exchange.batch, self.link, write, self.show, carry).put(self.scope["state"])

    async def send(self, message: Any) -> None:
        text = message.get("text")
        if text is not None and not isinstance(self.exchange.said, list):  # acks, pongs, errors: a batch is counted
            self.exchange.text(text.partition('"')[2].partition('"')[0], len(text.encode()))
        opening = not self.handshake_complete
        if opening and self.transport.is_closing():
            self.handshake_complete = True  # nobody is there to open it to: no failure of the application to report
            raise ClientDisconnected
        await super().send(message)
        if self.initial_response and self.close_sent:
            self.handshake_complete = True  # it was denied, in our own form: no failure of the application to report
        if opening and self.handshake_complete and not self.left:
            self._disarm()
            self.conn.parser = self.conn.parse()  # another: the one that read the handshake would keep it
            next(self.conn.parser)
            self.wake()
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = None
            self.transport.close()

    async def write(self, batch: Batch) -> None:
        """Send one batch. Its frame is made by the first reader and shared by all who see the same."""
        await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise WebSocketDisconnect(1006)
        self.transport.write(framed(batch))

    def carry(self, reader: Reader, heartbeat: float) -> Carriage:
        assert self.forms is not None
        return Carriage(self, reader, self.exchange, self.forms.frames, self.real.write, heartbeat)

    async def ready(self) -> None:
        del self.request, self.response, self.scope, self.default_headers  # of the handshake, which is over
        self.slim()
        await self.writable.wait()

    def stop(self) -> None:
        self.inbox.end({"type": "websocket.disconnect", "code": 1000})

    def schedule_ping(self) -> None:
        assert self.ping_interval is not None
        when = self.loop.time() + max(0.0, self.ping_interval - self.last_ping_rtt)
        self.ping_timer = self.beats.at(when, self.ping_interval, self.send_keepalive_ping)  # type: ignore[assignment]

    # ---- its end

    def shutdown(self) -> None:
        with contextlib.suppress(InvalidState):  # the peer has just closed it
            super().shutdown()

    def give_up(self, code: int, reason: str) -> None:
        """Close from our side, whatever the peer still sends."""
        if self.close_sent or self.left:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
