"""python-socketio as its documentation shows it, telling everybody: socketio_server.py PORT OPTIONS"""

import asyncio
import json
import sys
import time

import socketio
import uvicorn

PER_SECOND = 20

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*", **json.loads(sys.argv[2]))


async def speak() -> None:
    """Messages on a plan: numbered, and each with the time it was planned for."""
    began, n = time.monotonic(), 0
    while True:
        planned = began + n / PER_SECOND
        await asyncio.sleep(max(0.0, planned - time.monotonic()))
        await server.emit("s2c", {"n": n, "planned": planned})
        n += 1


@server.on("c2s")
async def heard(_sid: str, _data: object) -> None:
    """What a client says is of no interest here."""


async def main() -> None:
    app = socketio.ASGIApp(server)
    config = uvicorn.Config(app, port=int(sys.argv[1]), log_level="critical")
    speaking = asyncio.create_task(speak())
    await uvicorn.Server(config).serve()
    speaking.cancel()


if __name__ == "__main__":
    asyncio.run(main())
