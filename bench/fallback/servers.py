"""The servers of the fallback table, each a process of its own, and the feed that speaks straight to ours."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bench.fallback.peers import Peer
from bench.fallback.rows import SPACING
from bench.load.servers import free_port
from transport_fallback.client.socket import Socket, io

ROOT = Path(__file__).resolve().parents[2]
STARTING = 15.0  # s, on a busy machine


@contextlib.asynccontextmanager
async def started(command: list[str], output: int = subprocess.PIPE) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server as a process of its own, which Ctrl-C does not reach, ended with the block."""
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=output, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class Feed:
    """Speaks on a plan, and listens to itself with no network between."""

    def __init__(self, speaker: Socket) -> None:
        self.speaker = speaker
        self.heard: list[float] = []
        speaker.on("s2c", self._hear)

    def _hear(self, data: Any) -> None:
        if "n" in data:
            self.heard.append(time.monotonic())

    async def speak(self) -> None:
        began, n = time.monotonic(), 0
        while True:
            planned = began + n * SPACING / 1000
            await asyncio.sleep(max(0.0, planned - time.monotonic()))
            self.speaker.emit("c2s", {"n": n, "planned": planned})
            n += 1

    def hitch(self, began: float, ended: float) -> float:
        """ms that the feed was late at most, whatever the reason."""
        times = [at for at in self.heard if began <= at <= ended]
        return max(((b - a) * 1000 - SPACING for a, b in zip(times, times[1:], strict=False)), default=0.0)


@contextlib.asynccontextmanager
async def our_server() -> AsyncIterator[tuple[str, Feed]]:
    """The program as a person starts it, and somebody who speaks straight to it."""
    many = ["--emit-rate", "1000", "--emit-burst", "1000", "--sid-rate", "1000", "--sid-burst", "1000"]
    async with started([sys.executable, "app.py", "--port", "0", *many]) as process:
        assert process.stdout
        found = re.search(rb"http://\S+:\d+", await process.stdout.readline())
        assert found, "the program did not print its address"
        url = found[0].decode()
        async with io(url, use="ws") as speaker:
            await speaker.ready()
            feed = Feed(speaker)
            speaking = asyncio.create_task(feed.speak())
            try:
                yield url, feed
            finally:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)


@contextlib.asynccontextmanager
async def peer_server(peer: Peer, tuned: bool) -> AsyncIterator[tuple[str, None]]:
    """The other library's server, whose feed is its own. OSError, CalledProcessError: it could not be had."""
    await asyncio.to_thread(peer.install)
    port = free_port()
    async with started(peer.server_command(port, tuned), subprocess.DEVNULL) as process:
        async with asyncio.timeout(STARTING):
            while True:
                if process.returncode is not None:
                    raise OSError(f"the server ended with {process.returncode}")
                with contextlib.suppress(OSError):
                    (await asyncio.open_connection("127.0.0.1", port))[1].close()
                    break
                await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}", None
