"""A cluster of programs on one log: each can be killed, stopped, frozen and started again, and tells what it did."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from bench.load.servers import free_port
from tests.browser.mother import Mother
from tests.stranger.http import DEADLINE, http

LOOK = 0.01  # s between two looks
SLEEPY = ("the log is not reached",)  # what a server may say whose Redis was struck


class Server:
    """One program. `told`: what its handlers did, in all its lives; `complaints`: what else it printed."""

    mother = Mother("tests.scale.server")

    def __init__(self, *flags: str) -> None:
        self.flags, self.port = flags, free_port()
        self.told: list[list[Any]] = []
        self.complaints: list[str] = []
        self._reading: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def runs(self) -> bool:
        return self._reading is not None and not self._reading.done()

    async def start(self) -> Self:
        """Start it, perhaps again, and wait until it serves."""
        await self.launch()
        await self.ready()
        return self

    async def launch(self) -> None:
        self.pid, heard = self.mother.bear(["--port", str(self.port), *self.flags])
        stream = asyncio.StreamReader(limit=1 << 20)
        reading = asyncio.StreamReaderProtocol(stream)
        self._pipe, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: reading, os.fdopen(heard, "rb"))
        self._reading = asyncio.create_task(self._read(stream))

    async def _read(self, stream: asyncio.StreamReader) -> None:
        """What it prints ends with it."""
        while line := (await stream.readline()).decode():
            if line.startswith("["):
                with contextlib.suppress(ValueError):  # it was killed as it said so
                    self.told.append(json.loads(line))
            elif not line.startswith(SLEEPY):
                self.complaints.append(line.rstrip())

    async def ready(self) -> None:
        async with asyncio.timeout(DEADLINE):
            while await self.status() != 200:
                assert self.runs, self.complaints
                await asyncio.sleep(LOOK)

    async def status(self, path: str = "/ready") -> int:
        """0: it does not answer."""
        try:
            return (await http(self.url, "GET", path, deadline=3)).status
        except (OSError, TimeoutError, IndexError):
            return 0

    async def control(self, *what: str) -> dict[str, Any]:
        """Tell it `close=NAME` and the like. Returns where it stands."""
        return dict((await http(self.url, "GET", "/control?" + "&".join(what))).accepted())

    def send(self, number: signal.Signals) -> None:
        if self.runs:  # else another program may have its number
            os.kill(self.pid, number)

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, and wait until it has."""
        self.send(how)
        if self._reading is not None:
            async with asyncio.timeout(DEADLINE):
                await self._reading
            self._pipe.close()

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def did(self, what: str) -> list[Any]:
        """Of all that it did of this kind, the first word."""
        return [said[1] for said in self.told if said[0] == what]


class Cluster:
    """Servers that share one log."""

    def __init__(self, log: str, *flags: str, servers: int = 2) -> None:
        self.servers = [Server("--log", log, *flags) for _ in range(servers)]

    def did(self, what: str) -> list[Any]:
        return [word for server in self.servers for word in server.did(what)]


@contextlib.asynccontextmanager
async def cluster(log: str, *flags: str, servers: int = 2) -> AsyncIterator[Cluster]:
    """Servers that run, and have ended afterwards. AssertionError: one of them complained."""
    made = Cluster(log, *flags, servers=servers)
    try:
        for server in made.servers:
            await server.launch()
        for server in made.servers:
            await server.ready()
        yield made
    finally:
        for server in made.servers:
            server.thaw()
            await server.end()
    complaints = [line for server in made.servers for line in server.complaints]
    assert not complaints, "\n".join(complaints)


async def until(true: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Wait until this is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(LOOK)
