"""A queue beside the log: GET /lab/queue is a long poll that forgets what it has sent, as many libraries do.

It is there to be compared. The server keeps where each client is, and moves on when an answer goes out: before anybody
can know whether it arrives. So what a lost answer held is lost. All else is the log's long poll, on the same hub; a
cursor in the question means nothing here.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..protocol.errors import Refused
from ..registry.clients import Clients
from ..transports.request import batch_response, headed, number, reading, sid_of
from .single import single

CLIENTS = 500  # whose place is kept; who asked longest ago is forgotten first, and begins anew


class Queues:
    """The place of each client in its queue: what is before it is forgotten."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self._places: OrderedDict[str, Any] = OrderedDict()  # by sid, the cursor of what was sent last

    def routes(self) -> list[Route]:
        return [Route("/lab/queue", headed(self.clients, self._answer))]

    def _place(self, request: Request) -> Any:
        return self._places.get(sid_of(request) or "")

    async def _answer(self, request: Request) -> Response:
        """One batch as soon as there is news, or an empty one after `hold` s. Refused: no sid, for it is somebody's."""
        single(self.clients.hub, "a queue")
        sid = sid_of(request)
        if sid is None:
            raise Refused("bad_sid", "a queue is somebody's: say whose, by sid")
        hold = number(request, "hold", self.clients.limits.hold, 1, 30)
        async with reading(self.clients, request, "queue", place=self._place) as reader:
            batch = await reader.wait(hold)
        self._places[sid] = batch.cursor  # now, and not when it has arrived: nobody tells
        self._places.move_to_end(sid)
        if len(self._places) > CLIENTS:
            self._places.popitem(last=False)
        return batch_response(batch)
