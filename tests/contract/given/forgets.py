"""A queue instead of a log: what was sent once is forgotten, whether or not it arrived."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from transport_fallback.log.batch import Cursor
from transport_fallback.transports.request import cursor_of, leave, number, open_reader

queues: dict[str, Cursor] = {}  # by client, up to where it was sent


def transport(clients: Any) -> Any:
    async def answer(request: Request) -> StreamingResponse:
        heartbeat = number(request, "heartbeat", clients.limits.heartbeat, 1, 30)
        reader = await open_reader(clients, request, "own", cursor_of(request))

        async def lines() -> AsyncIterator[bytes]:
            try:
                async with aclosing(reader.follow(heartbeat)) as batches:
                    async for batch in batches:
                        queue = queues.setdefault(reader.client.id, Cursor(batch.cursor.epoch, 0))
                        fresh = [one for one in batch.messages if one.seq > queue.seq]
                        queues[reader.client.id] = batch.cursor
                        told = json.loads(reader.give(batch).text)
                        told["messages"] = [one for one in told["messages"] if one["seq"] in {one.seq for one in fresh}]
                        yield json.dumps(told).encode() + b"\n"
            finally:
                leave(reader)

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    return answer
