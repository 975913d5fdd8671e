"""Epochs are names: a server's clock that jumps, and servers of different epochs behind one address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.listening import listening
from tests.serving import GENEROUS, eventually
from tests.stranger.http import DEADLINE
from transport_fallback.app import build
from transport_fallback.client.ladder import RUNGS
from transport_fallback.client.socket import io
from transport_fallback.hub import Hub
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.run import running

pytestmark = pytest.mark.anyio
QUICK: dict[str, Any] = {"every": 0.05, "heartbeat": 1.0, "hold": 2.0, "chance": lambda: 0.1}
DAY = 86_400.0


@asynccontextmanager
async def a_life(port: int = 0, ahead: float = 0.0) -> AsyncIterator[tuple[str, Hub]]:
    """A server whose clock is so many s ahead. It stops without waiting for anybody."""
    limits = Limits(**GENEROUS, drain_seconds=0.1)
    hub = Hub(limits, clock=lambda: time.time() + ahead)

    @hub.on("c2s")
    async def speak(client: Any, message: Any) -> Any:
        await hub.emit("s2c", message)
        return {"taken": message}

    async with running(build(hub, limits=limits, chat=False), port=port) as url:
        yield url, hub


@pytest.mark.parametrize("jump", [-DAY, DAY])
@pytest.mark.parametrize("use", [*RUNGS, "auto"])
async def test_a_server_whose_clock_was_set_is_read_on_from_its_start(use: str, jump: float) -> None:
    """A clock that was put right, a board without a battery, a snapshot: born earlier or later, it is another life."""
    got, lost = list[Any](), list[Any]()
    async with a_life(ahead=DAY) as (url, _hub):
        socket = io(url, use=use, **QUICK).connect()
        socket.on("s2c", got.append)
        socket.on("gap", lost.append)
        await socket.ready()
        assert await socket.emit("c2s", "before") == {"taken": "before"}
    async with a_life(int(url.rsplit(":", 1)[1]), ahead=DAY + jump) as (_, hub):
        await hub.emit("s2c", "between")
        await eventually(lambda: "between" in got)
        assert await asyncio.wait_for(socket.emit("c2s", "after"), DEADLINE) == {"taken": "after"}
        assert got == ["before", "between", "after"] and [gap["reason"] for gap in lost] == ["epoch"]
        await socket.close()


class Turn:
    """One address in front of several servers: each line goes to the next, and ends when what came down has ended."""

    def __init__(self, *ports: int) -> None:
        self.ports = ports
        self.lines = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = self.ports[self.lines % len(self.ports)]
        self.lines += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        up = asyncio.create_task(self._carry(reader, far_writer))
        down = asyncio.create_task(self._carry(far_reader, writer, pause=0.03))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in (up, down):
                way.cancel()
            for line in (writer, far_writer):
                line.transport.abort()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, pause: float | None = None
    ) -> None:
        part = await source.read(65536)
        while part:
            sink.write(part)
            await sink.drain()
            try:
                part = await asyncio.wait_for(source.read(65536), pause)
            except TimeoutError:
                return


@pytest.mark.parametrize("use", [*RUNGS, "auto"])
async def test_servers_of_two_epochs_behind_one_address_hand_on_nothing_twice_and_make_nobody_spin(use: str) -> None:
    got = list[Any]()
    async with a_life() as (one, first), a_life(ahead=-DAY) as (two, second):
        turn = Turn(*(int(url.rsplit(":", 1)[1]) for url in (one, two)))
        async with listening(turn.serve) as url:
            socket = io(url, use=use, **QUICK).connect()
            socket.on("s2c", got.append)
            await socket.ready()
            for number in range(5):
                await first.emit("s2c", f"first {number}")
                await second.emit("s2c", f"second {number}")
            lines = turn.lines
            await asyncio.sleep(2)  # to see how often it knocks
            lines = turn.lines - lines
            await socket.close()
    assert len(got) == len(set(got))
    for name in ("first", "second"):
        said = [text for text in got if text.startswith(name)]
        assert said == sorted(said)
    assert lines <= 30 + (2 / QUICK["every"] if use == "poll" else 0), socket.decisions[-10:]
