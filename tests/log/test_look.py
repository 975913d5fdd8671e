"""A look: a cursor of an epoch that nobody here knows makes a process see whether the log is on another server."""

from __future__ import annotations

import asyncio

import pytest

from tests.log.gate import Gate
from tests.log.processes import Processes
from tests.log.redis import Redis
from transport_fallback.protocol.errors import Refused

pytestmark = pytest.mark.anyio

WITHIN = 10.0  # s


async def test_whoever_looks_goes_where_the_log_is_now(redis: Redis) -> None:
    async with Redis() as other, Gate(redis.port) as gate, Processes(gate.url) as processes:
        one = await processes.start()
        await one.log.append("u", 1)
        epoch = one.log.epoch
        gate.to = other.port  # and no line is cut
        await one.log.look("unknown", WITHIN)
        assert one.log.epoch != epoch and one.told == ["renamed", "emptied"] and one.said() == []


async def test_whoever_cannot_see_it_says_so(redis: Redis) -> None:
    async with Gate(redis.port) as gate, Processes(gate.url) as processes:
        one = await processes.start()
        gate.to = 1
        with pytest.raises(Refused) as refused:
            await one.log.look("unknown", WITHIN)
        assert refused.value.code == "unready"
        assert await one.log.append("u", 1) == (1,)


async def test_many_who_look_are_one_connection_a_second(redis: Redis, processes: Processes) -> None:
    one = await processes.start()
    lines, made = one.log.lines, await connections(redis)
    await one.log.look("first", WITHIN)
    await asyncio.gather(*(one.log.look("first", WITHIN) for _ in range(50)))  # for it was looked just now
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(one.log.look(f"other {n}", WITHIN) for n in range(50)))
    assert 0.5 < asyncio.get_running_loop().time() - began < 5
    assert await connections(redis) - made == 3  # and that which asks
    assert one.log.lines == lines and one.told == []


async def connections(redis: Redis) -> int:
    """How many were ever made."""
    said = dict(line.split(":") for line in (await redis.ask("INFO", "stats")).decode().split() if ":" in line)
    return int(said["total_connections_received"])
