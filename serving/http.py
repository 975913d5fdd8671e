"""HTTP as the server speaks it: uvicorn's, one request at a time, and no more than it asks for."""

from __future__ import annotations

from collections import deque
from typing import Any

import httptools

from ..protocol.errors import Refused
from ..protocol.http1 import refusal
from ..registry.reader import Reader
from ..transports.scope import Served
from .answer import Answered
from .carry import Carriage
from .connection import Line
from .handover import Links, parser_of
from .heads import framing, in_origin_form, is_handshake
from .meter import Exchange, client_of, name_of
from .pieces import HEAD_BYTES, Pieces
from .visiting import AGAIN, Visiting
from .waiting import Flow, Gate

HEADERS = 64
BLANKS = 64  # bytes of empty lines before a request (RFC 9112, 2.2: one at least is to be ignored)
FIRST = 128  # bytes of a request that tell whether it is a link's
NONE: deque[Any] = deque()  # requests that wait in uvicorn: ours wait before the parser
LAST = 0.5  # s for the rest of a body when the server stops; less than uvicorn waits before it cancels and says so


class Http(Visiting):
    """One request at a time: the next is looked at when this one is whole, and its answer, too.

    So what is sent ahead costs nobody anything, an upgrade waits for the answers before it, and a request that is a
    link's never meets the parser.
    """

    # What uvicorn says of most connections: see `slim`.
    timeout_keep_alive_task = None
    expect_100_continue = False
    scheme = "http"
    links: Links | None = None
    _blank = 0  # bytes of empty lines before this one
    _ignoring = False  # this head offers an upgrade that is not taken
    _head = 0  # of its headers
    _body = 0  # of its body
    _exchange: Exchange | None = None  # to which they are counted, once its head is whole
    _astray = False  # the bytes that come are no HTTP
    _first = True  # request of this connection

    def connection_made(self, transport: Any) -> None:
        self._pieces = Pieces()
        super().connection_made(transport)
        self.pipeline = NONE
        if not self._refused:
            self.flow = Flow(self.transport)
            self.arm(self.limits.header_seconds, self.cut)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._refused:
            self.unheard(len(self._input))
            if not self._answered:
                self.transport.exchange.ended()
        super().connection_lost(exc)

    # ---- what comes, piece by piece

    def work(self) -> None:
        while self._input and not (self.waits or self.left):
            target = self._known_head() if self._between else None
            if target is not None:
                if not self.may(AGAIN):
                    return
                self._ask_again(target)
                continue
            if self._between and not self._begin() or not self.may():
                return
            size = self._pieces.next(self._input)
            if not size:
                return
            self._parse(self.taken(size))
            if self._pieces.in_head and not self._between:
                self._await_head()

    def _await_head(self) -> None:
        """The rest of a head must come in time. Most heads come whole, and need no timer."""
        if self._deadline is None:
            self._unset_keepalive_if_required()
            self.arm(self.limits.header_seconds, self.cut)

    def _begin(self) -> bool:
        """Whether a request of ours begins here, and it is its turn."""
        if not self._answered or self.flow.write_paused:
            return False
        if self._input[0] in b"\r\n":
            blank = len(self._input) - len(self._input.lstrip(b"\r\n"))
            del self._input[:blank]
            self._blank, self._heard = self._blank + blank, self._heard + blank
        if self._blank > BLANKS:
            self.send_400_response("a request begins with its line")
        if not self._input or self.left:
            return False
        if self.links is None or self.link is not None:  # no link leads through another
            return True
        claimed = self.links.claims(bytes(self._input[:FIRST]))
        if claimed:
            self._hand_over(self.links)
        elif claimed is None:
            self._await_head()
        return claimed is False

    def _parse(self, piece: bytes) -> None:
        self._heard += len(piece)
        if self._exchange is not None:
            self._exchange.heard(len(piece))
        self._pieces.took(piece)
        if self._pieces.too_large:
            return self.send_400_response("the head of the request is too large")
        began = self._between
        try:
            self._feed(piece)
            if self.visits is not None and began and self._between and self.link is None:
                self.visits.remember(piece)  # a request, whole
        except httptools.HttpParserError:
            self.send_400_response("this is not HTTP/1.1")

    def _feed(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            if self._ignoring:
                self._ignore()
            else:
                self._upgrade()

    def unheard(self, size: int) -> None:
        if self._exchange is None:
            size, self._heard = size + self._heard, 0
        if size:
            (self._exchange or self.meter.exchange("other", "")).heard(size)

    def expecting(self) -> bool:
        return bool(self._input) or not self._between or self._astray

    # ---- the parser's word

    def on_message_begin(self) -> None:
        self._unset_keepalive_if_required()
        if self.visits is not None:
            self.visits.forget()
        self.url, self.headers, self.expect_100_continue = b"", [], False  # the scope is made when somebody wants it
        self._between, self._blank, self._head = False, 0, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value.rstrip(b" \t"))  # no part of it (RFC 9110, 5.5), and the parser leaves it there
        self._head += len(name) + len(value)
        if len(self.headers) > HEADERS or self._head > HEAD_BYTES:
            raise ValueError("too many headers")  # the parser makes it a 400

    def on_headers_complete(self) -> None:
        self._pieces.begin_body(framing(self.headers))
        self._ignoring = self.parser.should_upgrade() and not is_handshake(*self._line, self.headers)
        if self._ignoring:
            return
        self.url, self.headers[:] = in_origin_form(self.url, self.headers)
        simple = self._line == (b"GET", "1.1") and (self.link is None or not self.link.once)
        taken = self.visits is not None and simple and self.visits.ask(self.url, self.headers) is not None
        exchange = self._measure()
        self.doors.busy(self)
        if not taken:
            self._to_asgi(exchange)

    def _to_asgi(self, exchange: Exchange) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers[:], self.expect_100_continue = url, headers, expects
        carry = self.carry if self.forms else None
        Served(exchange.batch, self.link, carry=carry).put(self.scope["state"])
        if not self._pieces.body.whole:
            self.arm(self.limits.body_seconds + 1, self.cut)
        super().on_headers_complete()
        if self.link is not None and self.link.once and self.cycle is not None:
            self.cycle.keep_alive = False  # says so in the answer, and closes after it

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._body += len(body)
        if self._body > self.limits.body and self._answered:
            self.transport.close()  # nobody waits for the rest

    def on_message_complete(self) -> None:
        if self._ignoring:
            return
        taken = self._taken
        if not taken:
            super().on_message_complete()
        self._disarm()
        self._between = True
        self._pieces.end()
        exchange = self._exchange
        if exchange is not None:
            exchange.whole(self._heard - self._body, self._body)
        self._exchange, self._heard, self._body = None, 0, 0
        if taken and exchange is not None and self.visits is not None:
            self.visits.answer(exchange)
        elif self._answered:
            self.doors.idle(self)

    def _measure(self) -> Exchange:
        """From now on the bytes of this request, and of its answer, are counted to whoever asks."""
        path, _, query = self.url.partition(b"?")
        client = self._taken.client.id if self._taken else client_of(query, self.headers)
        exchange = self._exchange = self.meter.exchange(name_of(path), client)
        self._heard += 0 if self.link is None else len(self.link.prefix)
        exchange.asked((self.parser.get_method().decode(), self.url, self.headers, self._first), self._heard)
        if self._first:
            exchange.add("connections")
        self._first = False
        self.transport = Line(self, exchange)  # answers are written in turn, each by its own
        return exchange

    def shutdown(self) -> None:
        """The server stops: a body that is under way has a moment to end, so that its request is answered."""
        super().shutdown()
        if not (self._between or self.left or self.lost):
            self.arm(LAST, self.cut)

    # ---- the answer

    def hand_on(self, exchange: Exchange) -> None:
        self._to_asgi(exchange)
        super().on_message_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        answered: Any = Answered(app, cycle)
        super()._start_asgi_task(cycle, answered)

    def carry(self, reader: Reader, heartbeat: float) -> Carriage:
        assert self.forms is not None
        form = self.forms.chunks if self.cycle.chunked_encoding else self.forms.events
        return Carriage(self, reader, self.transport.exchange, form, self.real.write, heartbeat)

    async def ready(self) -> None:
        self.cycle.message_event = Gate()  # type: ignore[assignment]  # nothing more comes of this request
        if self._between:  # its body is here: what was asked, and the parser, are needed for the next request
            self.scope, self.url, self.headers, self.parser = None, b"", [], None  # type: ignore[assignment]
        self.slim()
        if self.flow.write_paused:
            await self.flow.drain()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.rest()

    def rest(self) -> None:
        if self.left:
            return
        if self.parser is None:
            self.parser = parser_of(self)
        if self._between:
            self.cycle = self.scope = None  # type: ignore[assignment]  # whoever only polls from now on needs neither
            self.doors.idle(self)
        if self._input:
            self.loop.call_soon(self.wake)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.wake()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the protocol's form."""
        if self.left or self.real.is_closing():
            return
        self._astray = True
        self.transport.write(refusal(Refused("bad_request", msg)))
        self.transport.close()
