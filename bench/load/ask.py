"""One request outside of the load, on a connection of its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bench.load.wire import Way
from transport_fallback.client.http import Http

SECONDS = 10.0  # s for a whole answer


async def http(way: Way, method: str, path: str, body: Any = None, sid: str = "") -> tuple[int, Any]:
    """Its status and its JSON, None where it has none. OSError: no answer came, or what is no HTTP."""
    headers = {"Authorization": f"Bearer {sid}"} if sid else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    server = Http(f"http://{way.host}:{way.port}")
    try:
        async with asyncio.timeout(SECONDS):
            answer, content = await server.ask(
                method, path, headers, b"" if body is None else json.dumps(body).encode()
            )
    except TimeoutError:
        raise OSError(f"{path} was not answered within {SECONDS:g} s") from None
    except (EOFError, ValueError) as error:
        raise OSError(f"{path} was answered by what is no HTTP: {error}") from None
    finally:
        server.close()
    try:
        return answer.status, json.loads(content or b"null")
    except ValueError:
        return answer.status, None
