"""The keeper writes snapshots and the log is trimmed; whoever comes then begins with one, and has the same state."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import AsyncExitStack

import pytest

from tests.log.histories import LIMITS, Chance, snapshot
from tests.log.processes import until
from tests.log.redis import Redis
from tests.log.replicas import Replica, births
from tests.state import state_of
from transport_fallback.log.streams.keeper import Keeper
from transport_fallback.log.streams.line import Broken
from transport_fallback.log.streams.newest import newest
from transport_fallback.log.streams.scripts import Keys, call
from transport_fallback.log.streams.wire import Answered, Unusable

pytestmark = pytest.mark.anyio

KEYS = Keys.of("lab")


async def first(redis: Redis) -> int:
    """The place of the first item that is in the log."""
    ((place, _item),) = await redis.ask("XRANGE", KEYS.log, "-", "+", "COUNT", 1)
    return int(place[2:])


async def places(redis: Redis) -> list[int]:
    """Those of which there are snapshots."""
    keys = await redis.ask("KEYS", "{lab}:snap:*")
    return sorted(int(key.rpartition(b":")[2]) for key in keys)


async def kept(redis: Redis, one: Replica, *, since: int = 0) -> int:
    """Wait until there is a snapshot of a later place. Returns which."""
    async with asyncio.timeout(10):
        while not (place := int(await redis.ask("HGET", KEYS.meta, "snap") or 0)) > since:
            await asyncio.sleep(0.01)
    return place


async def keeps_now(redis: Redis, one: Replica) -> int:
    """Have it write a snapshot. Returns the place."""
    await until(lambda: one.here.keeps and one.keeper is not None)
    since = int(await redis.ask("HGET", KEYS.meta, "snap") or 0)
    assert one.keeper is not None
    one.keeper._items = 1
    place = await kept(redis, one, since=since)
    one.keeper._items = 10_000
    return place


async def trimmed(redis: Redis, one: Replica) -> None:
    """Say so much that the log loses its beginning."""
    await until(lambda: one.here.keeps)
    since = 0
    for n in range(3):
        await one.say(*births(20 * n, 20))
        since = await kept(redis, one, since=since)
    assert await first(redis) > 1


async def same(*replicas: Replica) -> None:
    """Wait until all have read the same, and compare."""
    one, *others = replicas
    # To say that somebody is gone is an item, too, and may come at any time.
    await until(lambda: len({one.here.place for one in replicas}) == 1 and not any(one.hub.copying for one in replicas))
    for other in others:
        assert state_of(other.hub) == state_of(one.hub)
        assert snapshot(other.hub) == snapshot(one.hub)


async def test_whoever_comes_late_begins_with_the_snapshot_and_reads_what_follows(redis: Redis) -> None:
    async with Replica(redis.url) as one:
        await trimmed(redis, one)
        await one.say(*births(90, 3))
        async with Replica(redis.url) as other:
            await same(one, other)
            (place,) = other.loaded
            assert other.applied[0] == place + 1 and len(await places(redis)) == 2
            await other.say(*births(100, 5))
            await one.reaches(other)
            await same(one, other)


async def test_a_log_of_which_there_is_no_snapshot_is_read_from_its_first_item(redis: Redis) -> None:
    async with Replica(redis.url, items=10_000) as one:
        await one.say(*births(0, 20))
        async with Replica(redis.url) as other:
            await same(one, other)
            assert other.loaded == [] and other.applied[0] == 1


async def test_the_log_is_bounded_and_so_are_the_snapshots_whatever_is_said(redis: Redis) -> None:
    async with Replica(redis.url, items=20) as one:
        await until(lambda: one.here.keeps)
        for n in range(40):
            await one.say(*births(n, 2))
        last = one.here.place
        await until(lambda: one.keeper is not None and (one.keeper._last or 0) > last - 20)
        assert await redis.ask("XLEN", KEYS.log) < 200 and len(await places(redis)) == 2
        assert await redis.ask("KEYS", "{lab}:draft:*") == []


async def test_much_that_is_said_in_few_items_makes_a_snapshot_due(redis: Redis) -> None:
    async with Replica(redis.url, items=10_000) as one:
        await until(lambda: one.here.keeps and one.keeper is not None)
        assert one.keeper is not None
        one.keeper._size = 5000
        one.note("m", None, None, None, False, tail=b'"event":"e","data":"%b"' % (b"x" * 6000))
        await kept(redis, one)
        await until(lambda: one.here.bytes < 5000)


async def test_one_process_keeps_and_the_next_when_it_has_gone(redis: Redis) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(Replica(redis.url))
        await until(lambda: one.here.keeps)
        async with Replica(redis.url) as other:
            await one.say(*births(0, 20))
            place = await kept(redis, one)
            await one.__aexit__()
            await until(lambda: other.here.keeps)
            await other.say(*births(20, 20))
            assert await kept(redis, other, since=place) > place
            async with Replica(redis.url) as third:
                await third.reaches(other)
                await same(other, third)


async def test_a_keeper_that_ends_in_the_middle_leaves_a_draft_that_ends_by_itself_and_no_snapshot(
    redis: Redis,
) -> None:
    async with Replica(redis.url) as one, Replica(redis.url, items=10_000) as other:
        await until(lambda: one.here.keeps)
        await one.say(*births(0, 10))
        await other.reaches(one)
        wire, asked, held = one.keeper.wire, 0, asyncio.Event()  # type: ignore[union-attr]
        ask = wire.ask

        async def slowly(*command: object) -> object:
            nonlocal asked
            asked += 1
            if asked > 3:
                held.set()
                await asyncio.sleep(60)
            return await ask(*command)  # type: ignore[arg-type]

        wire.ask = slowly  # type: ignore[method-assign]
        one.note("m", None, None, None, False, tail=b'"event":"e"')
        await one.say(*births(10, 10))
        await held.wait()
        assert one.hub.copying is not None
        draft = f"{{lab}}:draft:{one.here.process}"
        assert 0 < await redis.ask("LLEN", draft) and await redis.ask("TTL", draft) > 0
        await one.__aexit__()
        assert one.hub.copying is None and await places(redis) == []
        assert await keeps_now(redis, other) > 0


async def test_who_is_the_keeper_no_more_gives_up_and_goes_on_as_one_of_the_others(redis: Redis) -> None:
    async with Replica(redis.url, items=10_000) as one, Replica(redis.url, items=10_000) as other:
        await until(lambda: one.here.keeps)
        await one.say(*births(0, 10))
        await redis.ask("HSET", KEYS.meta, "keeper", other.here.process)
        async with redis.wire() as wire:
            late = Keeper(wire, KEYS, one.here, one.make)
            assert not await late.keep()
        assert one.hub.copying is None and one.told == [] and await places(redis) == []
        await until(lambda: other.here.keeps and not one.here.keeps)
        assert await keeps_now(redis, other) > 0


@pytest.mark.redis(aof=True)
async def test_a_snapshot_of_an_epoch_before_is_one_of_this_log(redis: Redis) -> None:
    async with Replica(redis.url) as one:
        await trimmed(redis, one)
        epoch = one.here.epoch
        await redis.kill()
        await redis.start()
        await until(lambda: one.here.epoch != epoch)
        assert one.told == []
        async with Replica(redis.url) as other:
            await same(one, other)
            assert other.loaded
        await until(lambda: one.here.keeps)
        await one.say(*births(100, 40))
        assert await kept(redis, one, since=other.loaded[0]) > other.loaded[0]


@pytest.mark.redis(aof=True)
async def test_what_was_begun_before_a_restart_is_not_finished_after_it(redis: Redis) -> None:
    async with Replica(redis.url, items=10_000) as one:
        await until(lambda: one.here.keeps)
        await one.say(*births(0, 20))
        old = one.here.epoch, one.here.process
        async with redis.wire() as wire:
            await wire.ask(*call("draft", KEYS, *old, 0, "chunk"))
        await redis.kill()
        await redis.start()
        await until(lambda: one.here.epoch != old[0] and one.here.keeps and one.line is not None)
        async with redis.wire() as wire:
            with pytest.raises(Answered, match="EPOCH"):
                await wire.ask(*call("trim", KEYS, *old, 20, 1))
        assert await keeps_now(redis, one) > 0


async def test_after_flushall_nothing_of_the_old_log_is_begun_with(redis: Redis) -> None:
    async with Replica(redis.url) as one:
        await trimmed(redis, one)
        await redis.ask("FLUSHALL")
        await until(lambda: one.told == ["renamed", "emptied"] and one.line is not None and one.here.place > 0)
        await one.say(*births(200, 2))
        async with Replica(redis.url) as other:
            await same(one, other)
            assert other.loaded == [] and "client0" not in other.hub.members


# ---- a snapshot that is no good


async def damage(redis: Redis, place: int) -> None:
    await redis.ask("LSET", KEYS.snapshot(place), 1, "nothing of the kind")


async def test_where_the_newest_is_damaged_the_one_before_serves(redis: Redis) -> None:
    async with Replica(redis.url) as one:
        await trimmed(redis, one)
        before, last = await places(redis)
        await damage(redis, last)
        async with Replica(redis.url) as other:
            await same(one, other)
            assert other.loaded == [before]
        await redis.ask("DEL", KEYS.snapshot(last))
        async with Replica(redis.url) as other:
            await other.reaches(one)
            assert other.loaded == [before]


async def test_where_none_is_good_nobody_begins_in_the_middle_until_the_keeper_writes_one(redis: Redis) -> None:
    async with Replica(redis.url) as one:
        await trimmed(redis, one)
        for place in await places(redis):
            await damage(redis, place)
        with pytest.raises(ExceptionGroup) as raised:
            async with Replica(redis.url):
                pass
        assert raised.group_contains(Unusable, match="in the middle.*damaged")
        await one.say(*births(100, 20))
        await kept(redis, one, since=(await places(redis))[-1])
        async with Replica(redis.url) as other:
            await same(one, other)


async def test_a_snapshot_that_the_log_does_not_go_on_from_is_not_one_of_it(redis: Redis) -> None:
    async with Replica(redis.url) as one:
        await trimmed(redis, one)
        before, last = await places(redis)
        await redis.ask("XDEL", KEYS.log, f"0-{last}")
        async with redis.wire() as wire:
            found = await newest(wire, KEYS)
            assert found is not None and found.place == before
            await redis.ask("XTRIM", KEYS.log, "MAXLEN", 0)
            with pytest.raises(Unusable):
                await newest(wire, KEYS)


# ---- behind


async def test_a_process_that_is_behind_the_trimmed_log_begins_anew_with_a_snapshot(redis: Redis) -> None:
    async with Replica(redis.url) as one, Replica(redis.url) as other:
        await until(lambda: one.here.keeps)
        await one.say(*births(0, 2))
        await other.reaches(one)
        name = other.here.process
        other.reads.clear()
        await one.say(*births(50, 1))  # which it was asking for already
        await trimmed(redis, one)
        assert other.told == [] and other.here.place < await first(redis) - 1
        other.reads.set()
        await until(lambda: other.loaded)
        await other.reaches(one)
        await one.reaches(other)
        assert other.told == ["emptied"] and other.here.process != name
        await same(one, other)
        gone = [item for item in await heads(redis) if item[2] == "x"]
        assert [item[3] for item in gone] == [name]  # else nobody would answer what it had claimed
        await other.say(*births(70, 2))
        await one.reaches(other)
        await same(one, other)


@pytest.mark.logs_errors
async def test_an_item_that_is_missing_in_the_middle_is_no_trimming(redis: Redis) -> None:
    async with Replica(redis.url, items=10_000) as one, Replica(redis.url, items=10_000) as other:
        await one.say(*births(0, 2))
        await other.reaches(one)
        other.reads.clear()
        await one.say(*births(50, 1))
        await one.say(*births(51, 1))
        await redis.ask("XDEL", KEYS.log, f"0-{other.here.place + 1}")
        other.reads.set()
        async with asyncio.timeout(10):
            await asyncio.wait((other._task,))
        with pytest.raises(ExceptionGroup) as raised:
            other._task.result()
        assert raised.group_contains(Broken, match="not there any more")


# ---- all of it at once


@pytest.mark.redis(aof=True)
@pytest.mark.parametrize("seed", [1, 2])
async def test_whoever_comes_whenever_has_the_same_state(seed: int, redis: Redis) -> None:
    """Items of all kinds, by processes that come and end, while Redis is killed and snapshots are made all the time."""
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        there = [await stack.enter_async_context(Replica(redis.url, items=20, limits=LIMITS)) for _ in range(2)]
        began = 0
        for item in Chance(seed).items(900):
            chance.choice(there).note(item.kind, *item.fields, tail=item.tail)
            if chance.random() < 0.1:
                await asyncio.sleep(0.005)
            if chance.random() < 0.01:
                there.append(await stack.enter_async_context(Replica(redis.url, items=20, limits=LIMITS)))
                began += bool(there[-1].loaded)
            if chance.random() < 0.01 and len(there) > 2:
                await there.pop(chance.randrange(len(there))).__aexit__()
            if item.place % 400 == 300:
                await redis.kill()
                await redis.start()
        await until(lambda: all(one.line is not None and not len(one.pending) for one in there))
        there.append(await stack.enter_async_context(Replica(redis.url, items=20, limits=LIMITS)))
        await same(*there)
        assert began > 3 and all(one.told == [] for one in there)
        assert await first(redis) > 1 and len(await places(redis)) == 2


async def heads(redis: Redis) -> list[list[object]]:
    return [json.loads(item[3]) for _place, item in await redis.ask("XRANGE", KEYS.log, "-", "+")]
