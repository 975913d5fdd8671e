"""The transports: four ways to carry "what comes after my cursor", and the edge they share."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from ..log.batch import Batch, Cursor
from ..protocol.errors import Refused, unready
from ..protocol.pace import owner_of
from ..registry.clients import Clients
from ..registry.emits import Ack
from ..registry.reader import Reader
from .scope import served

SERVER = "Lab-Server"  # the header in which one of several servers says its name
LADDER = ("ws", "sse", "longpoll", "poll")  # best first

Endpoint = Callable[[Request], Awaitable[Response]]

FIELDS = 64  # in one query: all of it is parsed for each of them
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


def parameter(request: HTTPConnection, name: str) -> str | None:
    """One query parameter. Refused: given twice, since nobody could say which is meant; or one of a great many."""
    if request.scope["query_string"].count(b"&") >= FIELDS:
        raise Refused("bad_parameter", f"a query has {FIELDS} parameters at most")
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Refused("bad_parameter", f"{name} is given twice")
    return values[0] if values else None


def number(request: HTTPConnection, name: str, default: float, least: float, most: float) -> float:
    """A number from the query, clamped. Refused: not a number."""
    text = parameter(request, name)
    if text is None:
        return default
    if not NUMBER.fullmatch(text):
        raise Refused("bad_parameter", f"{name} is a number")
    return min(max(float(text), least), most)


def sid_of(request: HTTPConnection) -> str | None:
    """The header where one can be set; the query is for EventSource and WebSocket, which cannot."""
    scheme, _, sid = request.headers.get("authorization", "").partition(" ")
    return sid.strip() if scheme.lower() == "bearer" else parameter(request, "sid")


def cursor_of(request: HTTPConnection) -> Cursor | None:
    text = parameter(request, "cursor")
    return None if text is None else Cursor.parse(text)


def server_of(clients: Clients) -> str | None:
    """The name of this server, where several share a log and each answer says whose it is; None: it is alone."""
    return None if clients.hub.log.alone else clients.hub.process


def address_of(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def payer_of(request: HTTPConnection) -> str:
    """To whom it is counted, whatever its sid."""
    return owner_of(address_of(request))


async def open_reader(
    clients: Clients,
    request: HTTPConnection,
    transport: str,
    cursor: Cursor | None,
    *,
    grace: float | None = None,
    paced: bool = False,
) -> Reader:
    """Open the read of a request, as all four transports do. Refused before the first byte of an answer."""
    history = int(number(request, "history", 0, 0, clients.limits.history))
    reader = await clients.read(
        sid_of(request),
        cursor,
        address=payer_of(request),
        history=history,
        grace=grace,
        paced=paced,
        transport=transport,
    )
    by = served(request.scope)
    reader.on_batch = None if by is None else by.count
    return reader


def leave(reader: Reader) -> None:
    """The read of a stream is over; where nobody told it to stop, the line was lost."""
    reader.broken = reader.ended is None
    reader.close()


@contextlib.asynccontextmanager
async def reading(
    clients: Clients,
    request: Request,
    transport: str,
    *,
    grace: float | None = None,
    paced: bool = False,
    place: Callable[[Request], Cursor | None] = cursor_of,
) -> AsyncIterator[Reader]:
    """A read that is answered once, from its place on. It ends with the line: who has gone waits for nothing."""
    reader = await open_reader(clients, request, transport, place(request), grace=grace, paced=paced)
    watch = asyncio.create_task(_end_with_line(request, reader))
    try:
        yield reader
        if reader.ended in ("gone", "kicked", "refused"):
            raise Refused(reader.ended, "this client has left")
        if reader.ended == "unready":
            raise unready()
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch
        reader.close()


async def _end_with_line(request: Request, reader: Reader) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    reader.broken = True
    reader.end("lost")


def json(text: bytes) -> Response:
    return Response(text, media_type="application/json")


def headed(clients: Clients, endpoint: Endpoint, media_type: str = "application/json") -> Endpoint:
    """HEAD answers like GET, but at once and without a body: it opens no read and bears nobody."""

    async def answer(request: Request) -> Response:
        if request.method != "HEAD":
            return await endpoint(request)
        sid = sid_of(request)
        if sid is not None:
            clients.find(sid)
        cursor_of(request)
        return Response(media_type=media_type)

    return answer


def batch_response(batch: Batch) -> Response:
    return json(batch.text)


async def acks_text(acks: list[Ack]) -> bytes:
    """`{"acks":[…]}`, when all of them are there. A reader that leaves cancels only its own waiting."""
    done = [ack if isinstance(ack, bytes) else await asyncio.shield(ack) for ack in acks]
    return b'{"acks":[%b]}' % b",".join(done)
