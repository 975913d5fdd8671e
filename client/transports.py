"""The transports: each is an async generator of batches, which ends by saying why."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .closings import answered, closed
from .eventstream import events
from .http import MOST, Answer
from .ladder import FIRST_HOLD, End
from .run import Context, Run
from .wire import Batch, Frame, decode

QUIET = logging.getLogger("client.wire")  # websockets would log headers, and one of them is the sid
QUIET.setLevel(logging.CRITICAL + 1)
Batches = AsyncIterator[Batch]


async def poll(run: Run, context: Context) -> Batches:
    every = run.attempt.beat
    while True:
        began = context.clock()
        batch = await context.question(run, "poll", every=round(every * 1000))
        context.round_trip(context.clock() - began)
        yield batch
        if not batch.more:
            await asyncio.sleep(every - (context.clock() - began))


async def longpoll(run: Run, context: Context) -> Batches:
    hold = FIRST_HOLD
    while True:
        began, newcomer = context.clock(), context.cursor is None
        batch = await context.question(run, "longpoll", hold=f"{hold:g}")
        if newcomer:  # it is answered at once
            context.round_trip(context.clock() - began)
        yield batch
        hold = run.attempt.beat


async def sse(run: Run, context: Context) -> Batches:
    async with context.requests.reading("sse", context.cursor, heartbeat=f"{run.attempt.beat:g}") as answer:
        if answer.status != 200:
            raise answered(answer.status, await answer.body(), answer.retry_after)
        if answer.kind != "text/event-stream":
            raise End("lost", "an answer that is no event stream")
        context.opened(run)
        async for data in events(answer.parts()):
            yield decode(data, Batch)
    raise End("lost", "the stream ended")


async def ws(run: Run, context: Context) -> Batches:
    wire = await _opening(run, context)
    run.up = asyncio.Queue()
    writing = asyncio.create_task(_write(wire, run.up))
    try:
        context.opened(run)
        async for batch in _frames(run, context, wire):
            yield batch
    except ConnectionClosed as why:
        code, reason = (why.rcvd.code, why.rcvd.reason) if why.rcvd else (1006, "")
        raise closed(code, reason, run.refusal) from None
    finally:
        run.up = None
        writing.cancel()
        await wire.close()


class Straight(connect):
    """An opening that follows no redirect by itself: where the sid may go is decided in one place."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def _opening(run: Run, context: Context) -> ClientConnection:
    requests = context.requests
    target = requests.target("ws", context.cursor, heartbeat=f"{run.attempt.beat:g}")
    url, bearer = requests.http.websocket(target), requests.sid.bearer
    quiet: dict[str, Any] = {"compression": None, "ping_interval": None, "open_timeout": None, "logger": QUIET}
    try:
        return await Straight(url, additional_headers=bearer, proxy=None, max_size=MOST, close_timeout=0.5, **quiet)
    except InvalidStatus as error:
        headers = {name.lower(): value for name, value in error.response.headers.raw_items()}
        answer = Answer(error.response.status_code, headers)
        if requests.http.follow(target, answer):
            raise End("again", "the server has moved") from None
        raise answered(answer.status, bytes(error.response.body or b""), answer.retry_after) from None


async def _frames(run: Run, context: Context, wire: ClientConnection) -> Batches:
    """The batches; the first of them not before the echo: a line that only comes down is not open."""
    began, echo, held = context.clock(), run.ping(), list[Batch]()
    while True:
        frame = decode(await wire.recv(), Frame)
        if isinstance(frame.pong, str) and (pong := run.pongs.pop(frame.pong, None)) and not pong.done():
            pong.set_result(None)
            context.round_trip(context.clock() - began if pong is echo else math.inf)
        if frame.after is not None:
            held.append(Batch(frame.after, frame.cursor, frame.messages, frame.gap, frame.more))
        if echo.done():
            for batch in held:
                yield batch
            held = []
        context.frame(run, frame)
        if frame.error:
            run.refusal = frame.error


async def _write(wire: ClientConnection, up: asyncio.Queue[bytes]) -> None:
    with contextlib.suppress(ConnectionClosed):  # whoever reads is told
        while True:
            await wire.send(await up.get(), text=True)


TRANSPORTS: dict[str, Callable[[Run, Context], Batches]] = {"poll": poll, "longpoll": longpoll, "sse": sse, "ws": ws}
