"""The mirror: a WebSocket that gives back what it hears, and tells the bytes of both frames, which no page can see.

A page says a text. It hears the same text, in a frame of its own, and then what the two frames were on the wire:
`{"up": {"size": N, "start": HEX}, "down": {…}}`. Only its own line is shown to it.
"""

from __future__ import annotations

import time
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ..protocol.codec import encode
from ..protocol.errors import Refused
from ..protocol.pace import Bucket
from ..serving.sockets import Sockets
from ..transports.scope import served

LINES = 200  # a lesson of everybody in a class
STILL = 60.0  # s; it tells nothing by itself
SHOWN = 64  # bytes told of a frame: its head is 14 at most
RATE, BURST = 2 << 20, 16 << 20  # bytes a second, and at once, that all lines together may have mirrored


class Seen:
    """What went one way since it was told last."""

    def __init__(self) -> None:
        self.size, self.start = 0, b""

    def add(self, data: bytes) -> None:
        self.size += len(data)
        self.start += data[: SHOWN - len(self.start)]

    def told(self) -> dict[str, Any]:
        told = {"size": self.size, "start": self.start.hex()}
        self.size, self.start = 0, b""
        return told


class Mirror:
    """All lines that are mirrored."""

    def __init__(self) -> None:
        self._lines = Sockets(LINES, STILL)
        self._bytes = Bucket(RATE, BURST, time.monotonic())

    def routes(self) -> list[WebSocketRoute]:
        return [WebSocketRoute("/lab/mirror", self._line)]

    async def _line(self, socket: WebSocket) -> None:
        by, up, down = served(socket.scope), Seen(), Seen()
        show = by and by.show
        if show:
            show(up.add, down.add)

        async def hear(text: str) -> None:
            if not show:
                raise Refused("refused", "the server that runs this does not show what its frames were")
            self._bytes.take(len(text), time.monotonic(), "bytes of all mirrors")
            down.told()  # what was said before, and was none of it
            await socket.send_text(text)
            await socket.send_text(encode({"up": up.told(), "down": down.told()}).decode())

        async def tell() -> None:
            """A mirror says nothing by itself."""

        await self._lines.serve(socket, tell, hear)
