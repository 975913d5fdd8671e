"""What one says, all hear, as the documentation of python-socketio shows it: relay_python.py PORT"""

import sys

import socketio  # type: ignore[import-not-found, unused-ignore]
import uvicorn

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")


@server.on("c2s")  # type: ignore[untyped-decorator, misc, unused-ignore]
async def speak(_sid: str, data: object) -> None:
    await server.emit("s2c", data)


async def main() -> None:
    config = uvicorn.Config(
        socketio.ASGIApp(server),
        port=int(sys.argv[1]),
        log_level="critical",
        access_log=False,
        ws_per_message_deflate=False,
        timeout_keep_alive=75,
        backlog=4096,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())  # what uvicorn[standard] runs on, if it starts itself
