"""A real Redis of one's own: started on a free port, paused, killed, and started again with what it kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bench.load.servers import free_port
from tests.stranger.http import DEADLINE
from transport_fallback.log.streams.scripts import Word
from transport_fallback.log.streams.wire import Wire, pool


class Redis:
    """`async with Redis() as redis`: nobody else has it. `aof`: each command is on the disk before it is answered."""

    def __init__(self, *settings: str, aof: bool = False) -> None:
        self.settings = [*settings, *(["--appendonly", "yes", "--appendfsync", "always"] if aof else [])]
        self.port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Redis:
        self._folder = tempfile.TemporaryDirectory(prefix="redis-")
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Start it, perhaps again, and wait until it answers."""
        program = shutil.which(os.environ.get("LAB_REDIS", "redis-server"))
        assert program is not None
        self._process = await asyncio.create_subprocess_exec(
            program,
            *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._folder.name),
            *("--save", "", "--loglevel", "warning", "--repl-diskless-sync-delay", "0", *self.settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(DEADLINE):
            while not await self.answers():
                assert self._process.returncode is None
                await asyncio.sleep(0.01)

    async def answers(self) -> bool:
        with contextlib.suppress(ConnectionError):
            await self.ask("PING")
            return True
        return False

    async def kill(self) -> None:
        """End it, and no other program, without giving it time to do anything."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def forget(self) -> None:
        """Throw away what it kept, while it does not run."""
        for kept in Path(self._folder.name).iterdir():
            shutil.rmtree(kept) if kept.is_dir() else kept.unlink()

    def pause(self) -> None:
        """It holds its connections, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    @contextlib.asynccontextmanager
    async def wire(self) -> AsyncIterator[Wire]:
        """A connection to it, with all scripts loaded."""
        wire = Wire(pool(self.url, DEADLINE), DEADLINE)
        try:
            await wire.connect()
            await wire.load("adopt", "append", "beat", "leave", "draft", "trim")
            yield wire
        finally:
            await wire.close()

    async def ask(self, *command: Word) -> Any:
        """One command, on a connection of its own."""
        async with self.wire() as wire:
            return await wire.ask(*command)


async def ask_replica(redis: Redis, *command: Any) -> None:
    """A command for a server that may be no primary: `Redis.ask` would be told that it is none."""
    program = await asyncio.create_subprocess_exec(
        "redis-cli", "-p", str(redis.port), *map(str, command), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await program.communicate()
    assert said.strip() == b"OK", said


async def replicated(redis: Redis, place: int) -> None:
    """Wait until it has this place as its last."""
    async with asyncio.timeout(10):
        while True:
            program = await asyncio.create_subprocess_exec(
                "redis-cli", "-p", str(redis.port), "XREVRANGE", "{lab}:log", "+", "-", "COUNT", "1",
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            said, _ = await program.communicate()
            if said.split()[:1] == [b"0-%d" % place]:
                return
            await asyncio.sleep(0.05)
