"""Clients, each a process of its own: started and warmed up, told to go, and listened to.

A client makes one connection to the server with nothing between, so that its code is loaded and compiled, and ends it.
It says `ready`; a line with a URL tells it to go there. What it tells are lines of JSON, [s, what, value]: a number it
`heard`, the `transport` in use, a `decision`; s are those of time.monotonic() on this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator

from bench.fallback.rows import Told
from bench.fallback.servers import ROOT

STARTING = 30.0  # s to be ready in, on a busy machine


class Client:
    """A process that is ready."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.listening: asyncio.Task[None] | None = None

    def go(self, url: str) -> Told:
        """Let it begin, now: from here its times count."""
        told = Told(time.monotonic())
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{url}\n".encode())
        self.listening = asyncio.create_task(listen(self.process.stdout, told))
        return told

    def living(self) -> None:
        """OSError: it ended by itself, and what it told is no figure."""
        if self.listening and self.listening.done():
            raise OSError("the client ended by itself")


@contextlib.asynccontextmanager
async def warm(command: list[str]) -> AsyncIterator[Client]:
    """A client that is ready, ended with the block. OSError, TimeoutError: it did not become ready."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    client = Client(process)
    assert process.stdout
    try:
        async with asyncio.timeout(STARTING):
            line = await process.stdout.readline()
        if not line or json.loads(line)[1] != "ready":
            raise OSError("the client did not start")
        yield client
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if client.listening:
            await client.listening


async def listen(lines: asyncio.StreamReader, told: Told) -> None:
    async for line in lines:
        if not line.endswith(b"\n"):
            return  # it was ended in the middle of a word
        at, what, value = json.loads(line)
        if what == "heard":
            told.heard.append((at, value))
        elif what == "transport":
            told.uses(value, at)
        else:
            told.decisions.append(f"{at - told.began:.3f} {value}")
