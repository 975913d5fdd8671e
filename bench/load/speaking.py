"""Speaking: a run on a server that has no feed of its own, so that the generator publishes.

Each message is due at its planned time, and late counts from there: its way up is part of what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from typing import Any

from bench.experiments import Step
from bench.load.feeds import Feed
from bench.load.player import Player
from bench.peers import nchan
from transport_fallback.lab.feed import LEAD, Wish


class Speaking(Player):
    """Plays a run, and speaks in it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.saying: asyncio.Task[None] | None = None

    async def play(self) -> None:
        try:
            await super().play()
        finally:
            await self._hushed()

    async def _order(self, step: Step, number: int) -> list[Feed]:
        await self._hushed()
        return await super()._order(step, number)

    async def _begun(self, wish: Wish, room: int, seed: int, dues: list[float]) -> Feed:
        feed = Feed(secrets.token_hex(4), seed, time.time() + LEAD, dues)
        self.saying = self.loop.create_task(self._say(feed, wish.size))
        return feed

    async def _say(self, feed: Feed, size: int) -> None:
        """Publish all of it, each message when it is due, with `size` bytes of filling."""
        raise NotImplementedError

    async def _quiet(self, feeds: list[Feed]) -> None:
        await self._hushed()
        await super()._quiet([])

    async def _hushed(self) -> None:
        """Say no more. OSError: it could not be said."""
        if self.saying is not None:
            saying, self.saying = self.saying, None
            saying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await saying


class Published(Speaking):
    """On nchan: a POST for each message, whether or not the last one was answered. What the server cannot follow waits
    on the line."""

    async def _say(self, feed: Feed, size: int) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        answers = self.loop.create_task(forget(reader))  # which stop the server where nobody reads them
        head = f"POST {nchan.PUBLISH} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: application/json\r\n"
        name, text = feed.name.encode(), b"x" * size
        try:
            for n, due in enumerate(feed.dues):
                planned = feed.began + due
                if (early := planned - time.time()) > 0:
                    await asyncio.sleep(early)
                body = b'{"feed":"%b","n":%d,"at":%.3f,"text":"%b"}' % (name, n, planned * 1000, text)
                writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await answers
        finally:
            answers.cancel()
            writer.close()


async def forget(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass
