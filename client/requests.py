"""The requests of a client: where they go, as whom, and how long an answer may take."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from contextlib import AbstractAsyncContextManager
from typing import Any

from .http import Answer, Http
from .sid import Sid

POST_SECONDS = 30.0  # s after which nobody waits for a POST any more
BYE_SECONDS = 1.0  # s a closing client waits for its `bye` to arrive


class Requests:
    """Asks one server, in the name of one sid. `history`: the messages of the past a newcomer asks for."""

    def __init__(self, url: str, history: int) -> None:
        self.http = Http(url)
        self.sid = Sid()
        self._history = history
        self._count = itertools.count(1)

    def target(self, name: str, cursor: str | None, **params: Any) -> str:
        """The path and query that ask on from a cursor; `t` is against caches."""
        history = self._history if cursor is None and self._history else None
        return self.http.target(name, {"cursor": cursor, "history": history, **params, "t": next(self._count)})

    def reading(self, name: str, cursor: str | None, **params: Any) -> AbstractAsyncContextManager[Answer]:
        """Ask on from a cursor, and read the answer inside."""
        return self.http.asking("GET", self.target(name, cursor, **params), self.sid.bearer, b"")

    async def post(self, body: bytes) -> tuple[Answer, bytes]:
        """Send an upload."""
        headers = {**self.sid.bearer, "Content-Type": "application/json"}
        async with asyncio.timeout(POST_SECONDS):
            return await self.http.ask("POST", self.http.target("emit", {}), headers, body)

    async def hello(self) -> tuple[Answer, bytes]:
        target = self.http.target("hello", {"t": next(self._count)})
        return await self.http.ask("GET", target, self.sid.bearer)

    async def bye(self, sid: Sid, body: bytes = b"") -> None:
        """Tell the server that this sid leaves, and what it still has to say. Where that fails, the grace ends it."""
        with contextlib.suppress(OSError, EOFError, ValueError):
            async with asyncio.timeout(BYE_SECONDS):
                await self.http.ask("POST", self.http.target("bye", {}), sid.bearer, body)
