"""The wire: one connection, which does nothing that it was not told, and never takes one's answer for another's."""

from __future__ import annotations

import asyncio

import pytest

from tests.log.gate import Gate
from tests.log.redis import Redis
from transport_fallback.log.streams.wire import Answered, Server, Unusable, Wire, pool

pytestmark = pytest.mark.anyio

INFO = {
    "role": "master", "loading": "0", "run_id": "1" * 40, "master_replid": "2" * 40, "maxmemory_policy": "noeviction"
}  # fmt: skip


def info(**said: str) -> bytes:
    return "".join(f"{name}:{value}\r\n" for name, value in ({**INFO, **said}).items()).encode()


async def test_a_connection_that_has_ended_is_not_made_anew_by_itself(redis: Redis) -> None:
    async with Gate(redis.port) as gate:
        wire = Wire(pool(gate.url, 5), 5)
        try:
            await wire.connect()
            gate.cut()
            with pytest.raises(ConnectionError):
                await wire.ask("PING")
            with pytest.raises(ConnectionError):
                await wire.ask("PING")
        finally:
            await wire.close()


async def test_a_wait_that_is_given_up_ends_the_connection(redis: Redis) -> None:
    async with redis.wire() as wire:
        await wire.send([("BLPOP", "nothing", 0)])
        waits = asyncio.create_task(wire.answers(1))
        await asyncio.sleep(0.05)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        with pytest.raises(ConnectionError):
            await wire.ask("PING")


async def test_an_answer_that_does_not_come_in_time_ends_the_connection(redis: Redis) -> None:
    wire = Wire(pool(redis.url, 0.2), 0.2)
    try:
        await wire.connect()
        redis.pause()
        with pytest.raises(ConnectionError, match=r"0\.2 s"):
            await wire.ask("PING")
        redis.resume()
        with pytest.raises(ConnectionError):
            await wire.ask("PING")
    finally:
        redis.resume()
        await wire.close()


async def test_an_error_leaves_the_answers_after_it_to_whom_they_are_due(redis: Redis) -> None:
    async with redis.wire() as wire:
        await wire.send([("ECHO", "1"), ("NONSENSE",), ("ECHO", "2"), ("ECHO", "3")])
        with pytest.raises(Answered) as answered:
            await wire.answers(3)
        assert answered.value.code == "ERR"
        assert await wire.answers(1) == [b"3"]


async def test_the_address_cannot_say_how_long_is_waited(redis: Redis) -> None:
    made = pool(f"{redis.url}?socket_timeout=1&protocol=3&health_check_interval=1&retry_on_timeout=true", 7)
    kept = made.connection_kwargs
    assert (kept["socket_timeout"], kept["socket_connect_timeout"], kept["protocol"]) == (None, 7, 2)
    assert (kept["health_check_interval"], kept["retry_on_timeout"]) == (0, False)


def test_another_life_of_a_primary_is_another_run() -> None:
    runs = {Server.of(info(**said)).run for said in ({}, {"run_id": "3" * 40}, {"master_replid": "3" * 40})}
    assert len(runs) == 3


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"role": "slave"}, ConnectionError),
        ({"loading": "1"}, ConnectionError),
        ({"run_id": ""}, Unusable),
        ({"master_replid": ""}, Unusable),
        ({"maxmemory_policy": "volatile-lru"}, Unusable),
    ],
)
def test_a_server_that_may_not_keep_a_log(said: dict[str, str], fault: type[Exception]) -> None:
    with pytest.raises(fault):
        Server.of(info(**said))
