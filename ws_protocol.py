"""WebSocket as the server speaks it: uvicorn's, with a bound on what one peer can make us do."""

from __future__ import annotations

from typing import Any

from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

from batch import Batch
from connection import Stall
from lab.meter import Exchange
from pace import Bucket

FRAGMENTS = 64  # of one ws message; empty ones are free for the sender and not for us
QUEUED = 256  # ws messages that came in one piece and wait to be read
CONTROL_RATE, CONTROL_BURST = 20, 100  # ws pings a second: each is answered


class Ws(Stall, WebSocketsSansIOProtocol):
    """WebSocket that bounds what one peer can make us do, and writes frames made once for many."""

    _fragments = 0
    _control: Bucket | None = None
    _upgraded = False  # the request, which came before and is counted, was given to us again

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.exchange: Exchange = self.transport.exchange

    def data_received(self, data: bytes) -> None:
        if self._upgraded:
            self.exchange.heard(len(data))
        self._upgraded = True
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.exchange.ended()
        super().connection_lost(exc)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"]["lab.write"] = self.write  # type: ignore[assignment]
            self.scope["state"]["lab.exchange"] = self.exchange

    async def send(self, message: Any) -> None:
        text = message.get("text")
        if text is not None:  # acks, pongs and errors; batches go by `write`
            self.exchange.text(text.split('"', 2)[1], len(text.encode()))  # acks, pong or error
        await super().send(message)
        if self.initial_response and self.close_sent:
            self.handshake_complete = True  # it was denied, in our own form: no failure of the application to report

    async def write(self, batch: Batch) -> None:
        """Send one batch. Its frame is made by the first reader and shared by all who see the same."""
        await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise WebSocketDisconnect(1006)
        frame = batch.forms.get("ws")
        if frame is None:
            frame = batch.forms["ws"] = Frame(Opcode.TEXT, batch.text).serialize(mask=False)
        self.transport.write(frame)

    def handle_text(self, event: Frame) -> None:
        self.exchange.frame(len(event.data))
        self._fragments = 0
        super().handle_text(event)

    def handle_cont(self, event: Frame) -> None:
        self.exchange.frame(len(event.data))
        self._fragments += 1
        if self._fragments > FRAGMENTS:
            return self.give_up(1008, "too many fragments")
        super().handle_cont(event)

    def handle_ping(self) -> None:
        now = self.loop.time()
        self._control = self._control or Bucket(CONTROL_RATE, CONTROL_BURST, now)
        if self._control.wait(1, now):
            return self.give_up(4129, "too many pings")
        self._control.tokens -= 1
        super().handle_ping()

    def send_receive_event_to_app(self) -> None:
        if self.queue.qsize() >= QUEUED:
            return self.give_up(4129, "too many frames at once")
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.loop.call_later(1, self.transport.abort)  # nobody is there to take the rest

    def give_up(self, code: int, reason: str) -> None:
        """Close from our side, whatever the peer still sends."""
        if self.close_sent:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
        self.loop.call_later(1, self.transport.abort)
