"""Ours without the chat room: a hub that passes on what is said, to all, to a room or to one: plainhub.py PORT [rooms]

`rooms`: who comes is in one of a hundred rooms. The limits are those of the environment, as app.py has them.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from bench.fanout.audience import room_of
from transport_fallback.app import build
from transport_fallback.hub import Hub
from transport_fallback.registry.client import Client
from transport_fallback.serving.flags import options
from transport_fallback.serving.memory import settle
from transport_fallback.serving.run import running


async def main(port: str, rooms: bool) -> None:
    hub = Hub(options(["--port", port]).limits)

    @hub.on("c2s")
    async def speak(_client: Client, message: Any) -> None:
        if "to" in message:
            await hub.client(message["to"]).emit("s2c", message)
        elif "room" in message:
            await hub.to(message["room"]).emit("s2c", message)
        else:
            await hub.emit("s2c", message)

    if rooms:

        @hub.on("connect")
        async def come(client: Client) -> None:
            await client.join(room_of(client.id))

    settle()
    async with running(build(hub, chat=False), port=int(port)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1], "rooms" in sys.argv[2:]))
