"""A publisher: speaks a feed from the generator, to a server that has none of its own.

Each message is a POST, sent at its planned time whether or not the last one was answered: what the server cannot follow
waits on the line, and counts as late.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time

from bench.load.feeds import Feed
from bench.load.wire import Way
from transport_fallback.lab.feed import LEAD


class Publisher:
    """One connection, by which a feed is published."""

    def __init__(self, way: Way, path: str) -> None:
        self.way = way
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: {way.host}:{way.port}\r\nContent-Type: application/json\r\n".encode()
        )
        self._speaking: asyncio.Task[None] | None = None

    def feed(self, seed: int, dues: list[float], size: int) -> Feed:
        """Begin to speak: messages of `size` bytes of filling, at `dues` s from the beginning."""
        feed = Feed(secrets.token_hex(4), seed, time.time() + LEAD, dues)
        self._speaking = asyncio.get_running_loop().create_task(self._speak(feed, b"x" * size))
        return feed

    async def stop(self) -> None:
        """Say no more. OSError: the line was lost meanwhile."""
        if self._speaking is not None:
            self._speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._speaking

    async def _speak(self, feed: Feed, text: bytes) -> None:
        reader, writer = await asyncio.open_connection(self.way.host, self.way.port)
        heard = asyncio.get_running_loop().create_task(
            _forget(reader)
        )  # the answers: what is not read stops the server
        try:
            for n, due in enumerate(feed.dues):
                planned = feed.began + due
                if (early := planned - time.time()) > 0:
                    await asyncio.sleep(early)
                body = b'{"feed":"%b","n":%d,"at":%.3f,"text":"%b"}' % (feed.name.encode(), n, planned * 1000, text)
                writer.write(self.head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await heard
        finally:
            heard.cancel()
            writer.close()


async def _forget(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass
