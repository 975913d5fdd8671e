"""It ends on silence, as if nobody were there to hear."""

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
                async with aclosing(reader.follow(heartbeat)) as batches:
                    first = True
                    async for batch in batches:
                        reader.give(batch)
                        if not first and not batch.news:
                            return
                        yield batch.text + b"\n"
                        first = False
            finally:
                leave(reader)

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    return answer
