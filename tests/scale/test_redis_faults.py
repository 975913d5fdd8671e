"""What becomes of clients when Redis is slow, away, full, or another: each row of the table, by doing it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.log.gate import Gate
from tests.log.redis import Redis, ask_replica, replicated
from tests.scale.cluster import Cluster, Server, cluster, until
from tests.scale.listener import Listener, Voice, living
from tests.stranger.http import Refused, epoch_of, http, new_sid, seq_of, target
from tests.stranger.readers import TRANSPORTS, LongPoll, Ws

pytestmark = pytest.mark.anyio

SHORT, LONG = "2.5", "60"  # s of patience
LEASE = ("--lease", "6")  # nobody dies here, however busy the machine is


async def refused(asked: Any) -> tuple[int | None, Any, Any]:
    with pytest.raises(Refused) as refused:
        await asked
    return refused.value.status, refused.value.code, refused.value.retry


async def unready(server: Server) -> None:
    async with asyncio.timeout(10):
        while await server.status() != 503:
            await asyncio.sleep(0.05)


async def steady(two: Cluster, *listeners: Listener) -> None:
    """Nobody has come or gone on the way, and the processes are who they were."""
    known = {one.id for one in listeners}
    assert sorted(one for one in two.did("connect") if one in known) == sorted(known)
    assert not known & set(two.did("disconnect"))


async def test_while_redis_is_away_for_a_while_who_is_known_reads_and_nothing_lands_twice(redis: Redis) -> None:
    async with cluster(redis.url, *LEASE, "--patience", LONG) as two:
        a, b = two.servers
        voice, readers, line = Voice(), [Listener(each, a.url) for each in TRANSPORTS], Ws(b.url, new_sid())
        async with living(*readers):
            await (await line.open()).next()
            names = [(await one.control("close=second"))["process"] for one in two.servers]
            waiting = asyncio.create_task(voice.say(a.url, "x", "steps"))
            await until(lambda: all(one.heard == ["x"] for one in readers))
            redis.pause()
            try:
                await a.control("open=second")  # its second step waits for the log
                speaking = Voice()
                assert await refused(speaking.say(b.url, "late")) == (503, "unready", 1)
                await unready(b)
                await line.write({"emits": [{"n": 1, "event": "say", "data": "by ws"}]})
                assert (await line.errors.get())["code"] == "unready"
                assert await line.ping("still there") == "still there"
                born = await http(b.url, "GET", target("poll", sid=new_sid()))
                assert (born.status, born.error["code"], born.error["retry"]) == (503, "unready", 1)
                counts = [len(one.given) for one in readers]
                await until(lambda: all(len(one.given) > n for one, n in zip(readers, counts, strict=True)))
            finally:
                redis.resume()
            assert (await waiting)["data"] == "x"
            await a.ready()
            await b.ready()
            assert (await speaking.again(b.url, 1))["data"] in ("late", None)
            await line.write({"emits": [{"n": 1, "event": "say", "data": "by ws"}]})
            assert (await line.acks.get())["data"] == "by ws"
            await voice.insist(b.url, "end")
            await until(lambda: all(one.heard[-1] == "end" for one in readers))
            assert names == [(await one.control())["process"] for one in two.servers]
            await line.close()
        heard = readers[0].heard
        assert heard[0] == "x" and heard.count("x") == 2 and heard.count("by ws") == 1
        assert all(one.heard == heard and not one.gaps and not one.ends for one in readers)
        assert len(two.did("say")) == 3 and two.did("second") == ["x"]
        await steady(two, *readers)


async def test_while_redis_is_away_for_long_nobody_waits_at_a_dead_end(redis: Redis) -> None:
    async with cluster(redis.url, *LEASE, "--patience", SHORT) as two:
        a, b = two.servers
        voice, readers = Voice(), [Listener(each, a.url) for each in TRANSPORTS]
        async with living(*readers):
            held = LongPoll(a.url, readers[0].sid, hold=30)
            await held.open(readers[0].cursor)
            await voice.insist(b.url, 0)
            await held.next()
            waiting = asyncio.create_task(held.next())
            await until(lambda: all(one.heard == [0] for one in readers))
            redis.pause()
            try:
                assert await refused(waiting) == (503, "unready", 1)
                await until(lambda: all(one.ends for one in readers))
                assert await b.status() == 503
                assert (await refused(voice.say(b.url, 1)))[1] == "unready"
            finally:
                redis.resume()
            await a.ready()
            await b.ready()
            await voice.again(b.url, 2)
            await voice.insist(b.url, "end")
            await until(lambda: all(one.heard[-1] == "end" for one in readers))
            await held.close()
        ends = {one.transport: [getattr(end, "code", end) for end in one.ends] for one in readers}
        assert ends["ws"][0] == 1012 and set(ends["ws"][1:]) <= {"unready"}
        assert ends["poll"] and set(ends["poll"]) == set(ends["longpoll"]) == {"unready"}
        assert all(one.heard == readers[0].heard and not one.gaps for one in readers)


@pytest.mark.redis(aof=True)
async def test_redis_started_again_with_its_data_is_told_once_and_repeats_nothing(redis: Redis) -> None:
    async with cluster(redis.url, *LEASE) as two:
        a, b = two.servers
        voice, readers = Voice(), [Listener(each, a.url) for each in TRANSPORTS]
        async with living(*readers):
            for n in range(5):
                await voice.insist(b.url, n)
            await until(lambda: all(one.heard == [0, 1, 2, 3, 4] for one in readers))
            await a.control("close=second")
            waiting = asyncio.create_task(voice.say(a.url, 5, "steps"))
            await until(lambda: all(len(one.heard) == 6 for one in readers))
            before = [one.cursor for one in readers]
            await redis.kill()
            await a.control("open=second")
            await redis.start()
            assert (await waiting)["data"] == 5  # it lands once, in whichever life
            await voice.insist(b.url, 6)
            await until(lambda: all(len(one.heard) == 8 for one in readers))
            epoch = (await b.control())["epoch"]
        for one, cursor in zip(readers, before, strict=True):
            assert cursor is not None and epoch != epoch_of(cursor)
            assert one.heard == [0, 1, 2, 3, 4, 5, 5, 6]
            assert one.gaps == [{"reason": "epoch", "missed": 0}]
            (first,) = [batch for batch in one.batches if batch.gap]
            assert first.after == f"{epoch}.{seq_of(cursor)}"
        assert two.did("second") == [5]
        await steady(two, *readers)


@pytest.mark.parametrize("how", ["killed", "flushed"])
async def test_a_log_that_is_lost_is_told_once_although_nobody_speaks(how: str, redis: Redis) -> None:
    async with cluster(redis.url, *LEASE) as two:
        a, b = two.servers
        voice, readers = Voice(), [Listener(each, a.url) for each in TRANSPORTS]
        async with living(*readers):
            await a.control("close=second")
            lost = asyncio.create_task(voice.say(a.url, 0, "steps"))
            await until(lambda: all(one.heard == [0] for one in readers))
            if how == "killed":
                await redis.kill()
                await redis.start()
            else:
                await redis.ask("FLUSHALL")
            await until(lambda: all(one.gaps for one in readers))
            assert (await refused(lost))[1] == "unready"
            await until(lambda: a.did("cancelled"))  # what ran for a client of the old life says nothing in the new
            assert (await Voice(voice.sid).insist(b.url, 1))["data"] == 1
            await until(lambda: all(one.heard == [0, 1] for one in readers))
            stands = [await one.control() for one in two.servers]
        assert stands[0]["epoch"] == stands[1]["epoch"] and stands[0]["process"] != stands[1]["process"]
        assert all(one.gaps == [{"reason": "epoch", "missed": None}] for one in readers)
        assert two.did("second") == []


async def test_a_full_redis_takes_nothing_and_is_read_on(redis: Redis) -> None:
    async with cluster(redis.url, *LEASE) as two:
        a, b = two.servers
        voice, readers = Voice(), [Listener(each, a.url) for each in TRANSPORTS]
        async with living(*readers):
            await voice.insist(b.url, 0)
            await redis.ask("CONFIG", "SET", "maxmemory", "1")
            assert await refused(voice.say(b.url, 1)) == (503, "unready", 1)
            await unready(b)
            counts = [len(one.given) for one in readers]
            await until(lambda: all(len(one.given) > n for one, n in zip(readers, counts, strict=True)))
            late = Listener("poll", b.url, readers[0].sid)  # known, and here
            late.cursor = readers[0].batches[0].cursor
            async with living(late):
                assert late.heard == [0]
            await redis.ask("CONFIG", "SET", "maxmemory", "0")
            await b.ready()
            await voice.again(b.url, 2)
            await voice.insist(b.url, 2)
            await until(lambda: all(one.heard[-1] == 2 for one in readers))
        assert all(one.heard == [0, 1, 2] and not one.gaps and not one.ends for one in readers)
        assert two.did("say") == [0, 1, 2]
        await steady(two, *readers)


async def test_an_emit_whose_append_was_not_answered_runs_once_and_says_so_once(redis: Redis) -> None:
    async with Gate(redis.port) as gate, cluster(gate.url, *LEASE) as two:
        a, b = two.servers
        voice, reader = Voice(), Listener("ws", b.url)
        async with living(reader):
            for n in range(3):
                gate.eats = True  # of both
                assert (await voice.insist(a.url, n))["data"] == n
            await until(lambda: len(reader.heard) == 3)
            await voice.insist(b.url, 3)
            await until(lambda: len(reader.heard) == 4)
        assert gate.eaten == 3 and reader.heard == two.did("say") == [0, 1, 2, 3]


async def test_more_than_fits_on_its_way_is_refused_and_reads_go_on(redis: Redis) -> None:
    async with cluster(redis.url, *LEASE) as two:
        a, b = two.servers
        voice, readers = Voice(), [Listener(each, a.url) for each in TRANSPORTS]
        async with living(*readers):
            other = Voice()
            await other.insist(a.url, "known")
            await until(lambda: all(one.heard == ["known"] for one in readers))
            await a.control("close=burst")
            bursting = asyncio.create_task(voice.say(a.url, 1100, "burst"))
            await until(lambda: a.did("burst"))
            redis.pause()
            try:
                await a.control("open=burst")
                assert await refused(other.say(a.url, 1)) == (503, "unready", 1)
                assert await a.status() == 503 and await b.status() == 200
                counts = [len(one.given) for one in readers if one.transport == "poll"]
                await until(lambda: len(readers[0].given) > counts[0])
            finally:
                redis.resume()
            taken = (await bursting)["data"]
            await a.ready()
            await voice.insist(b.url, "end")
            await until(lambda: all(one.heard[-1:] == ["end"] for one in readers))
        assert 900 < taken <= 1000
        assert all(one.heard == ["known", *range(taken), "end"] and not one.gaps and not one.ends for one in readers)


async def test_a_process_at_the_old_one_of_two_primaries_looks_again_before_it_speaks_of_an_epoch(redis: Redis) -> None:
    async with Redis() as replica, Gate(redis.port) as near, Gate(redis.port) as far:
        async with cluster(near.url, *LEASE) as two:
            a, b = two.servers
            a.flags = ("--log", far.url, *LEASE)
            await a.end()
            await a.start()
            voice, reader = Voice(), Listener("ws", b.url)
            async with living(reader):
                await voice.insist(a.url, 0)
                await until(lambda: reader.heard == [0])
                await replica.ask("CONFIG", "SET", "repl-diskless-load", "swapdb")
                await ask_replica(replica, "REPLICAOF", "127.0.0.1", redis.port)
                await replicated(replica, (await b.control())["place"])
                await ask_replica(replica, "REPLICAOF", "NO", "ONE")
                near.to = replica.port
                near.cut()  # b is on the new side; a stays where it was, and whatever it is told there will be lost
                await voice.insist(a.url, "lost")
                await until(lambda: reader.gaps)
                assert (await b.control())["epoch"] != (await a.control())["epoch"]
                # Cut off from the new one it cannot know, and says so: a gap would lead back to what is lost.
                far.to = 1
                asked = await http(a.url, "GET", target("poll", sid=reader.sid, cursor=reader.cursor))
                assert (asked.status, asked.error["code"]) == (503, "unready")
                far.to = replica.port
                reader.base = a.url
                await until(lambda: reader.batches[-1].gap is None and len(reader.given) > 3)
                assert (await Voice().insist(a.url, 1))["data"] == 1
                await until(lambda: reader.heard[-1] == 1)
            assert reader.heard in ([0, 1], [0, "lost", 1]) and len(reader.gaps) == 1
            assert (await b.control())["epoch"] == (await a.control())["epoch"]
