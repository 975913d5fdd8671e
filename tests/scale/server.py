"""One server of a cluster under test: its handlers wait where a test wants them to, and tell what they do.

python -m tests.scale.server --port 3001 --log redis://… [--name lab] [--lease 2] [--patience 3] [--grace 1]

It prints JSON, a line each: [what, …] of what its handlers did. Whatever else it prints is a complaint.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import sys
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.state import state_of
from transport_fallback.app import build
from transport_fallback.hub import Hub, Refuse
from transport_fallback.log.items import NoLog
from transport_fallback.log.streams.joined import on_redis
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.run import listen, server_for

EVERY = 100  # places: so often the state is put into a digest, the same ones in every process
# What is not asked about must not get in the way; nothing is trimmed, so whatever is missing was lost.
NUMBERS: dict[str, Any] = {
    **{"poll_rate": 1e6, "poll_burst": 10**6, "sid_rate": 1e6, "sid_burst": 10**6, "emit_rate": 1e6},
    **{"emit_burst": 10**6, "keep_messages": 10**6, "handler_seconds": 30.0},
}


class Watched(Hub):
    """A hub that says at which place it had which state."""

    def __init__(self, limits: Limits, **more: Any) -> None:
        self.digests: dict[str, str] = {}
        super().__init__(limits, **more)

    def apply(self, place: int, by: str, kind: str, fields: tuple[Any, ...], tail: bytes, at: int) -> Any:
        made = super().apply(place, by, kind, fields, tail, at)
        if place % EVERY == 0:
            self.digests[f"{self.epoch}.{place}"] = digest(self)
        return made


def digest(hub: Hub) -> str:
    return hashlib.sha256(repr(state_of(hub)).encode()).hexdigest()[:16]


def tell(*words: Any) -> None:
    os.write(1, (json.dumps(words) + "\n").encode())  # at once, and whole: it may be killed


class Doors:
    """Where handlers wait: each has a name, and is open until a test closes it."""

    def __init__(self) -> None:
        self._closed: dict[str, asyncio.Event] = {}
        self.refuses = False

    async def wait(self, name: str) -> None:
        if name in self._closed:
            await self._closed[name].wait()

    def turn(self, what: str, name: str) -> None:
        if what == "close":
            self._closed[name] = asyncio.Event()
        elif what == "open":
            self._closed.pop(name).set()
        else:
            self.refuses = what == "refuse"


def handlers(hub: Hub, doors: Doors) -> None:
    """What clients may ask for."""

    @hub.on("connect")
    async def connect(client: Any) -> None:
        tell("connect", client.id)
        await doors.wait("connect")
        if doors.refuses:
            raise Refuse("no")

    @hub.on("disconnect")
    async def disconnect(client: Any, reason: str) -> None:
        tell("disconnect", client.id, reason)

    @hub.on("say")
    async def say(_client: Any, data: Any) -> Any:
        tell("say", data)
        await hub.emit("news", data)
        return data

    @hub.on("steps")
    async def steps(_client: Any, data: Any) -> Any:
        """Two of them; the second may have to wait."""
        tell("first", data)
        await hub.emit("first", data)
        try:
            await doors.wait("second")
        except asyncio.CancelledError:
            tell("cancelled", data)
            raise
        tell("second", data)
        await hub.emit("second", data)
        return data

    @hub.on("burst")
    async def burst(_client: Any, count: int) -> int:
        """So many messages at once. How many were taken."""
        tell("burst", count)
        await doors.wait("burst")
        done = await asyncio.gather(*(hub.emit("news", n) for n in range(count)), return_exceptions=True)
        return sum(isinstance(one, int) for one in done)


def control(hub: Watched, doors: Doors) -> Route:
    """/control?close=NAME, open=NAME, refuse=, admit=; whatever is asked, it answers where it stands."""

    async def answer(request: Request) -> Response:
        for what, name in request.query_params.items():
            doors.turn(what, name)
        return JSONResponse(
            {
                "process": hub.process,
                "epoch": hub.epoch,
                "place": hub.place,
                "seq": hub.end,
                "digest": digest(hub),
                "digests": hub.digests,
                "held": {client.id: list(client.held) for client in hub.members.values()},
            }
        )

    return Route("/control", answer)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--name", default="lab")
    for name, default in {"lease": 2.0, "patience": 3.0, "grace": 1.0}.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    given = parser.parse_args(arguments)
    os.dup2(1, 2)
    log = on_redis(given.log, name=given.name, lease=given.lease, patience=given.patience)
    hub, doors = Watched(Limits(**NUMBERS, grace=given.grace), log=log), Doors()
    handlers(hub, doors)
    app = build(hub, chat=False)
    app.router.routes.insert(0, control(hub, doors))
    try:
        server_for(app).run(sockets=[listen("127.0.0.1", given.port)])
    except (ConnectionError, NoLog) as error:
        print(error)
        return 1
    return int(hub.log.failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
