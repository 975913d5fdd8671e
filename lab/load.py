"""The load: GET /lab/load tells how much of a processor the server has used so far, and how many clients are here.

It is that of one process, whose name it says, and how many there are: the next answer may be another's.
"""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..hub import Hub
from ..transports.request import Endpoint


def load(hub: Hub) -> Endpoint:
    async def answer(_request: Request) -> Response:
        told = {"at": time.monotonic(), "busy": time.process_time(), "here": len(hub.roll())}
        whose = {"process": hub.process, "processes": hub.log.processes}
        return JSONResponse({**told, **whose}, headers={"Cache-Control": "no-store"})

    return answer
