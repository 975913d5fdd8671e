"""Heartbeats come on time, whoever else comes and whatever others are told meanwhile.

Many readers may share what they are given; when each was last told is its own. The clock here is the newcomers: one
comes each quarter of a heartbeat, and a busy machine delays them like the heartbeats.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.serving import Lab
from tests.stranger.readers import Reader, Sse, Ws
from transport_fallback.hub import Hub
from transport_fallback.log.batch import Cursor

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_WAYS = True  # see conftest.py

MOST = 12  # others come in three heartbeats
SHORT = 0.2  # s: a heartbeat where the hub itself is asked; over the wire the least is 1

Others = Callable[[int], Awaitable[Any]]


async def beats_while(next_batch: Callable[[], Awaitable[Any]], others: Others, heartbeat: float) -> None:
    """Two batches come, of which each says nothing, before so many others have done what they do."""

    async def two() -> list[Any]:
        return [await next_batch() for _ in range(2)]

    beating = asyncio.create_task(two())
    try:
        for n in range(MOST):
            await asyncio.sleep(heartbeat / 4)
            if beating.done():
                break
            await others(n)
        assert beating.done(), f"no two heartbeats while {MOST} others came, one each {heartbeat / 4} s"
        assert not any(batch.messages for batch in await beating)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def strangers_come(lab: Lab, silent: Reader) -> Others:
    return lambda _n: lab.join(type(silent), heartbeat=1)


async def nobodies_come(lab: Lab, silent: Reader) -> Others:
    """Nobody is born by them: they read from the very place of who is silent, and are given the very same."""

    async def comes(_n: int) -> None:
        reader = lab.track(type(silent)(lab.url, None, heartbeat=1))
        await (await reader.open(silent.cursor)).next()

    return comes


async def others_are_told(lab: Lab, silent: Reader) -> Others:
    """Privately, in a room, and all but the silent one: everybody's place in the log moves on."""
    other = lab.client(str((await lab.join(type(silent), heartbeat=1)).sid))
    await other.join("red")
    itself = lab.client(str(silent.sid))
    ways = [other, lab.hub.to("red"), itself.broadcast]
    return lambda n: ways[n % 3].emit("said")


@pytest.mark.parametrize("transport", [Sse, Ws], ids=lambda transport: transport.name)
@pytest.mark.parametrize("others", [strangers_come, nobodies_come, others_are_told], ids=lambda others: others.__name__)
async def test_heartbeats_come_on_time_on_a_line(lab: Lab, transport: type[Reader], others: Any) -> None:
    silent = await lab.join(transport, heartbeat=1)
    await beats_while(lambda: silent.next(10), await others(lab, silent), 1)


@contextlib.asynccontextmanager
async def following(hub: Hub, client: str) -> AsyncIterator[Any]:
    """Batches, after the first."""
    async with contextlib.aclosing(hub.follow(hub.members[client], Cursor(hub.epoch, hub.end), SHORT)) as batches:
        await anext(batches)
        yield batches


@pytest.mark.parametrize("moving", [False, True], ids=["others come", "and are told something"])
async def test_heartbeats_come_on_time_from_the_hub(moving: bool) -> None:
    hub = Hub()
    await hub.bear("ann")
    await hub.bear("bob")
    async with contextlib.AsyncExitStack() as stack:
        silent = await stack.enter_async_context(following(hub, "ann"))

        async def comes(_n: int) -> None:
            await stack.enter_async_context(following(hub, "bob"))
            if moving:
                await hub.members["bob"].emit("said")

        await beats_while(lambda: anext(silent), comes, SHORT)
