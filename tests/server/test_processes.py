"""Processes that share one log: whichever is asked, a client is one, its emits count once, and nobody is told twice.

What comes together, and what comes late, is the test's choice: see tests/house.py.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.house import House
from transport_fallback.protocol.errors import Refused
from transport_fallback.registry.emits import Reply, Upload
from transport_fallback.registry.reader import Reader

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(20)]  # what nobody answers would be waited for without an end


# ---- who is here


async def test_births_that_race_are_one_record_and_one_connect(house: House, sid: str) -> None:
    one, two = house.processes
    readers = await house.all(one.read(sid), two.read(sid), one.read(sid), two.read(sid))
    assert [type(reader) for reader in readers] == [Reader] * 4
    assert house.life == [("one", "connect")]
    assert house.known(one).held == ("one", "two") and one.hub.end == 4  # each asked for the birth once
    assert len({str(reader.cursor) for reader in readers}) == 1  # and starts where that was
    house.same()


async def test_a_birth_by_an_emit_and_one_by_a_read_are_one_connect(house: House, sid: str) -> None:
    one, two = house.processes
    acks, reader = await house.all(one.emit(sid, 1), two.read(sid))
    assert isinstance(reader, Reader) and acks[0]["data"] == "one"
    assert [event for _process, event in house.life] == ["connect"]
    house.same()


async def test_nobody_is_unknown_to_a_process_that_is_behind(house: House, sid: str) -> None:
    one, two = house.processes
    reading = asyncio.ensure_future(one.read(sid))
    await house.turns("one")
    (await reading).close()
    assert not two.hub.members
    client = await two.clients.known(sid)
    assert client is not None and client.rooms == []
    house.same()


async def test_who_reads_waits_until_it_is_let_in_wherever_its_connect_runs(house: House, sid: str) -> None:
    one, two = house.processes
    gate = house.close("connect at one")
    reading = [asyncio.ensure_future(one.read(sid)), asyncio.ensure_future(two.read(sid))]
    await house.turns()
    assert not any(one.done() for one in reading) and house.life == [("one", "connect")]
    gate.set()
    await house.turns()
    assert all(one.done() for one in reading)
    house.same()


@pytest.mark.parametrize("waits", ["one", "two"])
async def test_who_is_turned_away_is_so_everywhere(house: House, sid: str, waits: str) -> None:
    one, two = house.processes
    house.refuses = True
    outcomes = await house.all(one.read(sid), two.read(sid))
    assert [type(outcome) for outcome in outcomes] == [Refused, Refused]
    assert [outcome.code for outcome in outcomes] == ["refused", "refused"]
    assert not one.hub.members and not two.hub.members
    house.same()


async def test_the_last_to_let_go_says_so_and_forgets(house: House, sid: str) -> None:
    one, two = house.processes
    here, there = await house.all(one.read(sid), two.read(sid))
    here.close()
    await house.after(11)
    assert house.life == [("one", "connect")] and house.known(two).here
    there.close()
    await house.after(11)
    assert house.life == [("one", "connect"), ("two", "silence")]
    await house.after(301)
    await house.after(301)
    assert not one.hub.members and not two.hub.members
    house.same()


@pytest.mark.parametrize("first", ["it reads", "it is forgotten"])
async def test_who_comes_back_elsewhere_as_it_is_forgotten_is_here_whichever_was_first(
    house: House, sid: str, first: str
) -> None:
    one, two = house.processes
    (reader,) = await house.all(one.read(sid))
    reader.close()
    await house.after(11)
    house.now += 301
    if first == "it is forgotten":
        one.clients.sweep()
    reading = asyncio.ensure_future(two.read(sid, "e.1"))
    await house.turns("two")
    one.clients.sweep()  # what `two` has logged has not come here yet
    await house.turns("two")
    await house.turns()
    gap = (await reading).read().gap
    assert (gap and gap["reason"]) == (None if first == "it reads" else "away")
    assert house.life == [("one", "connect"), ("one", "silence"), ("two", "connect")]
    assert house.known(one).held == ("two",)
    house.same()


async def test_bye_ends_its_reads_everywhere_and_is_told_once(house: House, sid: str) -> None:
    one, two = house.processes
    (reader,) = await house.all(one.read(sid))
    await house.all(two.clients.bye(sid, Upload(), ""))
    assert reader.ended == "gone" and house.life == [("one", "connect"), ("two", "client left")]
    for process in house.processes:
        assert not process.hub.members
        with pytest.raises(Refused, match="said bye"):
            process.clients.find(sid)
    house.same()


# ---- emits


async def test_an_n_that_comes_to_two_is_run_where_it_was_claimed_first(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    first, second, third = await house.all(two.emit(sid, 1, 2), one.emit(sid, 1), one.emit(sid, 1, 2, 3))
    assert house.ran == [("two", 1), ("two", 2), ("one", 3)]
    assert [ack["data"] for ack in (*first, *second, *third)] == ["two", "two", "two", "two", "two", "one"]
    assert first[0] == second[0] == third[0]
    house.same()


async def test_the_next_n_waits_for_the_one_before_wherever_that_runs(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    gate = house.close("1 at one")
    first = asyncio.ensure_future(one.emit(sid, 1))
    await house.turns()
    second = asyncio.ensure_future(two.emit(sid, 2))
    await house.turns()
    assert house.ran == [("one", 1)]
    gate.set()
    await house.turns()
    assert house.ran == [("one", 1), ("two", 2)]
    assert [(await acks)[0]["n"] for acks in (first, second)] == [1, 2]
    house.same()


async def test_an_emit_waits_until_its_client_is_let_in_elsewhere(house: House, sid: str) -> None:
    one, two = house.processes
    gate = house.close("connect at one")
    reading = asyncio.ensure_future(one.read(sid))
    await house.turns()
    emitting = asyncio.ensure_future(two.emit(sid, 1))
    await house.turns()
    assert house.ran == []
    gate.set()
    await house.turns()
    assert (await emitting)[0]["data"] == "two" and house.ran == [("two", 1)]
    await reading
    house.same()


async def test_an_emit_of_who_is_turned_away_elsewhere_is_refused_and_not_run(house: House, sid: str) -> None:
    one, two = house.processes
    house.refuses, gate = True, house.close("connect at one")
    reading = asyncio.ensure_future(one.read(sid))
    await house.turns()
    emitting = asyncio.ensure_future(two.emit(sid, 1))
    await house.turns()
    gate.set()
    await house.turns()
    outcomes = await asyncio.gather(reading, emitting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Refused, Refused] and house.ran == []
    house.same()


async def test_a_repeat_elsewhere_has_the_same_ack_while_it_runs_and_after(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    gate = house.close("1 at one")
    first = asyncio.ensure_future(one.emit(sid, 1))
    await house.turns()
    repeat = asyncio.ensure_future(two.emit(sid, 1))
    await house.turns()
    logged = len(house.log.items)
    gate.set()
    await house.turns()
    late = await two.emit(sid, 1)
    assert await first == await repeat == late and late[0]["data"] == "one"
    assert len(house.log.items) == logged + 1  # the answer: known repeats are not logged
    house.same()


async def test_a_hole_is_judged_at_its_place(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    first, second = await house.all(one.emit(sid, 1), two.emit(sid, 2))  # to `two` this looks like a hole
    assert "error" not in first[0] and "error" not in second[0]
    first, second = await house.all(one.emit(sid, 4), two.emit(sid, 3))
    assert first[0]["error"]["expected"] == 3 and second[0]["data"] == "two"
    house.same()


async def test_a_reply_anywhere_answers_who_asked(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    asking = asyncio.ensure_future(one.emit(sid, 1, event="ask"))
    await house.turns()
    await house.all(two.clients.take(sid, Upload([], [Reply(one.hub.end, "first")], 0), ""))
    await house.all(one.clients.take(sid, Upload([], [Reply(one.hub.end, "second")], 0), ""))
    assert (await asking)[0]["data"] == "first"
    house.same()


# ---- a process that is gone


async def test_what_it_ran_is_answered_elsewhere_and_the_next_runs(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid), two.read(sid))
    house.close("1 at one")
    lost = asyncio.ensure_future(one.emit(sid, 1, 2))
    await house.turns()
    repeat, following = asyncio.ensure_future(two.emit(sid, 1, 2)), asyncio.ensure_future(two.emit(sid, 3))
    await house.turns()
    assert house.ran == [("one", 1)]
    two.hub.log.note("x", "one", "two")
    await house.turns("two")
    assert repeat.done() and following.done()
    failed = await repeat
    assert [ack["error"]["code"] for ack in failed] == ["handler_failed", "handler_failed"]
    assert (await following)[0]["data"] == "two" and house.known(two).held == ("two",)
    lost.cancel()


async def test_its_connect_is_run_again_for_a_gate_must_not_open_because_it_is_gone(house: House, sid: str) -> None:
    one, two = house.processes
    house.close("connect at one")
    reading = [asyncio.ensure_future(process.read(sid)) for process in house.processes]
    await house.turns()
    assert house.life == [("one", "connect")] and not reading[1].done()
    house.refuses = True
    two.hub.log.note("x", "one", "two")
    await house.turns("two")
    assert house.life == [("one", "connect"), ("two", "connect")]
    with pytest.raises(Refused, match="no"):
        await reading[1]
    reading[0].cancel()


async def test_who_comes_to_the_heir_waits_for_the_connect_that_runs_again(house: House, sid: str) -> None:
    one, two = house.processes
    house.close("connect at one")
    gate = house.close("connect at two")
    lost = asyncio.ensure_future(one.read(sid))
    await house.turns()
    two.hub.log.note("x", "one", "two")
    await house.turns("two")
    reading = asyncio.ensure_future(two.read(sid))
    await house.turns("two")
    assert house.life == [("one", "connect"), ("two", "connect")] and not reading.done()
    gate.set()
    await house.turns("two")
    assert (await reading).ended is None
    lost.cancel()


@pytest.mark.parametrize("refuses", [False, True])
async def test_an_emit_that_waits_at_the_heir_does_not_keep_the_connect_from_running_again(
    house: House, sid: str, refuses: bool
) -> None:
    one, two = house.processes
    house.close("connect at one")
    lost = asyncio.ensure_future(one.read(sid))
    await house.turns()
    emitting = asyncio.ensure_future(two.emit(sid, 1, 2))
    await house.turns()
    house.refuses = refuses
    two.hub.log.note("x", "one", "two")
    await house.turns("two")
    assert house.life == [("one", "connect"), ("two", "connect")]
    assert house.ran == ([] if refuses else [("two", 1), ("two", 2)])
    if refuses:
        with pytest.raises(Refused, match="no"):
            await emitting
    else:
        assert [ack["n"] for ack in await emitting] == [1, 2]
    lost.cancel()


async def test_its_clients_have_a_grace_with_its_heir(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    house.now += 100
    two.hub.log.note("x", "one", "two")
    await house.turns("two")
    assert house.known(two).held == ("two",) and house.life == [("one", "connect")]
    house.now += 9
    two.clients.sweep()
    await house.turns("two")
    assert house.known(two).here
    house.now += 2
    two.clients.sweep()
    await house.turns("two")
    assert house.life[-1] == ("two", "silence") and not house.known(two).here
