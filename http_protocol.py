"""HTTP as the server speaks it: uvicorn's, with a bound on what one connection can make us do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from codec import encode
from connection import Stall
from errors import Refused
from lab.meter import Exchange, Wire, client_of, name_of

if TYPE_CHECKING:
    from lab.links import Link, Links

HEAD_BYTES = 16 << 10  # of one request's line and headers
HEADERS = 64
PIPELINED = 16  # requests sent ahead on one connection


class Http(Stall, HttpToolsProtocol):
    """HTTP with a deadline and a size for the head of a request, of which uvicorn has neither."""

    _deadline: asyncio.TimerHandle | None = None
    _head = 0  # bytes of the head so far
    _in_head = True
    links: Links | None = None
    _between = True  # two requests: what comes next may be a link's
    _early = b""  # what came of a request before anybody could say whose it is
    _linked = b""  # a link's request, which waits for the answer to the one before it
    _heard = 0  # bytes of the request so far
    _body = 0  # of its body
    _exchange: Exchange | None = None  # to which they are counted, once its head is whole
    _first = True  # request of this connection

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.exchange.ended()
        super().connection_lost(exc)
        self._disarm()

    def data_received(self, data: bytes) -> None:
        if self.links is None or "lab.link" in self.app_state:  # no link leads through another
            return self._parse(data)
        data, self._early = self._early + data, b""
        if self._linked:
            self._linked += data
            self.flow.pause_reading()
            data = b""
        while data and not self.transport.is_closing() and self.transport.get_protocol() is self:
            claimed = self.links.claims(data) if self._between else False
            if claimed is None:
                self._early, data = data, b""
            elif claimed:
                self._linked, data = data, b""
                self._hand_over()
            else:
                end = self.links.next_in(data)
                self._parse(data[:end])
                data = data[end:]

    def _hand_over(self) -> None:
        """Give a connection that asks for a link to the lab, when all it asked for before has been answered."""
        if self.cycle is not None and not self.cycle.response_complete or self.flow.write_paused:
            return self.flow.pause_reading()
        if self.links is None or self.transport.is_closing():
            return
        self._disarm()
        self._moving()
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        self.connections.discard(self)
        data, self._linked = self._linked, b""
        self.links.carry(self.transport.transport, data, self._again)

    def _again(self, link: Link | None) -> asyncio.Protocol:
        """Another protocol for the same client: at the far end of a link, or for its connection that comes back."""
        behind = {} if link is None else {"lab.link": link, "lab.client": self.client}
        return type(self)(self.config, self.server_state, {**self.app_state, **behind})

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._linked:
            self._hand_over()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._linked:
            self._hand_over()

    def _parse(self, data: bytes) -> None:
        self._heard += len(data)
        if self._exchange is not None:
            self._exchange.heard(len(data))
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("the head of the request is too large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._between = False
        self._in_head, self._head = True, 0
        if self._deadline is None:
            self._arm()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._body += len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._between = True
        if self._exchange is not None:
            self._exchange.whole(self._heard - self._body, self._body)
        self._exchange, self._heard, self._body = None, 0, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        size = sum(len(name) + len(value) for name, value in self.headers)
        if len(self.headers) > HEADERS or size > HEAD_BYTES:
            raise ValueError("too many headers")  # the parser makes it a 400

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._disarm()
        self._measure()
        super().on_headers_complete()
        link = self.app_state.get("lab.link")
        if link is not None and link.once and self.cycle is not None:
            self.cycle.keep_alive = False  # says so in the answer, and closes after it
        if len(self.pipeline) > PIPELINED:
            raise ValueError("too many requests at once")

    def _measure(self) -> None:
        """From now on the bytes of this request, and of its answer, are counted to whoever asks."""
        path, _, query = self.url.partition(b"?")
        exchange = self._exchange = self.meter.exchange(name_of(path), client_of(query, self.headers))
        link = self.app_state.get("lab.link")
        self._heard += 0 if link is None else len(f"/via/~{link.name}")  # what the link took off on the way
        exchange.asked((self.parser.get_method().decode(), self.url, self.headers, self._first), self._heard)
        if self._first:
            exchange.add("connections")
        self._first = False
        self.scope["state"]["lab.exchange"] = exchange
        self.transport = Wire(self.transport.transport, exchange)  # answers are written in turn, each by its own

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is refused in the protocol's form, too."""
        body = encode(Refused("bad_request", msg).as_json())
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % len(body)
        self.transport.write(head + b"cache-control: no-store\r\nconnection: close\r\n\r\n" + body)
        self.transport.close()

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self.limits.header_seconds, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
