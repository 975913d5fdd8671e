"""One request outside of the load, on a connection of its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bench.load.wire import Way


async def http(way: Way, method: str, path: str, body: Any = None, sid: str = "") -> tuple[int, Any]:
    """One request outside of the load; OSError: the server did not answer."""
    content = b"" if body is None else json.dumps(body).encode()
    token = f"Authorization: Bearer {sid}\r\n" if sid else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: {way.host}:{way.port}\r\nConnection: close\r\n{token}"
    kind = "Content-Type: application/json\r\n" if content else ""
    reader, writer = await asyncio.open_connection(way.host, way.port)
    try:
        writer.write(f"{head}{kind}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        async with asyncio.timeout(10):
            answer = await reader.read()
    except TimeoutError:
        raise OSError(f"{path} was not answered within 10 s") from None
    finally:
        writer.close()
    head_end = answer.find(b"\r\n\r\n")
    if head_end < 0:
        raise OSError(f"{path} was answered by what is no HTTP")
    try:
        told = json.loads(answer[head_end + 4 :] or b"null")
    except ValueError:
        told = None
    return int(answer[9:12]), told
