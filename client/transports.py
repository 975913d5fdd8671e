"""The transports: each is an async generator of batches, which ends by saying why."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .address import Elsewhere
from .http import MOST, Answer, events
from .ladder import FIRST_HOLD, Attempt, End, Kind
from .reading import Reading
from .wire import Batch, Fault, Frame, Refusal, decode

if TYPE_CHECKING:
    from .socket import Socket

OVER = ("gone", "kicked", "refused", "bad_origin", "bad_sid", 4001, 4003, 4010)  # this client is not wanted
PASSING = (408, 425, 429)  # a stranger's word that says: later
QUIET = logging.getLogger("client.wire")  # websockets would log headers, and one of them is the sid
QUIET.setLevel(logging.CRITICAL + 1)


class Straight(connect):
    """An opening that follows no redirect by itself: where the sid may go is decided in one place."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@dataclass(eq=False)
class Line:
    """One pipe as it runs."""

    pipe: Attempt
    reading: Reading
    task: asyncio.Task[None] | None = None
    up: asyncio.Queue[bytes] | None = None  # on ws: what goes up by it
    pongs: dict[str, asyncio.Future[None]] = field(default_factory=dict)
    fault: Fault | None = None  # what the server said last against it
    bests: dict[int, list[int]] = field(default_factory=dict)  # by n: the highest n with an ack when it went up here

    def ping(self) -> asyncio.Future[None]:
        """Done when the pong is here: all that went up before has been read by then."""
        assert self.up is not None
        token = secrets.token_hex(4)
        pong = self.pongs[token] = asyncio.get_running_loop().create_future()
        pong.add_done_callback(lambda _: self.pongs.pop(token, None))  # nobody waits any more
        self.up.put_nowait(msgspec.json.encode({"ping": token}))
        return pong


Batches = AsyncIterator[Batch]


async def poll(socket: Socket, line: Line) -> Batches:
    every = line.pipe.beat
    while True:
        began = socket.clock()
        batch = await socket.question(line, "poll", every=round(every * 1000))
        socket.ladder.round_trip(socket.clock() - began)
        yield batch
        if not batch.more:
            await asyncio.sleep(every - (socket.clock() - began))


async def longpoll(socket: Socket, line: Line) -> Batches:
    hold = FIRST_HOLD
    while True:
        began, newcomer = socket.clock(), socket.cursor is None
        batch = await socket.question(line, "longpoll", hold=f"{hold:g}")
        if newcomer:  # it is answered at once
            socket.ladder.round_trip(socket.clock() - began)
        yield batch
        hold = line.pipe.beat


async def sse(socket: Socket, line: Line) -> Batches:
    target = socket.target("sse", heartbeat=f"{line.pipe.beat:g}")
    async with socket.http.asking("GET", target, socket.bearer(), b"") as answer:
        if answer.status != 200:
            raise refused(answer, await answer.body())
        if answer.kind != "text/event-stream":
            raise End("lost", "an answer that is no event stream")
        socket.opened(line)
        async for data in events(answer.parts()):
            yield decode(data, Batch)
    raise End("lost", "the stream ended")


async def ws(socket: Socket, line: Line) -> Batches:
    target = socket.target("ws", heartbeat=f"{line.pipe.beat:g}")
    url = socket.http.websocket(target)
    quiet: dict[str, Any] = {"compression": None, "ping_interval": None, "open_timeout": None, "logger": QUIET}
    bearer = socket.bearer()
    try:
        wire = await Straight(url, additional_headers=bearer, proxy=None, max_size=MOST, close_timeout=0.5, **quiet)
    except InvalidStatus as error:
        headers = {name.lower(): value for name, value in error.response.headers.raw_items()}
        answer = Answer(error.response.status_code, headers)
        if socket.http.follow(target, answer):
            raise End("again", "the server has moved") from None
        raise refused(answer, bytes(error.response.body or b"")) from None
    line.up = asyncio.Queue()
    writing = asyncio.create_task(_write(wire, line.up))
    try:
        socket.opened(line)
        async for batch in _frames(socket, line, wire):
            yield batch
    except ConnectionClosed as closed:
        raise closed_by(closed, line.fault) from None
    finally:
        line.up = None
        writing.cancel()
        await wire.close()


async def _frames(socket: Socket, line: Line, wire: ClientConnection) -> Batches:
    """The batches; the first of them not before the echo: a line that only comes down is not open."""
    began, echo, held = socket.clock(), line.ping(), list[Batch]()
    while True:
        frame = decode(await wire.recv(), Frame)
        if isinstance(frame.pong, str) and (pong := line.pongs.pop(frame.pong, None)) and not pong.done():
            pong.set_result(None)
            socket.ladder.round_trip(socket.clock() - began if pong is echo else math.inf)
        if frame.after is not None:
            held.append(Batch(frame.after, frame.cursor, frame.messages, frame.gap, frame.more))
        if echo.done():
            for batch in held:
                yield batch
            held = []
        socket.way.heard(line, frame)
        if frame.error:
            line.fault = frame.error


async def _write(wire: ClientConnection, up: asyncio.Queue[bytes]) -> None:
    with contextlib.suppress(ConnectionClosed):  # whoever reads is told
        while True:
            await wire.send(await up.get(), text=True)


def refused(answer: Answer, body: bytes) -> End:
    """What an answer that is no success asks for. Only JSON in the protocol's form is the server's word."""
    fault = None
    if answer.kind == "application/json":
        with contextlib.suppress(End):
            fault = decode(body, Refusal).error
    if fault is None or answer.status >= 500 and answer.status != 503 or answer.status == 426:
        return End("lost", f"answered {answer.status} on the way", code=answer.status)
    if answer.status in (429, 503):
        return End("wait", f"{fault.code}: {fault.message}", code=fault.code, retry=fault.retry)
    return End(word(fault.code), f"{fault.code}: {fault.message}", code=fault.code)


def word(code: str | int) -> Kind:
    """A no that does not pass is about this client, or else about this transport only."""
    return "over" if code in OVER else "refused"


def broke(error: Exception) -> End:
    """What a line that was no good asks for."""
    return End("lost", str(error) or type(error).__name__, code=302 if isinstance(error, Elsewhere) else None)


def turned_away(end: End) -> bool:
    """Whether something on the way said no, and not only for want of a server behind it."""
    return end.kind == "lost" and isinstance(end.code, int) and end.code < 500 and end.code not in PASSING


def closed_by(closed: ConnectionClosed, fault: Fault | None) -> End:
    """What a close code asks for: its range says it."""
    code = closed.rcvd.code if closed.rcvd else 1006
    why = f"closed with {code} {closed.rcvd.reason if closed.rcvd else ''}".strip()
    if code in (1000, 1001, 1012):
        return End("leave", why, code=code)
    if 4000 <= code < 4100 or code in (1002, 1003, 1007, 1009):
        said = fault.code if fault else code
        return End("over" if code in OVER else word(said), why, code=said)
    if 4100 <= code < 4200:
        return End("wait", why, code=code, retry=fault.retry if fault and fault.retry is not None else 5.0)
    return End("again" if 4200 <= code < 4300 else "lost", why, code=code)


TRANSPORTS: dict[str, Callable[[Socket, Line], Batches]] = {"poll": poll, "longpoll": longpoll, "sse": sse, "ws": ws}
