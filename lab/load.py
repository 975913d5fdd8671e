"""The load: GET /lab/load tells how much of a processor the server has used so far, and how many clients are here."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..hub import Hub
from ..transports.request import Endpoint


def load(hub: Hub) -> Endpoint:
    async def answer(_request: Request) -> Response:
        told = {"at": time.monotonic(), "busy": time.process_time(), "here": len(hub.roll())}
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    return answer
