"""Bare ASGI under uvicorn, the least that an application there can do on each transport: bare.py PORT

    /poll       a fixed answer, as long as an empty batch        /longpoll   held until something is said
    /sse        an event for each message                        /ws         a frame for each message

Nobody is known, nothing is checked, kept or counted. Whoever speaks does so on `/`, by WebSocket, and writes to all who
read: no task is woken for that but the one that a held request needs to end.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Any

import uvicorn

BODY = b'{"after":"AAAAAAAAAAAA.1","cursor":"AAAAAAAAAAAA.1","gap":null,"more":false,"messages":[]}'
CURSOR = re.compile(rb"cursor=e\.(\d+)")
KEPT = 256  # messages
frames: dict[Any, None] = {}  # the `send` of each WebSocket
events: dict[Any, None] = {}  # and of each stream
held: dict[Any, asyncio.Future[None]] = {}  # and of each held request, with what it waits for
said: list[bytes] = []
count = 0  # messages so far; the last of them are in `said`


def start(kind: bytes, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    headers = [(b"content-type", kind), (b"cache-control", b"no-store"), *more]
    return {"type": "http.response.start", "status": 200, "headers": headers}


def body(data: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


FIXED = start(b"application/json", (b"content-length", str(len(BODY)).encode()))
STREAM = start(b"text/event-stream")


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await (reads if scope["path"] == "/ws" else speaks)(receive, send)
    elif scope["path"] == "/longpoll":
        await longpoll(scope["query_string"], send)
    elif scope["path"] == "/sse":
        await sse(receive, send)
    else:
        await send(FIXED)
        await send(body(BODY))


async def reads(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    frames[send] = None
    while (await receive())["type"] != "websocket.disconnect":
        pass
    del frames[send]


async def speaks(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        await tell(message["text"].encode())


async def sse(receive: Any, send: Any) -> None:
    await send(STREAM)
    await send(body(b"data: []\n\n", more=True))
    events[send] = None
    while (await receive())["type"] != "http.disconnect":
        pass
    del events[send]


async def longpoll(query: bytes, send: Any) -> None:
    cursor = CURSOR.search(query)
    at = count if cursor is None else int(cursor[1])
    if cursor is None or at < count:
        return await answer(send, batch(at))
    held[send] = asyncio.get_running_loop().create_future()
    await held[send]


async def answer(send: Any, text: bytes) -> None:
    await send(start(b"application/json", (b"content-length", b"%d" % len(text))))
    await send(body(text))


def batch(at: int) -> bytes:
    """All messages after so many."""
    messages = b",".join(said[at - count :]) if at < count else b""
    return b'{"after":"e.%d","cursor":"e.%d","messages":[%b]}' % (at, count, messages)


async def tell(payload: bytes) -> None:
    global count
    said.append(b'{"data":%b}' % payload)
    del said[:-KEPT]
    count += 1
    text, event = payload.decode(), b"data: %b\n\n" % payload
    for send in [*frames]:
        await send({"type": "websocket.send", "text": text})
    for send in [*events]:
        await send(body(event, more=True))
    waiting = [*held.items()]
    held.clear()
    for send, over in waiting:
        await answer(send, batch(count - 1))
        over.set_result(None)


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        lifespan="off",
        access_log=False,
        log_level="error",
        timeout_keep_alive=75,
        backlog=4096,
    )
