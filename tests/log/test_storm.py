"""A storm: lines cut, answers eaten, Redis paused and killed, while three processes append. The log stays one."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from tests.log.gate import Gate
from tests.log.processes import Process, Processes, until
from tests.log.redis import Redis
from transport_fallback.protocol.errors import Refused

pytestmark = pytest.mark.anyio

SECONDS = 3.0
EACH = 10  # who append at each process, one item after the other


async def appends(process: Process, numbers: itertools.count[int], acked: list[int], until_: float) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < until_:
        n = next(numbers)
        try:
            assert await process.log.append("m", n) == (n,)
        except Refused:
            await asyncio.sleep(0.01)
        else:
            acked.append(n)
        await asyncio.sleep(0.002)


async def strikes(redis: Redis, gates: list[Gate], chance: random.Random, until_: float) -> Counter[str]:
    struck: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    while loop.time() < until_:
        await asyncio.sleep(chance.uniform(0.05, 0.2))
        what = chance.choice(["cut", "cut", "eat", "eat", "eat", "pause", "kill"])
        struck[what] += 1
        gate = chance.choice(gates)
        if what == "cut":
            gate.cut()
        elif what == "eat":
            gate.eats = True
        elif what == "pause":
            redis.pause()
            await asyncio.sleep(0.2)
            redis.resume()
        else:
            await redis.kill()
            await redis.start()
    return struck


@pytest.mark.redis(aof=True)
@pytest.mark.parametrize("seed", [1, 2])
async def test_in_a_storm_nothing_is_lost_or_said_twice(seed: int, redis: Redis) -> None:
    chance, numbers, acked = random.Random(seed), itertools.count(), list[int]()
    async with AsyncExitStack() as stack:
        gates = [await stack.enter_async_context(Gate(redis.port)) for _ in range(3)]
        processes = await stack.enter_async_context(Processes(redis.url))
        three = [await processes.start(gate.url, lease=5.0) for gate in gates]
        end = asyncio.get_running_loop().time() + SECONDS
        storm = asyncio.create_task(strikes(redis, gates, chance, end))
        await asyncio.gather(*(appends(one, numbers, acked, end) for one in three for _ in range(EACH)))
        struck = await storm
        await until(lambda: all(one.log.ready for one in three))
        for one in three:
            await one.log.tip()
        said = three[0].said("m")
        assert all(one.seen == three[0].seen and one.told == [] for one in three)
        assert [item[0] for item in three[0].seen] == list(range(1, len(three[0].seen) + 1))
        assert not [n for n, times in Counter(said).items() if times > 1]
        assert set(acked) <= set(said)  # Redis wrote each to the disk before it answered
        assert 1 < len(three[0].said("e")) <= 1 + struck["kill"] and len(acked) > 100
