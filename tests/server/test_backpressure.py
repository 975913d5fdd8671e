"""Emitting in a loop: whoever can read hears all of it, and whoever cannot holds nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tests.serving import Lab
from tests.stranger.http import DEADLINE, new_sid
from tests.stranger.readers import LongPoll, Reader, Sse, Ws
from transport_fallback.hub import Hub
from transport_fallback.log.backpressure import MOST_TURNS, TURNS
from transport_fallback.log.batch import Cursor
from transport_fallback.protocol.limits import Limits

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

KEPT = 100
MANY = 12 * KEPT
LIMITS = Limits(keep_messages=KEPT)


async def loop_of(where: Any, data: Any = None) -> None:
    for n in range(MANY):
        await where.emit("tick", [n, data])


def numbers(reader: Reader) -> list[int]:
    return [message["data"][0] for batch in reader.batches for message in batch.messages]


async def heard_all(readers: list[Reader], *emitting: Awaitable[Any]) -> None:
    """What is emitted meanwhile, to the last word and without a gap."""
    await asyncio.gather(*emitting, *(reader.messages(MANY, 10) for reader in readers))
    for reader in readers:
        assert numbers(reader) == list(range(MANY)) and not any(batch.gap for batch in reader.batches)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine may be busy: how long a round trip takes here is not the question."""
    monkeypatch.setattr("transport_fallback.log.backpressure.PATIENCE", 5.0)
    monkeypatch.setattr("transport_fallback.log.backpressure.ROUND_TRIP", 10.0)


held = pytest.mark.parametrize("held", [LongPoll, Sse, Ws], ids=lambda transport: transport.name)
limits = pytest.mark.limits(keep_messages=KEPT)


@held
@limits
@pytest.mark.usefixtures("patient")
async def test_who_reads_hears_all_that_is_emitted_in_a_loop(lab: Lab, held: type[Reader]) -> None:
    readers = [await lab.join(held) for _ in range(5)]
    await heard_all(readers, loop_of(lab.hub))


@held
@limits
@pytest.mark.usefixtures("patient")
async def test_so_do_those_in_a_room_and_those_who_are_spoken_to(lab: Lab, held: type[Reader]) -> None:
    inside, alone = await lab.join(held), await lab.join(held)
    await lab.client(str(inside.sid)).join("red")
    await heard_all([inside, alone], loop_of(lab.hub.to("red")), loop_of(lab.client(str(alone.sid))))


@held
@limits
@pytest.mark.usefixtures("patient")
async def test_so_does_one_of_whom_many_speak_at_once(lab: Lab, held: type[Reader]) -> None:
    reader = await lab.join(held)
    await heard_all([reader], *(lab.hub.emit("tick", [n]) for n in range(MANY)))


@limits
async def test_a_line_that_takes_no_more_takes_nothing_from_the_others(lab: Lab) -> None:
    dead, well = await lab.join(Ws), await lab.join(Ws)
    assert isinstance(dead, Ws) and dead.line is not None
    dead.line.transport.pause_reading()
    await heard_all([well], loop_of(lab.hub, "x" * 2000))
    dead.line.transport.resume_reading()


# ---- What it costs


def emits_without_waiting(hub: Hub, times: int) -> bool:
    """Whether so many emits went through in one go."""

    async def loop() -> None:
        for n in range(times):
            await hub.emit("tick", n)

    try:
        loop().send(None)
    except StopIteration:
        return True
    return False


async def test_a_few_emits_wait_for_nothing() -> None:
    hub = Hub(LIMITS)
    with hub.listening(hub.anonymous, None) as bell:
        bell.at = 0
        assert emits_without_waiting(hub, KEPT // 4)


async def test_nothing_waits_where_nobody_reads() -> None:
    assert emits_without_waiting(Hub(LIMITS), MANY)


async def turns_of_the_loop(work: Any) -> int:
    """How often the event loop turned while this was done."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await work
    counting.cancel()
    await asyncio.wait([counting])
    return turns


async def test_who_does_not_come_back_for_more_holds_emitting_up_for_a_few_turns_only() -> None:
    hub = Hub(LIMITS)
    stuck = [hub.follow(hub.anonymous, Cursor(hub.epoch, 0), 30) for _ in range(3)]
    for batches in stuck:
        await anext(batches)
    turns = await turns_of_the_loop(loop_of(hub))
    assert turns <= MANY / (KEPT // 4) * (TURNS + 1) < MOST_TURNS * 12
    for batches in stuck:
        await batches.aclose()


async def test_who_was_answered_and_does_not_ask_again_is_soon_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transport_fallback.log.backpressure.PATIENCE", 3 * DEADLINE)
    hub = Hub(LIMITS)
    ann = await hub.bear("ann")
    hub.pressure.answered(ann.id, hub.end)
    async with asyncio.timeout(DEADLINE):  # it is forgotten long before one of these waits is over
        await loop_of(hub)  # 48 times there would be reason to wait


async def test_a_long_poll_that_became_a_stream_is_not_waited_for(lab: Lab) -> None:
    sid = new_sid()
    await (await lab.join(LongPoll, sid)).close()
    await lab.join(Ws, sid)
    assert not lab.hub.pressure._asking
