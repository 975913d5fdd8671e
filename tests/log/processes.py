"""Processes of one log, here in one program: each applies what it reads, and remembers what it was told besides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.stranger.http import DEADLINE
from transport_fallback.log.streams.streams import Streams

LEASE = 1.0  # s
LONG = 30.0  # s: whoever waits for a process then waits for what will not come, and is told


class Process:
    """One of them. Its state is the list of the items that it has applied; applying one makes its fields of it."""

    def __init__(self, url: str, *, lease: float = LEASE, **more: Any) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self.told: list[str] = []
        self.last: list[tuple[Any, ...]] = []  # what it had applied when it was told to forget it
        self.fails_at = ""  # the kind of an item that it cannot apply
        self.log = Streams(
            url,
            self.apply,
            lease=lease,
            on_renamed=lambda: self.told.append("renamed"),
            on_emptied=self.emptied,
            on_failed=lambda: self.told.append("failed"),
            **more,
        )

    def apply(self, *item: Any) -> Any:
        if item[2] == self.fails_at:
            raise ValueError("nobody knows this kind")
        self.seen.append(item)
        return item[3]

    def emptied(self) -> None:
        self.told.append("emptied")
        self.last, self.seen = self.seen, []

    def said(self, kind: str = "u") -> list[Any]:
        """The first fields of the items of this kind, in the order they were applied."""
        return [fields[0] for _place, _by, one, fields, _tail, _at in self.seen if one == kind]

    def began(self, *ns: int) -> list[asyncio.Task[Any]]:
        """Append these, one after the other, and wait for none."""
        return [asyncio.create_task(self.log.append("u", n)) for n in ns]


class Processes:
    """Those of one test; they end with it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._all: list[Process] = []

    async def __aenter__(self) -> Processes:
        self._watch = asyncio.create_task(self._end(LONG))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watch.cancel()
        await self._end()

    async def _end(self, after: float = 0.0) -> None:
        await asyncio.sleep(after)
        for process in self._all:
            await process.log.close()

    async def start(self, url: str = "", **more: Any) -> Process:
        process = Process(url or self.url, **more)
        self._all.append(process)
        await process.log.open()
        return process


async def until(true: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Wait until this is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)
