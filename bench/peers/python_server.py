"""python-socketio as its documentation shows it, speaking on the same plan as our feed: python_server.py PORT

POST /lab/feed {rate, size, seconds}: periodic messages to all, each with its number and the ms it was planned for.
"""

import asyncio
import json
import secrets
import sys
import time

import socketio  # type: ignore[import-not-found, unused-ignore]
import uvicorn

LEAD = 0.05  # s before the first

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
feeds: dict[str, asyncio.Task[None]] = {}


async def speak(name: str, rate: float, size: int, seconds: float) -> None:
    began, n, text = time.monotonic() + LEAD, 0, "x" * size
    clock = began + max(time.time() - time.monotonic() for _ in range(5))  # a pause between the two makes it less
    while n < rate * seconds - 1e-9:
        late = time.monotonic() - began - n / rate
        if late < 0:
            await asyncio.sleep(-late)
        await server.emit("feed", {"feed": name, "n": n, "at": round((clock + n / rate) * 1000, 3), "text": text})
        n += 1


async def feed(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    """The one request that is not Socket.IO's: begin a feed, or end it."""
    body, status, told = b"", 201, {}
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["method"] == "POST":
        wish, name = json.loads(body), secrets.token_hex(4)
        feeds[name] = asyncio.create_task(speak(name, wish["rate"], wish["size"], wish["seconds"]))
        told = {"feed": name}
    else:
        status = 200
        task = feeds.pop(scope["path"].rpartition("/")[2], None)
        if task:
            task.cancel()
    answer = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def main() -> None:
    app = socketio.ASGIApp(server, other_asgi_app=feed)
    config = uvicorn.Config(
        app,
        port=int(sys.argv[1]),
        log_level="critical",
        access_log=False,
        ws_per_message_deflate=False,  # as ours, and as Socket.IO on Node has it
        timeout_keep_alive=75,
        backlog=4096,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())  # what uvicorn[standard] runs on, if it starts itself
