"""A look: whether the address of the log leads to another server by now than the connections that are open."""

from __future__ import annotations

import asyncio

from redis.asyncio.connection import ConnectionPool

from .wire import Unusable, Wire

EVERY = 1.0  # s: so often at most, whatever cursors come
MOST = 64  # epochs that one look is for


class Look:
    """Of two primaries each has processes of its own for a while. A cursor of an epoch that nobody here knows may be of
    the other side, or of a life that is no more: that tells only a new connection.
    """

    def __init__(self, pool: ConnectionPool, deadline: float) -> None:
        self._pool, self._deadline = pool, deadline
        self._run = ""  # of the server that the line leads to
        self._elsewhere = asyncio.Event()
        self._seen: set[str] = set()  # epochs for which it was looked just now, and nothing else was there
        self._for: set[str] = set()  # epochs that the next is for
        self._at = -EVERY  # loop time of the last
        self._next: asyncio.Task[None] | None = None

    async def watch(self, run: str) -> None:
        """Wait for as long as the address leads to this server, as far as is seen. ConnectionError: it does not."""
        self._run = run
        self._elsewhere.clear()
        await self._elsewhere.wait()
        raise ConnectionError("another server is the primary now")

    async def look(self, epoch: str) -> None:
        """Look once, for all who ask meanwhile. ConnectionError: no server that keeps a log is seen from here."""
        loop = asyncio.get_running_loop()
        if epoch in self._seen and loop.time() < self._at + EVERY:
            return
        if self._next is None:
            self._next = loop.create_task(self._look(self._at + EVERY - loop.time()))
            self._next.add_done_callback(lambda done: done.cancelled() or done.exception())
        if len(self._for) < MOST:
            self._for.add(epoch)
        await asyncio.shield(self._next)

    async def _look(self, wait: float) -> None:
        try:
            await asyncio.sleep(max(0.0, wait))
            asked, self._for, self._seen = self._for, set(), set()
            self._at = asyncio.get_running_loop().time()
            if await self._server() != self._run:
                self._elsewhere.set()
            self._seen = asked
        finally:
            self._next = None

    async def _server(self) -> str:
        """The run of the server that the address leads to."""
        wire = Wire(self._pool, self._deadline)
        try:
            return (await wire.connect()).run
        except Unusable as fault:
            raise ConnectionError(str(fault)) from None
        finally:
            await wire.close()

    def end(self) -> None:
        """Nobody waits for it any more."""
        if self._next is not None:
            self._next.cancel()
