"""A transport of your own: copy this file, and write until `make contract TRANSPORT=your_file.py` says that it holds.

Newline-delimited JSON: one answer that does not end, with a batch on each of its lines. This one says one and ends.
"""

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from transport_fallback.transports.request import cursor_of, leave, open_reader


def transport(clients: Any) -> Any:
    async def answer(request: Request) -> StreamingResponse:
        reader = await open_reader(clients, request, "own", cursor_of(request))

        async def lines() -> AsyncIterator[bytes]:
            try:
                yield reader.read().text + b"\n"  # and what comes after it?
            finally:
                leave(reader)

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    return answer
