"""What becomes of clients when a process of theirs is killed, stopped or frozen: each row of the table, by doing it."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator

import pytest

from tests.scale.cluster import Cluster, cluster, until
from tests.scale.listener import Listener, Voice, living
from tests.stranger.http import Refused
from tests.stranger.readers import TRANSPORTS

pytestmark = pytest.mark.anyio

SOON = 2.0 + 2.0 / 4 + 2.0  # s until a process is declared gone whose lease is 2 s, and some for a busy machine


@pytest.fixture
async def two(shared_redis: str, nothing_left: None) -> AsyncIterator[Cluster]:
    async with cluster(shared_redis, "--name", secrets.token_hex(8)) as two:
        yield two


def gone(two: Cluster, *listeners: Listener) -> list[str]:
    """Those of them of whom it was told that they had gone."""
    return [one for one in two.did("disconnect") if one in {listener.id for listener in listeners}]


def came(two: Cluster, *listeners: Listener) -> list[str]:
    return sorted(one for one in two.did("connect") if one in {listener.id for listener in listeners})


def ids(*listeners: Listener) -> list[str]:
    return sorted(one.id for one in listeners)


def everybody(base: str) -> list[Listener]:
    return [Listener(transport, base) for transport in TRANSPORTS]


async def test_who_read_at_a_killed_process_goes_on_elsewhere_and_hears_each_message_once(two: Cluster) -> None:
    killed, other = two.servers
    voice, readers, absent = Voice(), everybody(killed.url), Listener("ws", killed.url)
    async with living(*readers):
        async with living(absent):
            for n in range(10):
                await voice.insist(other.url, n)
        await killed.end()
        for n in range(10, 20):
            await voice.insist(other.url, n)
        for one in readers:
            one.base = other.url
        await until(lambda: all(len(one.heard) == 20 for one in readers))
        await until(lambda: gone(two, absent))
        await voice.insist(other.url, 20)
        await until(lambda: all(len(one.heard) == 21 for one in readers))
        # Whoever did not come back is away when a lease and a grace are over; nobody is told that the others had gone.
        assert gone(two, *readers, absent) == [absent.id]
    assert all(one.heard == list(range(21)) and one.gaps == [] for one in readers)
    assert came(two, *readers, absent) == ids(*readers, absent)


async def test_an_emit_whose_process_is_killed_has_failed_and_the_next_runs_elsewhere(two: Cluster) -> None:
    killed, other = two.servers
    voice, reader = Voice(), Listener("ws", other.url)
    async with living(reader):
        await killed.control("close=second")
        lost = asyncio.create_task(voice.say(killed.url, "x", "steps"))
        await until(lambda: killed.did("first"))
        repeated = asyncio.create_task(voice.again(other.url, 1))
        following = asyncio.create_task(voice.say(other.url, "next"))
        await until(lambda: reader.heard == ["x"])
        await killed.end()
        async with asyncio.timeout(SOON):
            assert (await repeated)["error"]["code"] == "handler_failed"
        assert (await following)["data"] == "next"
        assert isinstance((await asyncio.gather(lost, return_exceptions=True))[0], Exception)
        await until(lambda: reader.heard == ["x", "next"])  # what it had said stays; its second step never was
        assert (await voice.again(other.url, 1))["error"]["code"] == "handler_failed"
        await killed.start()
        assert (await voice.again(killed.url, 1))["error"]["code"] == "handler_failed"
    assert two.did("second") == []


async def test_a_gate_does_not_open_because_the_process_that_held_it_is_killed(two: Cluster) -> None:
    killed, other = two.servers
    reader, voice = Listener("longpoll", killed.url), Voice()
    reader.sid = voice.sid
    for server in two.servers:
        await server.control("refuse=")
    await killed.control("close=connect")
    reading = asyncio.create_task(reader.live())
    try:
        await until(lambda: killed.did("connect"))
        speaking = asyncio.create_task(voice.say(other.url, "let me in"))
        await killed.end()
        reader.base = other.url
        with pytest.raises(Refused) as refused:
            await speaking
        assert refused.value.code == "refused" and two.did("say") == []
        await until(lambda: any(isinstance(end, Refused) for end in reader.ends))
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert reader.given == []
    assert killed.did("connect") == other.did("connect") == [reader.id]


async def test_who_reads_at_a_process_that_is_stopped_is_told_to_come_back_and_goes_on(two: Cluster) -> None:
    stopped, other = two.servers
    voice, readers, absent = Voice(), everybody(stopped.url), Listener("ws", stopped.url)
    async with living(*readers):
        async with living(absent):
            await voice.insist(other.url, 0)
            await stopped.control("close=second")
            unfinished = asyncio.create_task(voice.say(stopped.url, "x", "steps"))
            await until(lambda: stopped.did("first"))
            await until(lambda: all(one.heard == [0, "x"] for one in readers))
        for one in readers:
            one.base = other.url  # whose line ends comes there
        await stopped.end(signal.SIGTERM)
        with pytest.raises(Refused) as refused:
            await unfinished
        assert refused.value.code == "draining"  # and repeated elsewhere it has failed: nobody waits for a lease
        assert (await voice.again(other.url, 2))["error"]["code"] == "handler_failed"
        for n in range(1, 5):
            await voice.insist(other.url, n)
        await until(lambda: all(len(one.heard) == 6 for one in readers))
        await until(lambda: gone(two, absent))
        assert gone(two, *readers, absent) == [absent.id]
    assert all(one.heard == [0, "x", 1, 2, 3, 4] and one.gaps == [] for one in readers)
    assert came(two, *readers, absent) == ids(*readers, absent) and two.did("second") == []
    by = {one.transport: one.ends for one in readers}
    assert [getattr(end, "code", end) for end in by["ws"]] == [1012]
    assert [getattr(end, "clean", end) for end in by["sse"]] == [True]


async def test_all_restarted_in_turn_lose_nothing_also_not_what_only_the_last_knew(two: Cluster) -> None:
    voice, readers = Voice(), everybody(two.servers[0].url)
    first, last = two.servers
    async with living(*readers):
        n = 0
        for stopped, other in ((first, last), (last, first)):
            await voice.insist(stopped.url, n)
            for one in readers:
                one.base = other.url
            await stopped.end(signal.SIGTERM)
            await voice.insist(other.url, n + 1)
            await stopped.start()
            n += 2
        await until(lambda: all(len(one.heard) == n for one in readers))
        assert gone(two, *readers) == []
        for server in two.servers:
            await server.end(signal.SIGTERM)
        said = gone(two, *readers)  # nobody went on for the last: it says goodbye to all
        await first.start()
        for one in readers:
            one.base = first.url
        await voice.insist(first.url, n)
        await until(lambda: all(len(one.heard) == n + 1 for one in readers))
    assert sorted(said) == ids(*readers)
    assert all(one.heard == list(range(n + 1)) and one.gaps == [] for one in readers)


async def test_a_process_frozen_past_its_lease_goes_on_as_another_and_its_readers_with_it(two: Cluster) -> None:
    frozen, other = two.servers
    voice, readers = Voice(), [Listener("ws", frozen.url), Listener("sse", frozen.url)]
    async with living(*readers):
        name = (await frozen.control("close=second"))["process"]
        lost = asyncio.create_task(voice.say(frozen.url, "x", "steps"))
        await until(lambda: all(one.heard == ["x"] for one in readers))
        frozen.freeze()
        try:
            async with asyncio.timeout(SOON):
                assert (await voice.again(other.url, 1))["error"]["code"] == "handler_failed"
            await voice.insist(other.url, "while it sleeps")
        finally:
            frozen.thaw()
        await frozen.ready()
        assert (await lost)["error"]["code"] == "handler_failed"
        await until(lambda: frozen.did("cancelled"))
        stands = await frozen.control("open=second")
        assert stands["process"] != name
        await voice.insist(frozen.url, "awake")
        await until(lambda: all(len(one.heard) == 3 for one in readers))
        held = (await other.control())["held"]
        assert all(stands["process"] in held[one.id] for one in readers)
        await asyncio.sleep(1.5)  # a grace of the heir is over: they read where they did
    assert all(one.heard == ["x", "while it sleeps", "awake"] and not one.gaps and not one.ends for one in readers)
    assert two.did("second") == gone(two, *readers) == []
    assert came(two, *readers) == ids(*readers)
