"""A poller on ticks of its own: what ends its line moves none of them, and none is asked twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bench.experiments.e8 import runs
from bench.load.clients import Poll
from bench.load.crew import Crew
from bench.load.servers import free_port
from bench.load.wire import Ear, Way

pytestmark = pytest.mark.anyio
EVERY = 0.2  # s


async def test_a_poller_keeps_its_phase_while_its_server_is_away() -> None:
    port, said = free_port(), asyncio.Event()

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.37 * EVERY)
        writer.close()
        said.set()

    server = await asyncio.start_server(hang_up, "127.0.0.1", port)
    client = Poll(Way("127.0.0.1", port, "", every=EVERY, mode="rate"), Ear())
    client.return_after = client.until_its_tick
    try:
        await client.connect()
        await said.wait()
        server.close()  # and whoever knocks now is refused
        await asyncio.sleep(5.5 * EVERY)
    finally:
        client.close()
    ticks = [(at - client.attempts[0]) / EVERY for at in client.attempts]
    assert [round(tick) for tick in ticks] == list(range(len(ticks))) and len(ticks) >= 4
    assert all(abs(tick - round(tick)) < 0.25 for tick in ticks), ticks


async def test_the_herd_of_e8_that_keeps_its_ticks_is_made_of_such_pollers() -> None:
    (run,) = [run for run in runs(quick=False) if run.groups[0].retry == "phase"]
    crew = Crew(replace(run.groups[0], clients=2), run, "127.0.0.1", free_port(), "", {})
    crew.keep_coming()
    for client in crew.clients:
        assert isinstance(client, Poll) and client.return_after == client.until_its_tick
    crew.close()
