"""The floor of long polls: a bare protocol that holds what is asked and answers with ready bytes: floor.py PORT

Nobody is known, nothing is checked or counted, there is one room, and a head is looked at for its cursor alone. What is
said comes by a WebSocket, as to the limit.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Any

import uvloop

from bench.fanout import limit

CURSOR = re.compile(rb"cursor=e\.(\d+)")
KEPT = 256  # messages
held: list[Line] = []
said: list[bytes] = []
count = 0  # messages so far; the last of them are in `said`


class Line(limit.Line):
    def data_received(self, data: bytes) -> None:
        if self.open or not data.startswith(b"GET /longpoll?"):
            return super().data_received(data)
        cursor = CURSOR.search(data)
        at = count if cursor is None else int(cursor[1])
        if at == count and cursor is not None:
            held.append(self)
        else:
            self.write(answer(at))

    def connection_lost(self, error: Exception | None) -> None:
        if self in held:
            held.remove(self)
        super().connection_lost(error)


def answer(at: int) -> bytes:
    """All messages after so many."""
    messages = b",".join(said[at - count :]) if at < count else b""
    body = b'{"after":"e.%d","cursor":"e.%d","messages":[%b]}' % (at, count, messages)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def tell(payload: bytes) -> None:
    global count
    said.append(b'{"data":%b}' % payload)
    del said[:-KEPT]
    count += 1
    text = answer(count - 1)
    lines = held[:]
    held.clear()
    for line in lines:
        line.write(text)


async def main() -> None:
    loop: Any = asyncio.get_running_loop()
    server = await loop.create_server(Line, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    limit.tell = tell
    uvloop.run(main())
