"""Several servers: which of them answers, whose reads are open there, and, where that is allowed, its sudden end.

`GET /lab/cluster?client=ID` tells of the process that answers, and of it alone: behind a balancer the next answer is
another's, so whoever asks some times has heard of all. `POST /lab/cluster/kill?process=NAME` ends the process of that
name as a failure would, in the middle of whatever it does; where another answers it says so, and is asked again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..hub import Hub
from ..protocol.errors import Refused
from ..registry.client import Client
from ..registry.reader import Reader

ASKED = 8  # clients of one question
RESPITE = 0.05  # s in which the answer goes out that announces the end
KILLED = 137  # what a shell says of a program that kill -9 has ended


def end() -> None:
    """End as kill -9 would: nobody is told, nothing is tidied up."""
    os._exit(KILLED)


class Several:
    """One process of those that share a log, as it tells of itself."""

    def __init__(self, hub: Hub, *, may_be_killed: bool = False, end: Callable[[], None] = end) -> None:
        self.hub, self.may_be_killed, self.end = hub, may_be_killed, end

    def routes(self) -> list[Route]:
        routes = [Route("/lab/cluster", self._tell)]
        if self.may_be_killed:
            routes.append(Route("/lab/cluster/kill", self._kill, methods=["POST"]))
        return routes

    def _told(self) -> dict[str, Any]:
        log = self.hub.log
        return {"process": self.hub.process, "processes": log.processes, "alone": log.alone}

    def _reads(self, client: str) -> list[str]:
        """By what this client reads in this process."""
        member = self.hub.members.get(client)
        readers = member.readers if isinstance(member, Client) else ()
        return [reader.transport for reader in readers if isinstance(reader, Reader) and not reader.ended]

    async def _tell(self, request: Request) -> Response:
        reads = {client: self._reads(client) for client in request.query_params.getlist("client")[:ASKED]}
        told = self._told() | {"may_be_killed": self.may_be_killed, "reads": reads}
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    async def _kill(self, request: Request) -> Response:
        ends = request.query_params.get("process") == self.hub.process
        if ends and self.hub.log.processes < 2:
            raise Refused("refused", "this is the last of the servers: start another before it ends")
        if ends:
            asyncio.get_running_loop().call_later(RESPITE, self.end)
        return JSONResponse(self._told() | {"ends": ends}, 202 if ends else 200, headers={"Cache-Control": "no-store"})
