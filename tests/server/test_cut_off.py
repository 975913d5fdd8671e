"""A process that is cut off from the log, declared gone, or reads it anew: nobody waits in vain, nothing runs twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.house import House, Process
from transport_fallback.hub import WITHIN
from transport_fallback.protocol.errors import Refused
from transport_fallback.registry.clients import LIVES
from transport_fallback.registry.emits import Emit, Reply, Upload

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(20)]


async def refused(what: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        await asyncio.wait_for(what, 5)
    return refusal.value


def kinds(house: House, since: int = 0) -> str:
    return "".join(item.kind for item in house.log.items[since:])


# ---- cut off for a while: who is known reads on, and nothing is taken that nobody knows of


async def test_where_the_log_is_not_ready_nothing_is_taken_and_nothing_noted(house: House, sid: str) -> None:
    one, _ = house.processes
    await house.all(one.read(sid))
    one.log.ready = False
    logged = len(house.log.items)
    for what in (
        one.read("x" * 22),
        one.emit(sid, 1),
        one.clients.take(sid, Upload([], [Reply(1, "yes")]), ""),
        one.clients.bye(sid, Upload(), ""),
        one.clients.bye("x" * 22, Upload(), ""),
    ):
        refusal = await refused(what)
        assert (refusal.code, refusal.status, refusal.close_code, refusal.retry) == ("unready", 503, 4153, 1)
    assert len(house.log.items) == logged
    (await one.read(sid, "e.1")).close()  # it is here: it reads on


async def test_who_is_not_here_is_not_let_in_where_nobody_can_be_told(house: House, sid: str) -> None:
    one, two = house.processes
    (reader,) = await house.all(one.read(sid))
    reader.close()
    await house.after(11)
    two.log.ready = False
    assert (await refused(two.read(sid))).code == "unready"


async def test_a_client_that_is_here_elsewhere_waits_for_nothing(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    await asyncio.wait_for(two.read(sid, "e.1"), 1)  # nothing is delivered meanwhile
    assert kinds(house).count("h") == 2


async def test_presence_is_logged_once_however_often_it_asks_meanwhile(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    for _ in range(5):
        (await two.read(sid, "e.1")).close()
    assert kinds(house).count("h") == 2
    await house.turns()
    house.now += 11
    for _ in range(5):
        two.clients.sweep()
    assert kinds(house).count("a") == 1


async def test_readers_that_were_quicker_than_the_log_are_let_go_of(house: House, sid: str) -> None:
    one, two = house.processes
    (first,) = await house.all(one.read(sid))
    (await two.read(sid, "e.1")).close()  # and its `h` is not applied yet
    await house.turns()
    first.close()
    await house.after(11)
    assert not house.known(one).here


async def test_who_waits_for_a_claim_is_told_and_its_repeat_has_the_one_result(
    house: House, sid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = house.processes
    await house.all(one.read(sid))

    async def impatient(kind: str, *fields: Any, tail: bytes = b"", within: float | None = None) -> Any:
        assert within == WITHIN
        one.log.note(kind, *fields, tail=tail)
        raise Refused("unready", "not within that", retry=1)

    with monkeypatch.context() as patch:
        patch.setattr(one.log, "append", impatient)
        assert (await refused(one.emit(sid, 1))).code == "unready"
    ((ack,),) = await house.all(two.emit(sid, 1))
    assert ack["data"] == "one" and house.ran == [("one", 1)]


async def test_replies_are_taken_though_it_is_not_known_whether_the_emits_beside_them_are(
    house: House, sid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = house.processes
    await house.all(one.read(sid))

    async def impatient(*_item: Any, **_more: Any) -> Any:
        raise Refused("unready", "not within that", retry=1)

    with monkeypatch.context() as patch:
        patch.setattr(one.log, "append", impatient)
        refusal = await refused(one.clients.take(sid, Upload([Emit(1, "count")], [Reply(7)]), ""))
    assert refusal.as_json()["acks"] == [{"seq": 7}]


async def test_a_process_that_hears_nothing_of_the_log_for_long_lets_nobody_wait(house: House, sid: str) -> None:
    one, _ = house.processes
    known, nobody = await house.all(one.read(sid), one.clients.read(None, None))
    one.log.stale = True
    one.clients.sweep()
    assert known.ended == nobody.ended == "unready"
    assert (await refused(one.read(sid, "e.1"))).code == "unready"
    assert (await refused(one.clients.read(None, None))).code == "unready"


# ---- what only one process was asked, and all must know


async def test_a_reply_that_nobody_asked_for_is_answered_and_not_logged(house: House, sid: str) -> None:
    one, _ = house.processes
    await house.all(one.read(sid))
    (client,) = one.hub.clients()
    asked = asyncio.ensure_future(client.ask("question"))
    await house.turns()
    seq, logged = one.hub.end, len(house.log.items)
    upload = Upload([], [Reply(seq - 1), Reply(seq + 1), Reply(seq, "yes")])
    (acks,) = await house.all(one.clients.take(sid, upload, ""))
    assert len(acks) == 3 and kinds(house, logged) == "y" and await asked == "yes"
    (acks,) = await house.all(one.clients.take(sid, upload, ""))
    assert len(acks) == 3 and kinds(house, logged) == "y"


async def test_a_request_of_who_is_away_is_logged_once_in_a_while_where_another_sees_to_it(
    house: House, sid: str
) -> None:
    one, two = house.processes
    (reader,) = await house.all(one.read(sid))
    reader.close()
    await house.after(11)
    logged = len(house.log.items)
    one.clients.find(sid)
    assert kinds(house, logged) == ""  # it sees to it itself
    for _ in range(3):
        two.clients.find(sid)
    assert kinds(house, logged) == "t"
    await house.after(LIVES)
    two.clients.find(sid)
    assert kinds(house, logged) == "tt"
    await house.turns()
    await house.after(one.clients.limits.forget_after - 1)
    assert one.hub.members  # it was told that it lives
    await house.after(2)
    assert not one.hub.members and not two.hub.members


async def test_who_asks_everywhere_has_no_more_emits_than_who_asks_here() -> None:
    house, sid = House(emit_rate=1, emit_burst=4), "s" * 22
    one, two = house.processes
    await house.all(one.emit(sid, 1, 2, 3))
    assert (await refused(two.emit(sid, 4, 5))).code == "rate"
    await house.all(two.emit(sid, 4))
    refusal = await refused(one.emit(sid, 5))
    assert refusal.code == "rate" and refusal.retry == 1
    for process in house.processes:
        await process.clients.tasks.end()


async def test_what_was_read_with_a_cursor_anywhere_is_not_heard_again_without_one(house: House, sid: str) -> None:
    one, two = house.processes
    (reader,) = await house.all(one.read(sid))
    await house.all(one.hub.emit("a"))
    (again,) = await house.all(two.read(sid))
    assert str(again.cursor) == str(reader.cursor) == "e.1"
    await house.all(one.read(sid, "e.1"))
    (late,) = await house.all(two.read(sid))
    assert str(late.cursor) == "e.2" and kinds(house).count("s") == 1


async def test_who_was_led_past_its_birth_is_not_told_again_elsewhere() -> None:
    house, sid = House(batch_messages=2), "s" * 22
    one, two = house.processes
    await house.all(*(one.hub.emit("m", n) for n in range(5)))
    (reader,) = await house.all(one.read(sid, "e.1"))
    batch = reader.read()
    assert batch.gap and batch.gap["reason"] == "away" and batch.more
    (elsewhere,) = await house.all(two.read(sid, str(batch.cursor)))
    assert elsewhere.read().gap is None
    for process in house.processes:
        await process.clients.tasks.end()


# ---- forgotten by one while another does something for it


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_who_is_forgotten_as_an_ack_is_logged_has_its_next_emit_run(
    house: House, sid: str, elsewhere: bool
) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    gate = house.close("1 at one")
    first = asyncio.ensure_future(one.emit(sid, 1))
    await house.turns()
    second = asyncio.ensure_future((two if elsewhere else one).emit(sid, 2))
    await house.turns()
    assert house.ran == [("one", 1)]
    two.log.note("f", house.known(two).id, two.hub.place)
    gate.set()
    for _ in range(5):
        await asyncio.sleep(0)  # it has logged its ack, behind that
    await house.turns()
    ((one_ack,), (two_ack,)) = await asyncio.wait_for(asyncio.gather(first, second), 5)
    assert one_ack["data"] == "one" and two_ack["data"] == ("two" if elsewhere else "one")


async def test_who_is_forgotten_as_it_is_let_in_waits_for_nothing(house: House, sid: str) -> None:
    one, two = house.processes
    gate = house.close("connect at one")
    emit = asyncio.ensure_future(one.emit(sid, 1))
    await house.turns()
    two.log.note("f", house.known(two).id, two.hub.place)
    gate.set()
    for _ in range(5):
        await asyncio.sleep(0)
    await house.turns()
    ((ack,)) = await asyncio.wait_for(emit, 5)
    assert ack["data"] == "one"


async def test_who_is_forgotten_while_its_connect_runs_elsewhere_is_told_that_it_left(house: House, sid: str) -> None:
    one, two = house.processes
    house.close("connect at one")
    reading, emit = asyncio.ensure_future(one.read(sid)), asyncio.ensure_future(two.emit(sid, 1))
    await house.turns()
    two.log.note("f", house.known(two).id, two.hub.place)
    await house.turns()
    assert (await refused(emit)).code == "gone" and not house.ran
    house.gates["connect at one"].set()
    reading.cancel()


# ---- declared gone, and not gone


async def runs(house: House, sid: str) -> tuple[Process, Process, asyncio.Event, asyncio.Task[Any]]:
    """A handler that hangs in the first process, which has a reader, too."""
    one, two = house.processes
    await house.all(one.read(sid))
    gate = house.close("1 at one")
    emit = asyncio.ensure_future(one.emit(sid, 1))
    await house.turns()
    assert house.ran == [("one", 1)]
    return one, two, gate, emit


async def test_what_it_ran_is_its_heirs_to_answer_and_its_readers_go_on(house: House, sid: str) -> None:
    one, two, gate, emit = await runs(house, sid)
    one.log.rename("late")
    two.log.note("x", "one", "two")
    await house.turns()
    (ack,) = await emit
    assert ack["error"]["code"] == "handler_failed"
    gate.set()
    await house.turns()
    assert not house.done  # it was cancelled: nothing of it happens after that was said
    client = house.known(one)
    assert set(client.held) == {"two", "late"} and not client.readers[0].ended
    ((ack,),) = await house.all(one.emit(sid, 2))
    assert ack["data"] == "one" and house.life == [("one", "connect")]
    house.same()


async def test_a_connect_that_ran_there_lets_nobody_in(house: House, sid: str) -> None:
    one, two = house.processes
    house.refuses = True
    house.close("connect at one")
    reading = asyncio.ensure_future(one.read(sid))
    await house.turns()
    one.log.rename("late")
    await house.turns()
    assert not reading.done() and "k" not in kinds(house)
    two.log.note("x", "one", "two")
    await house.turns()
    assert (await refused(reading)).code == "refused" and house.life == [("one", "connect"), ("two", "connect")]
    house.same()


async def test_what_it_has_logged_and_not_applied_is_answered_unready(house: House, sid: str) -> None:
    one, two = house.processes
    await house.all(one.read(sid))
    emit = asyncio.ensure_future(one.emit(sid, 1))
    await asyncio.sleep(0)
    one.log.rename("late")
    assert (await refused(emit)).code == "unready"
    two.log.note("x", "one", "two")
    await house.turns()
    ((ack,),) = await house.all(one.emit(sid, 1))
    assert ack["error"]["code"] == "handler_failed" and not house.ran  # it had landed, and nobody would run it


# ---- what it knows is not what the log says


async def test_whoever_reads_here_is_sent_away_and_all_is_read_anew(house: House, sid: str) -> None:
    one, two, gate, emit = await runs(house, sid)
    waits = asyncio.ensure_future(one.read("w" * 22))
    for _ in range(5):
        await asyncio.sleep(0)
    (reader,) = house.known(one).readers
    one.log.empty("anew")
    assert reader.ended == "unready" and not one.hub.members and one.hub.place == 0
    assert (await refused(waits)).code == "unready"
    assert (await refused(emit)).code == "unready"
    gate.set()
    two.log.note("x", "one", "two")
    await house.turns()
    house.same()
    ((ack,),) = await house.all(one.emit(sid, 1))
    assert ack["error"]["code"] == "handler_failed"
    (reader,) = await house.all(one.read(sid, "e.1"))
    assert not reader.ended and "anew" in one.hub.members[reader.client.id].held
    house.same()


async def test_who_is_nobody_is_sent_away_too_though_nobody_else_is_known(house: House) -> None:
    one, _ = house.processes
    (nobody,) = await house.all(one.clients.read(None, None))
    one.log.empty("anew")
    assert nobody.ended == "unready"


# ---- the end of one of several


async def test_who_stops_hands_over_and_says_goodbye_for_nobody(house: House, sid: str) -> None:
    one, two = house.processes
    (reader,) = await house.all(one.read(sid))

    async def leave() -> str:
        one.log.note("x", "one", "two")
        return "two"

    one.log.leave = leave  # type: ignore[method-assign]
    await asyncio.gather(one.clients.drain(), house.turns())
    await house.turns()
    client = house.known(two)
    assert reader.ended == "draining" and house.life == [("one", "connect")]
    assert client.held == ("two",) and client.custodian == "two"
    await house.after(11)
    assert house.life[1:] == [("two", "silence")]


async def test_the_last_says_goodbye(house: House, sid: str) -> None:
    one, _ = house.processes
    await house.all(one.read(sid))
    await asyncio.gather(one.clients.drain(), house.turns())
    assert house.life == [("one", "connect"), ("one", "server closing")]


async def test_what_does_not_end_in_time_is_answered_before_the_others_go_on(sid: str) -> None:
    house = House(drain_seconds=0.1)
    one, two = house.processes
    await house.all(one.read(sid))
    house.close("1 at one")
    emit = asyncio.ensure_future(one.emit(sid, 1))
    await house.turns()
    drain = asyncio.ensure_future(one.clients.drain())
    while not drain.done():
        await house.turns()
        await asyncio.sleep(0.01)
    assert (await refused(emit)).code == "draining"
    ((ack,),) = await house.all(two.emit(sid, 1))
    assert ack["error"]["code"] == "handler_failed"
    await two.clients.tasks.end()
