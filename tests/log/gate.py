"""A gate before Redis: a line of TCP that can be led elsewhere, or lose an answer."""

from __future__ import annotations

import asyncio
import contextlib

from transport_fallback.log.streams.scripts import sha


class Gate:
    """`async with Gate(port) as url`: it leads to this port, until it is led to another."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.eaten = 0
        self.eats = False  # the next answer to an append, and the connection with it
        self._lines: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Gate:
        self._server = await asyncio.start_server(self._line, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    def cut(self) -> None:
        """End all lines that there are."""
        for writer in self._lines:
            writer.close()

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = asyncio.current_task()
        assert own is not None
        self._tasks.add(own)
        both = {writer}
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.to)
            both.add(forth)
            self._lines |= both
            asked = asyncio.Event()
            await asyncio.gather(self._ask(reader, forth, asked), self._answer(back, writer, asked))
        except (OSError, asyncio.CancelledError):  # nobody is there; or it ends, and asyncio reports who is cancelled
            pass
        finally:
            for one in both:
                one.close()
            self._lines -= both
            self._tasks.discard(own)

    async def _ask(self, reader: asyncio.StreamReader, forth: asyncio.StreamWriter, asked: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                if self.eats and sha("append").encode() in data:
                    asked.set()
                forth.write(data)
                await forth.drain()
        forth.close()

    async def _answer(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await back.read(1 << 16):
                if self.eats and asked.is_set():
                    self.eats, self.eaten = False, self.eaten + 1
                    break
                writer.write(data)
                await writer.drain()
        writer.close()
