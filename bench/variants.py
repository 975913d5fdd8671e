"""The same lab with transports done as elsewhere, each under a base of its own: what is compared differs in one thing.

    python -m bench.variants NAME --port 0

    ours         nothing else: batches, a cursor, and one write for all that came in a turn of the loop
    unbatched    long polling that carries one message an answer
    latest       short polling that tells the newest message only, whatever the client has
    per-message  WebSocket with a frame and a write for each message
    deflate      WebSocket that agrees to compress, and holds what it needs for that; our frames are not compressed
    asgi         WebSocket that is told through ASGI, as by any framework: each client by itself
    compressed   the same, and each message is compressed for each client
    traced       as ours, and `GET /lab/parts` tells who holds how much of its memory
    kaazing      the heads of 2009, as Kaazing printed them, around 21 bytes

Beside them the same hub speaks over bare TCP: `GET /lab/tcp` tells the port, on which a line says who reads from where
and each line that comes is a batch. There is no chat room, for it tells everybody of each who comes; no trace of a
client's first seconds; and no limit that a bench would meet. A feed that is late says all that is due at once, as if it
had come from outside: what waits here waits for the server. `GET /lab/up` tells by how many ms the emits of the event
`up` were late, and forgets them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bench.load.filling import filled
from bench.load.parts import begin
from transport_fallback.app import build
from transport_fallback.hub import Hub
from transport_fallback.lab.alarm import Alarm
from transport_fallback.lab.classroom import more_files
from transport_fallback.lab.clocks import ahead
from transport_fallback.lab.feed import EVENT, LEAD, Feeds, Wish, plan
from transport_fallback.log.batch import Batch, Cursor
from transport_fallback.log.carried import Figures
from transport_fallback.protocol.codec import encode
from transport_fallback.protocol.errors import Refused
from transport_fallback.protocol.limits import Limits
from transport_fallback.registry.clients import Clients
from transport_fallback.registry.reader import Reader
from transport_fallback.serving.accounts import Account
from transport_fallback.serving.meter import Meter
from transport_fallback.serving.run import listen, server_for, url_of
from transport_fallback.transports.longpoll import longpoll
from transport_fallback.transports.poll import poll
from transport_fallback.transports.post import bye, emit, hello
from transport_fallback.transports.request import Endpoint, batch_response, headed, number, reading
from transport_fallback.transports.scope import served
from transport_fallback.transports.sse import sse
from transport_fallback.transports.ws import ENDED, ws

NAMES = ("ours", "unbatched", "latest", "per-message", "deflate", "asgi", "compressed", "traced", "kaazing")
FRAMED = 2048  # messages whose frames are kept for those who have yet to read them
MANY = 10**6

# The answer and the request in the paper of 2010 that counts 871 characters: 909 bytes, with the ends of lines.
ANSWER_2009 = "\r\n".join(
    (
        "HTTP/1.x 200 OK",
        "X-Powered-By: Servlet/2.5",
        "Server: Sun Java System Application Server 9.1_02",
        "Content-Type: text/html;charset=UTF-8",
        "Content-Length: 21",
        "Date: Sat, 07 Nov 2009 00:32:46 GMT",
        "",
        "",
    )
).encode()
STOCK = b"GOOG 543.21 +0.42 vol"  # 21 bytes


def generous() -> Limits:
    """No limit that a bench would meet: it measures the transports, and others have tested the limits."""
    return Limits(
        poll_rate=MANY,
        poll_burst=MANY,
        sid_rate=MANY,
        sid_burst=MANY,
        emit_rate=MANY,
        emit_burst=MANY,
        frame_rate=MANY,
        frame_burst=MANY,
        keep_messages=20_000,
        body=96 << 10,
        data=80 << 10,
        batch_bytes=1 << 20,
        clients=20_000,
    )


class Untraced(Meter):
    """The meter without the trace that it keeps of each client's first seconds, for a page that may come to look."""

    def account(self, client: str) -> Account:
        known = super().account(client)
        known.trace.end()
        return known


class Prompt(Feeds):
    """The feed, to a tenth of a millisecond, which says in one turn of the loop whatever is due when it begins. What
    fills its messages may be chosen."""

    filling = "x"

    async def fill(self, request: Request) -> Response:
        self.filling = (await request.json())["filling"]
        return Response(status_code=204)

    async def _speak(self, name: str, wish: Wish, seed: int) -> None:
        began, clock = time.monotonic() + LEAD, ahead()
        where = self.hub.to(wish.room) if wish.room else self.hub
        texts, turn = filled(self.filling, wish.size, seed), time.monotonic()
        rung = asyncio.Event()
        with contextlib.closing(Alarm(rung.set)) as alarm:
            for n, due in enumerate(plan(wish, seed)):
                if began + due > turn:
                    rung.clear()
                    alarm.set(began + due)
                    await rung.wait()
                    turn = time.monotonic()
                await where.emit(
                    EVENT, {"feed": name, "n": n, "at": round((clock + began + due) * 1000, 3), "text": next(texts)}
                )


def unbatched(clients: Clients) -> Endpoint:
    """One message an answer, as where each answer is one event: the next has to be asked for."""

    async def answer(request: Request) -> Response:
        hold = number(request, "hold", clients.limits.hold, 1, 30)
        async with reading(clients, request, "longpoll") as reader:
            batch = await reader.hub.wait(reader.client, reader.cursor, hold, reader) if not reader.newcomer else None
            batch = reader.give(first(batch) if batch else reader.hub.read(reader.client, reader.cursor))
        return batch_response(batch)

    return answer


def first(batch: Batch) -> Batch:
    """The batch up to and with its first message."""
    if len(batch.messages) < 2:
        return batch
    message = batch.messages[0]
    cursor = Cursor(batch.cursor.epoch, message.seq)
    return Batch(batch.after, cursor, [message], gap=batch.gap, more=False)


def latest(clients: Clients) -> Endpoint:
    """What is newest now. Who asks too seldom misses what was in between, and who asks too often hears it again."""

    async def answer(request: Request) -> Response:
        async with reading(clients, request, "poll", grace=MANY, paced=True) as reader:
            hub = reader.hub
            batch = reader.give(hub.read(reader.client, Cursor(hub.epoch, hub.end), history=1))
        return batch_response(batch)

    return answer


def per_message(clients: Clients) -> Callable[[WebSocket], Awaitable[None]]:
    """A frame and a write for each message. It is encoded and framed once for all, as ours is."""
    ones: OrderedDict[int, Batch] = OrderedDict()

    def one(batch: Batch, number: int) -> Batch:
        message = batch.messages[number]
        found = ones.get(message.seq)
        if found is None:
            epoch = batch.cursor.epoch
            found = ones[message.seq] = Batch(
                Cursor(epoch, message.seq - 1), Cursor(epoch, message.seq), [message], gap=None, more=False
            )
            if len(ones) > FRAMED:
                ones.popitem(last=False)
        return found

    async def down(socket: WebSocket, reader: Reader, heartbeat: float) -> tuple[int, str]:
        by = served(socket.scope)
        assert by is not None and by.write is not None
        write = by.write
        async with contextlib.aclosing(reader.follow(heartbeat)) as batches:
            async for batch in batches:
                if batch.gap or not batch.messages:
                    await write(reader.give(batch))
                    continue
                for n in range(len(batch.messages)):
                    await write(reader.give(one(batch, n)))
        return ENDED.get(reader.ended or "", 1000), reader.ended or ""

    return ws(clients, down)


async def by_asgi(socket: WebSocket, reader: Reader, heartbeat: float) -> tuple[int, str]:
    """Batch after batch, each handed to uvicorn, which may compress it."""
    async with contextlib.aclosing(reader.follow(heartbeat)) as batches:
        async for batch in batches:
            await socket.send_text(reader.give(batch).text.decode())
    return ENDED.get(reader.ended or "", 1000), reader.ended or ""


class Lines:
    """Batches as lines."""

    most = None

    def frame(self, batch: Batch) -> bytes:
        return batch.text + b"\n"

    def told(self, figures: Figures, readers: int) -> None:
        """Nobody counts these."""


class Bare:
    """No HTTP and no frames: what is left when everything is taken away that this project is about."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._talk, "127.0.0.1")
        self.port = server.sockets[0].getsockname()[1]
        yield
        server.close()

    async def tell(self, _request: Request) -> Response:
        return JSONResponse({"port": self.port})

    async def _talk(self, lines: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sid, _, cursor = (await lines.readline()).decode("ascii", "replace").strip().partition(" ")
        try:
            reader = await self.clients.read(sid, Cursor.parse(cursor) if cursor else None)
        except Refused as refused:
            writer.write(encode(refused.as_json()) + b"\n")
            return writer.close()
        carried = reader.carry(Lines(), writer.write, self.clients.limits.heartbeat)  # as ours carries ws and sse
        carried.on_end = writer.close
        try:
            reader.begin(carried)
            with contextlib.suppress(OSError):  # the line was cut
                await lines.read(1)  # nothing should come: what does, ends it, as the line's end does
        finally:
            carried.on_end = None
            carried.close()
            reader.close()
            writer.close()


def wire(clients: Clients, name: str) -> list[Route | WebSocketRoute]:
    """The wire protocol under a base of that name."""
    base = f"/{name}"
    polls = latest(clients) if name == "latest" else poll(clients)
    longs = unbatched(clients) if name == "unbatched" else longpoll(clients)
    return [
        Route(f"{base}/poll", headed(clients, polls)),
        Route(f"{base}/longpoll", headed(clients, longs)),
        Route(f"{base}/sse", headed(clients, sse(clients), "text/event-stream")),
        WebSocketRoute(f"{base}/ws", per_message(clients) if name == "per-message" else ws(clients)),
        Route(f"{base}/emit", emit(clients), methods=["POST"]),
        Route(f"{base}/bye", bye(clients), methods=["POST"]),
        Route(f"{base}/hello", hello(clients)),
    ]


def lab(*more: Route) -> Any:
    """The lab, and beside it the same hub by other transports; `more` routes before all others."""
    hub = Hub(generous())
    app = build(hub, limits=hub.limits, chat=False)

    @hub.on("join")
    async def join(client: Any, message: Any) -> None:
        await client.join(message["room"])

    heard: list[float] = []

    @hub.on("up")
    async def up(_client: Any, message: Any) -> None:
        heard.append(round(time.time() * 1000 - message["at"], 3))

    async def tell(_request: Request) -> Response:
        told = {"late": heard.copy()}
        heard.clear()
        return JSONResponse(told)

    feeds, meter = Prompt(app.state.clients), Untraced(lambda client: client in hub.roll())
    bare = Bare(app.state.clients)
    app.state.meter = meter
    others = [route for name in ("unbatched", "latest", "per-message") for route in wire(app.state.clients, name)]
    app.router.routes[:0] = [
        *more,
        *feeds.routes(),
        *meter.routes(),
        Route("/lab/up", tell),
        Route("/lab/filling", feeds.fill, methods=["POST"]),
        Route("/lab/tcp", bare.tell),
        *others,
    ]
    within = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with within(app), bare.listening():
            yield

    app.router.lifespan_context = lifespan
    return app


class Kaazing(asyncio.Protocol):
    """Each request, whatever it asks, is answered as in 2009; after an upgrade a frame of 21 bytes comes once a second.

    `?rate=R`: R a second, for those who have no time.
    """

    transport: asyncio.Transport
    _heard = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            if b"Upgrade: websocket" in head:
                upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                self.transport.write(upgrade)
                rate = head.partition(b"rate=")[2].partition(b" ")[0].partition(b"&")[0]
                self._push(1 / float(rate or 1))
            else:
                self.transport.write(ANSWER_2009 + STOCK)

    def _push(self, every: float) -> None:
        if not self.transport.is_closing():
            self.transport.write(bytes((0x81, len(STOCK))) + STOCK)
            asyncio.get_running_loop().call_later(every, self._push, every)


async def serve_2009(listener: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(Kaazing, sock=listener)
    async with server:
        await server.serve_forever()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 = any free one")
    chosen = parser.parse_args(arguments)
    more_files()
    try:
        listener = listen(chosen.host, chosen.port)
    except (OSError, OverflowError) as error:
        print(f"cannot listen on {chosen.host}:{chosen.port}: {error}", file=sys.stderr)
        return 1
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):  # its connections inherit it; bbr would pace what is written
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    base = "" if chosen.name in ("ours", "deflate", "asgi", "compressed", "traced", "kaazing") else f"/{chosen.name}"
    print(f"The lab, {chosen.name}, is at {url_of(listener)}{base}  (Ctrl-C ends it)", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        if chosen.name == "kaazing":
            asyncio.run(serve_2009(listener))
        else:
            settings = {"timeout_keep_alive": 75, "backlog": 4096}  # uvicorn's own 5 s would cut who polls less often
            app = lab(*([begin()] if chosen.name == "traced" else []))
            if chosen.name in ("asgi", "compressed"):
                app.router.routes.insert(0, WebSocketRoute("/ws", ws(app.state.clients, by_asgi)))
            server = server_for(app, **settings)
            server.config.ws_per_message_deflate = chosen.name in ("deflate", "compressed")
            server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
