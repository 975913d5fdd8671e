"""Newline-delimited JSON: GET /lab/ndjson is a fifth transport, one answer that never ends with a batch on each line.

It is there to be read: a lesson runs it in the page, and `make contract` holds it to the promises of the four.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ..registry.clients import Clients
from ..registry.reader import Reader
from ..transports.request import Endpoint, cursor_of, leave, number, open_reader

NDJSON = "application/x-ndjson"


class Lines(StreamingResponse):
    """The batches of one reader, each a line."""

    media_type = NDJSON

    def __init__(self, reader: Reader, heartbeat: float) -> None:
        super().__init__(lines(reader, heartbeat))
        self.reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            leave(self.reader)  # also of one who has gone before the first line


async def lines(reader: Reader, heartbeat: float) -> AsyncGenerator[bytes, None]:
    async with aclosing(reader.follow(heartbeat)) as batches:
        async for batch in batches:
            yield reader.give(batch).text + b"\n"


def ndjson(clients: Clients) -> Endpoint:
    async def answer(request: Request) -> Response:
        heartbeat = number(request, "heartbeat", clients.limits.heartbeat, 1, 30)
        return Lines(await open_reader(clients, request, "ndjson", cursor_of(request)), heartbeat)

    return answer
