"""Server-sent events: one answer that never ends."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from functools import partial

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..log.batch import Batch, Cursor
from ..protocol.errors import Refused
from ..registry.clients import Clients
from ..registry.reader import Reader
from .request import Endpoint, cursor_of, leave, number, open_reader
from .scope import Carried, served


class Stream(EventSourceResponse):
    """The events of one reader. Our empty batch is the heartbeat, so no pings of the library's."""

    def __init__(self, reader: Reader, heartbeat: float) -> None:
        # The hub ends its readers before the server stops: the library need only wait for that.
        grace = reader.hub.limits.drain_seconds
        super().__init__(events(reader, heartbeat), ping=0, sep="\n", shutdown_grace_period=grace)
        self.reader, self.heartbeat = reader, heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        by, reader = served(scope), self.reader
        try:
            if by is None or by.carry is None:
                return await super().__call__(scope, receive, send)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            by.rest = partial(carried, by.carry(reader, self.heartbeat), reader)
        finally:
            if by is None or by.rest is None:
                leave(reader)


async def carried(
    carriage: AbstractAsyncContextManager[Carried], reader: Reader, _scope: Scope, _receive: Receive, send: Send
) -> None:
    """The same events, written by the connection itself."""
    try:
        async with carriage as line:
            await line.over()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        leave(reader)


async def events(reader: Reader, heartbeat: float) -> AsyncGenerator[bytes, None]:
    async with contextlib.aclosing(reader.follow(heartbeat)) as batches:
        async for batch in batches:
            yield event(reader.give(batch))


def event(batch: Batch) -> bytes:
    """The batch as one event; its id is the cursor, which a browser sends back as Last-Event-ID."""
    if "sse" not in batch.forms:
        batch.forms["sse"] = ServerSentEvent(batch.text.decode(), id=str(batch.cursor), sep="\n").encode()
    return batch.forms["sse"]


def sse(clients: Clients) -> Endpoint:
    async def answer(request: Request) -> Response:
        heartbeat = number(request, "heartbeat", clients.limits.heartbeat, 1, 30)
        return Stream(await open_reader(clients, request, "sse", resumed_from(request)), heartbeat)

    return answer


def resumed_from(request: Request) -> Cursor | None:
    """The header wins: a browser that reconnects repeats its first URL, stale cursor and all (WHATWG HTML 9.2)."""
    last_event_id = request.headers.get("last-event-id")
    if not last_event_id:
        return cursor_of(request)
    try:
        return Cursor.parse(last_event_id)
    except Refused:  # a 400 would stop an EventSource for good: a cursor of no epoch is answered by a gap
        return Cursor("", 0)
