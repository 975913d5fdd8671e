"""A network between a client and the server, which cuts answers, loses, repeats and delays them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self
from urllib.parse import urlsplit

from tests.listening import listening


class Proxy:
    """A network between a client and the server: it cuts answers in their middle, loses, repeats and delays them.

    Every byte that went down is kept in `down`, so that a test can search what a client was really given.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.url = ""
        self.down = bytearray()
        self.cut_after: int | None = None  # bytes: the answer that crosses this is cut there
        self.lose = False  # the next answer never arrives, though the server did the work
        self.repeat = False  # answers come twice
        self.delay = 0.0  # s before each part of an answer
        self.cuts = self.lost = self.repeats = 0
        self._answers: dict[str, bytes] = {}  # path → the last answer given to a poll
        self._writers: set[asyncio.StreamWriter] = set()
        self._listening = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.url = await self._listening.enter_async_context(listening(self._serve))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listening.aclose()

    def abort(self) -> None:
        """Reset every line that is open."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        url = urlsplit(self.base)
        far_reader, far_writer = await asyncio.open_connection(url.hostname, url.port)
        self._writers |= {writer, far_writer}
        asked: list[str] = [""]
        up = asyncio.create_task(self._up(reader, writer, far_writer, asked))
        down = asyncio.create_task(self._down(far_reader, writer, asked))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in (up, down):
                pump.cancel()
            for line in (writer, far_writer):
                line.transport.abort()
                self._writers.discard(line)
            await asyncio.gather(up, down, return_exceptions=True)

    async def _up(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far: asyncio.StreamWriter, asked: list[str]
    ) -> None:
        while part := await reader.read(65536):
            if part.startswith((b"GET ", b"POST ", b"HEAD ")):
                asked[0] = part.split(b" ", 2)[1].split(b"?")[0].decode()
            answer = self._answers.get(asked[0])
            if self.repeat and answer and part.startswith(b"GET "):
                self.repeats += 1
                self.repeat = False
                self.down += answer
                writer.write(answer)
            else:
                far.write(part)

    async def _down(self, far: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[str]) -> None:
        while part := await far.read(65536):
            if self.delay:
                await asyncio.sleep(self.delay)
            if self.lose:
                self.lose = False
                self.lost += 1
                return
            if self.cut_after is not None and self.cut_after < len(part):
                self.cuts += 1
                part, self.cut_after = part[: self.cut_after], None
                self.down += part
                writer.write(part)
                await writer.drain()
                return await self._linger(writer)
            if self.cut_after is not None:
                self.cut_after -= len(part)
            self._keep(asked[0], part)
            if self.repeat and asked[0] in ("/sse", "/ws") and not part.startswith(b"HTTP/"):
                self.repeats += 1
                part += part
            self.down += part
            writer.write(part)
            await writer.drain()
        writer.write_eof()

    def _keep(self, path: str, part: bytes) -> None:
        """Remember the last answer to each kind of poll."""
        if path in ("/poll", "/longpoll"):
            self._answers[path] = part if part.startswith(b"HTTP/") else self._answers.get(path, b"") + part

    async def _linger(self, writer: asyncio.StreamWriter) -> None:
        # What was written must arrive before the line goes, else nothing was cut in its middle.
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
