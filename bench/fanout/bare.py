"""Bare ASGI under uvicorn: a fixed answer, as long as an empty batch, to whoever asks: bare.py PORT"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

BODY = b'{"after":"AAAAAAAAAAAA.1","cursor":"AAAAAAAAAAAA.1","gap":null,"more":false,"messages":[]}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(BODY)).encode()),
        (b"cache-control", b"no-store"),
    ],
}


async def app(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send(START)
        await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="error",
        timeout_keep_alive=75,
        backlog=4096,
    )
