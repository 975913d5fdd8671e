"""It ignores `more`: of a batch that was cut it goes on at the end of the log."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from transport_fallback.log.batch import Cursor
from transport_fallback.transports.request import cursor_of, leave, number, open_reader


def transport(clients: Any) -> Any:
    async def answer(request: Request) -> StreamingResponse:
        heartbeat = number(request, "heartbeat", clients.limits.heartbeat, 1, 30)
        reader = await open_reader(clients, request, "own", cursor_of(request))

        async def lines() -> AsyncIterator[bytes]:
            try:
                cursor = reader.cursor
                while not reader.ended:
                    batch = clients.hub.read(reader.client, cursor)
                    yield reader.give(batch).text + b"\n"
                    cursor = Cursor(batch.cursor.epoch, clients.hub.end)
                    waited = await clients.hub.wait(reader.client, cursor, heartbeat, reader)
                    cursor = waited.cursor if not waited.news else cursor
            finally:
                leave(reader)

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    return answer
