"""The WebSockets of the instruments: so many at once, each told and heard at a bounded pace, refused as elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..protocol.errors import Refused
from ..protocol.pace import Bucket
from ..transports.request import payer_of
from ..transports.ws import refuse
from .shares import who_gives_way

RATE, BURST = 20, 100  # words that one line may say in a second, and at once


async def nothing(_text: str) -> None:
    """Listen to nothing that is said there."""


class Sockets:
    """The lines of one kind. When all are taken, the address that has most of them gives its oldest to another."""

    def __init__(self, most: int, every: float) -> None:
        self.most = most
        self.every = every  # s between two words
        self._taken: dict[str, dict[asyncio.Task[None], None]] = {}  # owner → its lines, the oldest first

    def __len__(self) -> int:
        return sum(map(len, self._taken.values()))

    async def serve(
        self,
        socket: WebSocket,
        tell: Callable[[], Awaitable[None]],
        hear: Callable[[str], Awaitable[None]] = nothing,
    ) -> None:
        """Tell again and again, each time when the last has been taken; and hear, until the page leaves or errs."""
        try:
            await socket.accept()
        except WebSocketDisconnect:  # the line was lost amid its upgrade
            return
        owner = payer_of(socket)
        hearing = asyncio.ensure_future(listen(socket, hear))
        try:
            self._take(owner, hearing)
            while not hearing.done():
                await tell()
                await asyncio.wait([hearing], timeout=self.every)
            if hearing.cancelled():
                raise Refused("full", "another who has fewer lines needed this one", retry=10)
            hearing.result()
        except Refused as refused:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await refuse(socket, refused)
                await socket.close(refused.close_code, refused.code)
        except (WebSocketDisconnect, RuntimeError):  # the line was lost while something was sent
            pass
        finally:
            self._leave(owner, hearing)
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    def _take(self, owner: str, line: asyncio.Task[None]) -> None:
        if len(self) >= self.most:
            greedy = who_gives_way(self._taken, owner)
            if greedy is None:
                raise Refused("full", f"{self.most} lines are open", retry=10)
            oldest = next(iter(self._taken[greedy]))
            self._leave(greedy, oldest)
            oldest.cancel()
        self._taken.setdefault(owner, {})[line] = None

    def _leave(self, owner: str, line: asyncio.Task[Any]) -> None:
        lines = self._taken.get(owner, {})
        lines.pop(line, None)
        if not lines:
            self._taken.pop(owner, None)


async def listen(socket: WebSocket, hear: Callable[[str], Awaitable[None]]) -> None:
    """Done when nobody is at the other end any more. Refused: it speaks too often, or what `hear` refuses."""
    loop = asyncio.get_running_loop()
    pace = Bucket(RATE, BURST, loop.time())
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        wait = pace.wait(1, loop.time())
        if wait:
            raise Refused("rate", f"{RATE} words a second are enough", retry=wait)
        pace.tokens -= 1
        await hear(message.get("text") or "")
