"""The museum: ways of before to bring messages to a page, each on the same hub with the same cursor. At /lab/museum/:

    iframe     a page that never ends, with a script for each batch
    jsonp      a script for each answer, which calls a function of the page
    replace    a picture that is replaced by the next one
    htmlfile   the page that never ends, for a document that no window shows

A script, a frame or a picture may be asked for by any site, and its browser need not say so. Therefore all of them want
a ticket. Only who knows a client's sid is given one, by a POST that no page of another site can send.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ..protocol.errors import Refused
from ..registry.clients import Clients
from ..registry.reader import Reader
from ..serving.shares import who_gives_way
from ..transports.post import body_of
from ..transports.request import cursor_of, leave, number, parameter, payer_of, sid_of
from .exhibits import SHAPES, Shape

LINES = 200  # exhibits that are open at once: everybody of a few classes has one
SECONDS = 60.0  # s one of them is open
HEARTBEAT = 5.0  # s between two empty batches: a line that is lost is noticed
TICKETS, LASTS = 500, 600.0  # tickets that are valid at once, and for how many s
KEPT_IN = {  # not to be had for a page of another site, nor to be remembered
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Accel-Buffering": "no",
}


class Exhibit(StreamingResponse):
    """What one reader is given, in a shape, until its time is over, its client has left, or the line is lost."""

    def __init__(self, reader: Reader, shape: Shape, seconds: float, over: Callable[[], None]) -> None:
        headers = KEPT_IN | {"Content-Security-Policy": shape.policy}
        super().__init__((), headers=headers, media_type=shape.kind)
        self.reader, self.shape, self.seconds, self.over = reader, shape, seconds, over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader = self.reader
        watch = asyncio.create_task(end_with_line(receive, reader))
        late = asyncio.get_running_loop().call_later(self.seconds, reader.end, "over")
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._tell(lambda piece: send({"type": "http.response.body", "body": piece, "more_body": True}))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            late.cancel()
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            leave(reader)
            self.over()

    async def _tell(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        reader, shape = self.reader, self.shape
        if shape.begins:
            await write(shape.begins)
        if shape.once:
            return await write(shape.piece(await reader.wait(self.seconds)))
        async with contextlib.aclosing(reader.follow(HEARTBEAT)) as batches:
            async for batch in batches:
                await write(shape.piece(reader.give(batch)))


async def end_with_line(receive: Receive, reader: Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.broken = True
    reader.end("lost")


class Museum:
    """The tickets that are valid, and the exhibits that are open."""

    def __init__(self, clients: Clients, *, lines: int = LINES, clock: Callable[[], float] = time.monotonic) -> None:
        self.clients, self.lines, self.clock = clients, lines, clock
        self._tickets: OrderedDict[str, tuple[str, float]] = OrderedDict()  # ticket → sid, until when; the oldest first
        self._open: dict[str, dict[Reader, None]] = {}  # owner → the readers of its exhibits, the oldest first

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def routes(self) -> list[Route]:
        exhibits = [Route(f"/lab/museum/{name}", self._exhibit(shape)) for name, shape in SHAPES.items()]
        return [Route("/lab/museum", self._ticket, methods=["POST"]), *exhibits]

    async def _ticket(self, request: Request) -> Response:
        """A ticket for the client of this sid. Refused: what a form or an image of another site could send."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused("bad_type", "a ticket is asked for as application/json")
        await body_of(request, self.clients.limits)
        sid = sid_of(request)
        if sid is None or await self.clients.known(sid) is None:
            raise Refused("no_sid", "a ticket is for a client that is here: read or emit first")
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = (sid, self.clock() + LASTS)
        if len(self._tickets) > TICKETS:
            self._tickets.popitem(last=False)
        return JSONResponse({"ticket": ticket, "seconds": LASTS}, 201, headers={"Cache-Control": "no-store"})

    def _sid(self, request: Request) -> str:
        """Whose ticket this is. Refused: nobody's."""
        sid, until = self._tickets.get(parameter(request, "ticket") or "", ("", 0.0))
        if not sid or self.clock() > until:
            raise Refused("refused", "an exhibit wants a ticket, which POST /lab/museum gives to a client")
        return sid

    def _exhibit(self, shape_of: Callable[[Request], Shape]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            shape, sid, owner = shape_of(request), self._sid(request), payer_of(request)
            if request.method == "HEAD":
                return Response(media_type=shape.kind)
            seconds = number(request, "hold", SECONDS, 1, SECONDS)
            reader = await self.clients.read(sid, cursor_of(request), address=owner, transport="museum")
            try:
                self._make_room(owner)
            except Refused:
                reader.close()
                raise
            self._open.setdefault(owner, {})[reader] = None
            return Exhibit(reader, shape, seconds, lambda: self._closed(owner, reader))

        return answer

    def _make_room(self, owner: str) -> None:
        """Where all are taken, who has most gives its oldest. Refused: nobody has too much."""
        if len(self) < self.lines:
            return
        greedy = who_gives_way(self._open, owner)
        if greedy is None:
            raise Refused("full", f"{self.lines} exhibits are open", retry=5)
        oldest = next(iter(self._open[greedy]))
        oldest.end("over")
        self._closed(greedy, oldest)

    def _closed(self, owner: str, reader: Reader) -> None:
        readers = self._open.get(owner, {})
        readers.pop(reader, None)
        if not readers:
            self._open.pop(owner, None)
