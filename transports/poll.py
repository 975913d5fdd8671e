"""Short polling: ask again and again, and mostly hear nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ..registry.clients import Clients
from .request import Endpoint, batch_response, number, reading


def poll(clients: Clients) -> Endpoint:
    limits = clients.limits

    async def answer(request: Request) -> Response:
        every = number(request, "every", limits.every, 100, 60_000) / 1000
        # Between two polls nobody can tell whether the client is still there: it may miss two before it is gone.
        async with reading(clients, request, "poll", grace=2.5 * every + limits.grace, paced=True) as reader:
            batch = reader.read()
        return batch_response(batch)

    return answer
