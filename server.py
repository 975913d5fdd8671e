"""The server: how uvicorn is run, so that no client can hold what is everybody's."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

from batch import Batch
from codec import encode
from errors import Refused
from lab.meter import Exchange, Meter, Wire, client_of, name_of
from limits import DEFAULTS, Limits
from pace import Bucket

if TYPE_CHECKING:
    from lab.links import Link, Links

HEAD_BYTES = 16 << 10  # of one request's line and headers
HEADERS = 64
PIPELINED = 16  # requests sent ahead on one connection
FRAGMENTS = 64  # of one ws message; empty ones are free for the sender and not for us
QUEUED = 256  # ws messages that came in one piece and wait to be read
CONTROL_RATE, CONTROL_BURST = 20, 100  # ws pings a second: each is answered
SEND_BUFFER = 128 << 10  # bytes the kernel takes for one client; its default swallows megabytes
USER_TIMEOUT = 30_000  # ms sent bytes may stay unacknowledged before TCP gives up (RFC 5482)


class Stall:
    """Cut the line of a client that takes no bytes: `close` would wait for it to take the rest, for ever."""

    limits: Limits = DEFAULTS
    meter: Meter
    transport: Any
    app_state: dict[str, Any]
    client: tuple[str, int] | None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        if not isinstance(transport, Wire):
            transport = Wire(transport, self.meter.exchange("other", ""))
        super().connection_made(transport)  # type: ignore[misc]
        self.client = self.app_state.get("lab.client", self.client)  # who is at the other end of a link
        connection = transport.get_extra_info("socket")
        if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]
        loop = asyncio.get_running_loop()
        self._stalled = self._stalled or loop.call_later(self.limits.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]
        self._moving()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)  # type: ignore[misc]
        self._moving()

    def _moving(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


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


class Server(uvicorn.Server):
    """uvicorn, which waits for those it is answering: so first answer those who wait for news."""

    signals = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        state = self.config.app.state  # type: ignore[union-attr]
        state.links.thaw()  # what hangs is not waited for
        await state.clients.drain()
        await state.links.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if not self.signals:
            yield
            return
        with super().capture_signals():
            yield


def server_for(app: Starlette, **settings: Any) -> Server:
    limits = app.state.hub.limits
    config = uvicorn.Config(
        app,
        http=type("Http", (Http,), {"limits": limits, "links": app.state.links, "meter": app.state.meter}),
        ws=type("Ws", (Ws,), {"limits": limits, "meter": app.state.meter}),
        ws_max_size=limits.body,
        ws_per_message_deflate=False,  # 64 KiB a connection, and no comparison of bytes would be fair
        workers=1,  # a log in memory has one process: two would be two logs
        proxy_headers=False,  # or anybody could claim any address
        server_header=False,
        access_log=False,  # a query may hold a sid
        log_level="warning",
        timeout_graceful_shutdown=1,
        lifespan="on",
        **settings,
    )
    return Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections inherit a small send buffer. OSError: the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen(2048)
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.asynccontextmanager
async def running(app: Starlette, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `app` in this event loop, as tests and benches do. Yields its URL; leaving drains it."""
    listener = listen(host, port)
    server = server_for(app)
    server.signals = False
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if serving.done():
                serving.result()
            await asyncio.sleep(0.005)
        yield url_of(listener)
    finally:
        server.should_exit = True
        await serving
