"""Long polling: ask, and be answered when there is something to say."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ..registry.clients import Clients
from .request import Endpoint, batch_response, number, reading


def longpoll(clients: Clients) -> Endpoint:
    async def answer(request: Request) -> Response:
        # Proxies hang up on a request that is not answered within 30 to 60 s: be first.
        hold = number(request, "hold", clients.limits.hold, 1, 30)
        async with reading(clients, request, "longpoll") as reader:
            batch = await reader.wait(hold)
        return batch_response(batch)

    return answer
