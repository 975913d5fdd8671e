"""After each batch it goes on from where that began."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from transport_fallback.transports.request import cursor_of, leave, number, open_reader


def transport(clients: Any) -> Any:
    async def answer(request: Request) -> StreamingResponse:
        heartbeat = number(request, "heartbeat", clients.limits.heartbeat, 1, 30)
        reader = await open_reader(clients, request, "own", cursor_of(request))

        async def lines() -> AsyncIterator[bytes]:
            try:
                before = b""
                async with aclosing(reader.follow(heartbeat)) as batches:
                    async for batch in batches:
                        yield before + reader.give(batch).text + b"\n"
                        before = batch.text + b"\n" if batch.messages else b""
            finally:
                leave(reader)

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    return answer
