"""A cluster: several servers on one log, and what spreads connections over them one after the other, nothing sticky.

A test speaks to it as to one server. That it may, the spreader lets no byte past before the first hub, in which the
test looks, and the server that is asked have applied the same; what comes early and late is tested elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tests.listening import listening
from transport_fallback.app import build
from transport_fallback.hub import Hub
from transport_fallback.lab.network.proxies import free
from transport_fallback.log.streams.joined import on_redis
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.run import running

SERVERS = 3
PATIENCE = 10.0  # s


@contextlib.contextmanager
def redis_for_all() -> Iterator[str]:
    """A Redis for many tests, each with a log of its own. Yields its URL."""
    program, port = shutil.which("redis-server"), free("127.0.0.1", 0)
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        said = (
            *("--port", str(port), "--bind", "127.0.0.1", "--dir", folder),
            *("--save", "", "--loglevel", "warning"),
        )
        redis = subprocess.Popen([program, *said], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + PATIENCE
            while not _listens(port):
                assert redis.poll() is None and time.monotonic() < until
                time.sleep(0.01)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            redis.kill()
            redis.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
        return True
    return False


@contextlib.asynccontextmanager
async def clustered(redis: str, limits: Limits, build_with: dict[str, Any]) -> AsyncIterator[tuple[str, list[Any]]]:
    """Servers whose handlers are the same. Yields the URL of all of them, and their applications."""
    log = on_redis(redis, name=secrets.token_hex(8))
    async with Spreader() as spreader, contextlib.AsyncExitStack() as stack:
        apps: list[Any] = []
        urls: list[str] = []
        for _ in range(SERVERS):
            hub = Hub(limits, log=log)
            if apps:
                hub.handlers = apps[0].state.hub.handlers
            # A chat room is built into the first: its handlers are those of all.
            apps.append(build(hub, **({**build_with, "chat": False} if apps else build_with)))
            urls.append(await stack.enter_async_context(running(apps[-1])))
        spreader.lead_to(urls, [app.state.hub for app in apps])
        yield spreader.url, apps


class Spreader:
    """Connections go to one server after the other."""

    def __init__(self) -> None:
        self._listening = contextlib.AsyncExitStack()

    def lead_to(self, urls: list[str], hubs: list[Hub]) -> None:
        ports = [int(url.rpartition(":")[2].rstrip("/")) for url in urls]
        self._turns, self._first = itertools.cycle(zip(ports, hubs, strict=True)), hubs[0]

    async def __aenter__(self) -> Spreader:
        self.url = await self._listening.enter_async_context(listening(self._take))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listening.aclose()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port, hub = next(self._turns)
        there, back = await asyncio.open_connection("127.0.0.1", port)
        up = asyncio.create_task(self._carry(reader, back, self._first, hub))
        down = asyncio.create_task(self._carry(there, writer, hub, self._first))
        try:
            await asyncio.wait((up, down))
        finally:
            for pump in (up, down):
                pump.cancel()
            for line in (writer, back):
                line.transport.abort()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, knows: Hub, learns: Hub) -> None:
        """Bytes, each when `learns` has applied what `knows` had when they came."""
        try:
            while data := await source.read(1 << 16):
                place = knows.place
                async with asyncio.timeout(PATIENCE):
                    while learns.place < place:
                        await asyncio.sleep(0.0005)
                to.write(data)
                await to.drain()
            if to.can_write_eof():
                to.write_eof()
        except (OSError, TimeoutError):
            to.transport.abort()
