"""The contract: what a reader may rely on, on every transport. It reads top to bottom as the specification.

Above each rule stands the sentence of the protocol it enforces. The server is real and so are the lines to it; the
oracle is the hub's own log.
"""

from __future__ import annotations

import asyncio
import posixpath
import random
import re
import time
from typing import Any

import pytest

from tests.serving import Lab, serving
from tests.stranger.http import Refused, epoch_of, http, new_sid, public_id, raw, seq_of, target
from tests.stranger.proxy import Proxy
from tests.stranger.readers import TRANSPORTS, Batch, Ended, LongPoll, Poll, Reader, Sse, Ws
from tests.stranger.ways import PostWay
from transport_fallback.log.batch import new_epoch
from transport_fallback.serving.pages import WEB

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_WAYS = BOTH_LOGS = True  # see conftest.py

BIG = "x" * 16_000  # data of one message close to its limit of 16 KiB
KEPT = 262_144  # bytes; no batch carries more
AT_ONCE = 10.0  # s; far above a round trip on a busy machine, far below the hold or heartbeat that it is not

FIELDS = ("seq", "event", "data", "from", "room")


def as_logged(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages as `Lab.say` records them: without the time."""
    return [{name: message[name] for name in FIELDS} for message in messages]


async def first(lab: Lab, transport: type[Reader], sid: str, cursor: str | None, **more: Any) -> Batch:
    """The first batch of a reading from `cursor`, which must come at once; then the reader leaves."""
    reader = await lab.reader(transport, sid, **{"hold": 30, "heartbeat": 30, **more}).open(cursor)
    batch = await reader.next(AT_ONCE)
    await reader.close()
    return batch


async def nothing(lab: Lab, transport: type[Reader], sid: str, cursor: str | None) -> Batch:
    """The first batch of a reading that has nothing to say, which a long poll holds."""
    reader = await lab.reader(transport, sid, hold=1, heartbeat=30).open(cursor)
    batch = await reader.next()
    await reader.close()
    assert (batch.messages, batch.gap, batch.more) == ([], None, False)
    return batch


async def born(lab: Lab, transport: type[Reader] = Poll) -> tuple[str, str]:
    """A client that has read once and is not reading now: its sid and its cursor."""
    sid = new_sid()
    return sid, (await first(lab, transport, sid, None)).cursor


# ---- The newcomer


# No cursor = a newcomer: answered at once on every transport, longpoll too, with a cursor at the end of the log.
async def test_a_newcomer_is_answered_at_once_with_the_end_of_the_log(lab: Lab, transport: type[Reader]) -> None:
    await lab.say("before")
    batch = await first(lab, transport, new_sid(), None)
    assert (batch.messages, batch.gap, batch.more) == ([], None, False)
    assert batch.cursor == lab.end


# … (it has a position before its first message).
async def test_a_newcomer_hears_what_is_said_after_its_first_batch(lab: Lab, transport: type[Reader]) -> None:
    await lab.say("before")
    reader = await lab.join(transport)
    await lab.say("after")
    assert as_logged(await reader.messages(1)) == lab.log[1:]


# Its cursor is fixed first, then its `connect` handler runs, then the answer is made: what the handler emits is in the
# first batch.
async def test_a_newcomer_hears_what_its_connect_handler_says(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("connect")
    async def welcome(client: Any) -> None:
        await client.emit("to you")
        await client.join("lobby")
        await asyncio.sleep(0.02)  # the handler may wait; the answer waits with it
        await lab.hub.to("lobby").emit("to the room")
        await client.broadcast.emit("to the others")
        await lab.hub.emit("to all")

    batch = await first(lab, transport, new_sid(), None)
    assert [message["event"] for message in batch.messages] == ["to you", "to the room", "to all"]
    assert (batch.gap, batch.cursor) == (None, lab.end)


# … `connect` runs once, however many requests come at once.
async def test_connect_runs_once_however_many_requests_come_at_once(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("connect")
    async def welcome(client: Any) -> None:
        await asyncio.sleep(0.05)
        await client.emit("welcome")

    sid = new_sid()
    readers = [await lab.reader(transport, sid, hold=30).open() for _ in range(3)]
    batches = await asyncio.gather(*(reader.next() for reader in readers))
    assert [[message["event"] for message in batch.messages] for batch in batches] == [["welcome"]] * 3
    assert lab.life == [("connect", public_id(sid))]


# Until a client has read with a cursor, each of its requests without one starts at that same recorded position.
async def test_a_newcomer_starts_where_it_started_until_it_reads_with_a_cursor(
    lab: Lab, transport: type[Reader]
) -> None:
    sid, cursor = await born(lab, transport)
    await lab.say("a")
    await lab.say("b")
    for _ in range(2):  # its first answer may have been lost; so may its second
        batch = await first(lab, transport, sid, None)
        assert as_logged(batch.messages) == lab.log and batch.gap is None
    await first(lab, transport, sid, cursor)
    batch = await first(lab, transport, sid, None)
    assert (batch.messages, batch.gap, batch.cursor) == ([], None, lab.end)


# `history=K` puts before that the last K messages to everyone and to the rooms it is then in, never private ones.
# `after`: a newcomer's: where its history begins.
async def test_history_is_the_last_messages_to_everyone_and_to_its_rooms(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("connect")
    async def enter(client: Any) -> None:
        await client.join("lobby")

    other, _ = await born(lab)
    for n in range(4):
        await lab.say("all", n)
        await lab.say("lobby", n, to="lobby")
        await lab.hub.to("elsewhere").emit("elsewhere", n)
        await lab.hub.client(public_id(other)).emit("private", n)
    batch = await first(lab, transport, new_sid(), None, history=5)
    assert as_logged(batch.messages) == lab.log[-5:]
    assert lab.log[-6]["seq"] <= seq_of(batch.after) < batch.seqs[0]
    assert (batch.gap, batch.more, batch.cursor) == (None, False, lab.end)


# … never private ones, not even one's own.
async def test_history_never_holds_what_was_for_one_client(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    await lab.client(sid).emit("private")
    await lab.say("for all")
    await first(lab, transport, sid, cursor)  # from now on, without a cursor it starts at the end
    assert as_logged((await first(lab, transport, sid, None, history=10)).messages) == lab.log


# … clamped to 300.
@pytest.mark.limits(history=5)
async def test_history_is_clamped(lab: Lab, transport: type[Reader]) -> None:
    for n in range(8):
        await lab.say("m", n)
    assert as_logged((await first(lab, transport, new_sid(), None, history=100)).messages) == lab.log[-5:]


# … ignored beside a cursor.
async def test_history_is_ignored_beside_a_cursor(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    await lab.say("before")
    cursor = (await first(lab, transport, sid, None)).cursor
    await lab.say("after")
    assert as_logged((await first(lab, transport, sid, cursor, history=10)).messages) == lab.log[1:]


# A batch too large is cut at its *old* end: the newest history that fits.
async def test_history_too_large_is_cut_at_its_old_end(lab: Lab, transport: type[Reader]) -> None:
    for n in range(30):
        await lab.say("big", [n, BIG])
    sid = new_sid()
    batch = await first(lab, transport, sid, None, history=30)
    assert 1 <= len(batch.messages) < 30
    assert as_logged(batch.messages) == lab.log[-len(batch.messages) :]
    assert sum(map(len, batch.each())) <= KEPT
    assert (batch.gap, batch.more) == (None, False)
    assert seq_of(batch.after) >= lab.log[-len(batch.messages) - 1]["seq"]
    assert (await first(lab, Poll, sid, batch.cursor)).messages == []


# … what came after the position is never dropped for it.
async def test_history_never_displaces_what_came_after_the_position(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("connect")
    async def welcome(client: Any) -> None:
        for n in range(3):
            await lab.say("welcome", [n, BIG])

    for n in range(20):
        await lab.say("big", [n, BIG])
    sid = new_sid()
    reader = await lab.reader(transport, sid, history=300).open()
    seen = (await reader.next(AT_ONCE)).seqs
    while reader.batches[-1].more:
        seen += (await reader.next()).seqs
    assert len(seen) >= 3
    assert seen == [message["seq"] for message in lab.log[-len(seen) :]]


# ---- Messages


# P1: within an epoch a client sees the messages it may see in order of `seq`. P3: each exactly once.
async def test_every_message_arrives_once_and_in_order(lab: Lab, transport: type[Reader]) -> None:
    reader = await lab.join(transport)
    for n in range(60):
        await lab.say("m", n)
        if n % 7 == 0:
            await reader.next()
    await lab.say("last")
    await reader.until("last")
    assert as_logged([message for batch in reader.batches for message in batch.messages]) == lab.log


# {"seq","event","data","from","room","at"}: `from` = id of the client whose handler emitted it, null for the server's
# own; `room` = null unless sent to a room; `at` = ms since 1970 when it was logged.
async def test_a_message_says_from_whom_to_which_room_and_when(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("speak")
    async def speak(client: Any, data: Any) -> None:
        await client.join("lobby")
        await lab.hub.emit("all", data)
        await lab.hub.to("lobby").emit("room", data)

    sid = new_sid()
    reader = await lab.join(transport, sid)
    before = time.time() * 1000
    await PostWay(lab.url, sid).emit(1, "speak", {"n": 1})
    await lab.hub.emit("own")
    own, after = lab.hub.end, time.time() * 1000
    everything = await reader.until("own")
    assert [(m["event"], m["data"], m["from"], m["room"]) for m in everything] == [
        ("all", {"n": 1}, public_id(sid), None),
        ("room", {"n": 1}, public_id(sid), "lobby"),
        ("own", None, None, None),
    ]
    assert everything[-1]["seq"] == own
    for message in everything:
        assert set(message) == {"seq", "event", "data", "from", "room", "at"}
        assert isinstance(message["at"], int) and before - 1 <= message["at"] <= after + 1


TRICKY = [
    "\u2028 and \u2029 end no line",
    "a\nb\r\nc\rd\n\nevent: evil\ndata: x\nid: 999",
    'quotes " \\ / </script><img onerror=1>',
    "\x00 \x1b[31m \ufeff \u202e",
    "\U0001f468\u200d\U0001f469 Z\u0351\u036b 你好",
    {"": [None, True, 1, -0.5, 1e300, 2**53 - 1, {"deep": [[[[]]]]}]},
    [],
    {},
    0,
    False,
]


# The **same batch on every transport**, so a comparison is fair. (Fan-out: a message is encoded once.)
async def test_a_message_has_the_same_bytes_on_every_transport(lab: Lab) -> None:
    readers = [await lab.join(transport) for transport in TRANSPORTS.values()]
    for data in TRICKY:
        await lab.say("tricky", data)
    await lab.say("last")
    texts = []
    for reader in readers:
        assert as_logged(await reader.until("last")) == lab.log
        texts.append([text for batch in reader.batches for text in batch.each()])
    assert texts == [texts[0]] * 4


# `after`: on poll and longpoll the cursor asked with. On a stream it may lie before what the client has; together with
# what this connection has brought already, `(after, cursor]` is complete for this client.
async def test_what_lies_between_after_and_cursor_is_complete(lab: Lab, transport: type[Reader]) -> None:
    reader = await lab.join(transport)
    brought: set[int] = set()
    has = seq_of(reader.cursor or "")
    for n in range(30):
        await lab.say("m", n)
        await lab.hub.to("elsewhere").emit("not for it")
        if n % 3 == 0:
            asked, batch = reader.cursor, await reader.next()
            brought.update(batch.seqs)
            complete = {m["seq"] for m in lab.log if seq_of(batch.after) < m["seq"] <= seq_of(batch.cursor)}
            assert complete <= brought and seq_of(batch.after) <= has
            if reader.pulls:
                assert batch.after == asked
            assert batch.cursor == lab.end or not lab.alone  # the end of the log when it was read
            has = seq_of(batch.cursor)


# A client sees what is for everyone, for the rooms it is in, and for itself alone, whoever else reads from the same
# place at the same time.
async def test_each_of_two_who_read_side_by_side_sees_what_is_its_own(lab: Lab, transport: type[Reader]) -> None:
    (one, _), (other, cursor) = await born(lab, transport), await born(lab, transport)
    await lab.client(one).join("lobby")
    due: dict[str, list[dict[str, Any]]] = {one: [], other: []}

    async def said(event: str, *hearers: str, room: str | None = None) -> None:
        where = lab.hub.to(room) if room else lab.client(hearers[0]) if len(hearers) == 1 else lab.hub
        await where.emit(event)
        for sid in hearers:
            due[sid].append({"seq": lab.hub.end, "event": event, "data": None, "from": None, "room": room})

    for _ in range(3):
        await said("for all", one, other)
        await said("for the room", one, room="lobby")
        await said("for the other", other)
        await said("for the one", one)
    await said("last", one, other)
    for sid in (one, other, one):
        reader = await lab.reader(transport, sid).open(cursor)
        assert as_logged(await reader.until("last")) == due[sid]


# A sid on a GET may come as `Authorization: Bearer SID`, wherever a header can be set.
async def test_a_bearer_header_names_the_client(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    reader = await lab.join(transport, sid, bearer=True)
    await lab.hub.client(public_id(sid)).emit("for you")
    assert [message["event"] for message in await reader.messages(1)] == ["for you"]


# Unknown parameters and keys are ignored. (A client adds `t=…` against caches.)
async def test_unknown_parameters_are_ignored(lab: Lab, transport: type[Reader]) -> None:
    assert (await first(lab, transport, new_sid(), None, t="123", colour="blue")).messages == []


# ---- Gaps: told when true …


# `trimmed`: something this client could see was trimmed after its cursor. `missed`: an upper bound. What follows is
# everything still kept after the cursor asked with.
@pytest.mark.limits(keep_messages=10)
async def test_what_was_trimmed_after_its_cursor_is_a_gap(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    for n in range(30):
        await lab.say("m", n)
    for _ in range(2):  # a lost answer repeats the gap
        batch = await first(lab, transport, sid, cursor)
        assert batch.gap is not None and batch.gap["reason"] == "trimmed"
        assert batch.gap["missed"] is None or batch.gap["missed"] >= 20
        assert as_logged(batch.messages) == lab.log[-10:]
    assert (await first(lab, Poll, sid, batch.cursor)).gap is None


# The gap stands in the first batch after the loss, which goes out at once, also from a long poll and also without
# messages.
@pytest.mark.limits(keep_messages=3)
async def test_a_gap_is_told_at_once_also_without_messages(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    for n in range(3):
        await lab.say("lost", n)
    for n in range(3):
        await lab.client(sid).broadcast.emit("not for it", n)
    batch = await first(lab, transport, sid, cursor)
    assert batch.gap is not None and batch.gap["reason"] == "trimmed"
    assert batch.messages == []


# … in the *first* batch after the loss.
@pytest.mark.limits(keep_messages=5)
async def test_a_gap_is_told_once_to_a_reader_that_reads_on(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    for n in range(20):
        await lab.say("m", n)
    reader = await lab.reader(transport, sid).open(cursor)
    await lab.say("next") if (await reader.next()).gap else pytest.fail("no gap was told")
    await reader.until("next")
    assert [batch.gap for batch in reader.batches[1:]] == [None] * (len(reader.batches) - 1)


# Each room is an audience of its own: what a member could see and was trimmed is a gap to it too.
@pytest.mark.limits(keep_messages=5)
async def test_what_was_trimmed_of_its_room_is_a_gap(lab: Lab, transport: type[Reader]) -> None:
    sid, _ = await born(lab, transport)
    await lab.client(sid).join("lobby")
    cursor = (await first(lab, Poll, sid, lab.end)).cursor
    for n in range(9):
        await lab.say("room", n, to="lobby")
    batch = await first(lab, transport, sid, cursor)
    assert batch.gap is not None and batch.gap["reason"] == "trimmed"
    assert as_logged(batch.messages) == lab.log[-5:]


# … and so is each client.
@pytest.mark.limits(keep_messages=5)
async def test_what_was_trimmed_of_its_own_messages_is_a_gap(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    for n in range(9):
        await lab.client(sid).emit("private", n)
    batch = await first(lab, transport, sid, cursor)
    assert batch.gap is not None and batch.gap["reason"] == "trimmed"
    assert [message["data"] for message in batch.messages] == [4, 5, 6, 7, 8]


# `away`: the hub had forgotten this client. Every batch read from a cursor that it had before its birth says so. What
# follows is everything still kept.
async def test_a_client_the_hub_does_not_know_was_away(lab: Lab, transport: type[Reader]) -> None:
    cursor = lab.end
    await lab.say("a")
    await lab.say("b")
    sid = new_sid()
    for _ in range(2):  # a lost answer repeats the gap
        batch = await first(lab, transport, sid, cursor)
        assert batch.gap is not None and batch.gap["reason"] == "away"
        assert as_logged(batch.messages) == lab.log
    assert lab.life == [("connect", public_id(sid))]
    assert (await first(lab, Poll, sid, batch.cursor)).gap is None  # … a taken one ends it


# … and from each of them, whichever comes first: a client takes only the one that goes on from its own.
async def test_of_two_readings_from_before_its_birth_both_say_away(lab: Lab, transport: type[Reader]) -> None:
    older = lab.end
    await lab.say("a")
    newer, sid = lab.end, new_sid()
    await lab.say("b")
    for cursor in (older, newer, older):
        batch = await first(lab, transport, sid, cursor)
        assert batch.gap is not None and batch.gap["reason"] == "away"


# … and only from those: where a taken batch leads, cut or not, and on a stream or not, nothing is told a second time.
@pytest.mark.limits(batch_messages=4)
async def test_away_is_told_once_however_many_batches_follow(lab: Lab, transport: type[Reader]) -> None:
    cursor = lab.end
    for n in range(14):
        await lab.say("news", n)
    sid, told = new_sid(), list[Any]()
    heard: list[Any] = []
    await lab.reader(Poll, sid).open(cursor)  # this answer is lost
    while len(heard) < 14 and len(told) < 14:
        batch = await first(lab, transport, sid, cursor)
        cursor, heard = batch.cursor, heard + batch.messages
        told.append(batch.gap and batch.gap["reason"])
    assert told == ["away", *[None] * (len(told) - 1)] and len(told) > 3
    assert as_logged(heard) == lab.log


async def test_away_is_told_once_on_one_stream(lab: Lab) -> None:
    cursor = lab.end
    for n in range(700):
        await lab.say("news", n)
    for stream in (Sse, Ws):
        reader = await lab.reader(stream, new_sid()).open(cursor)
        assert as_logged(await reader.messages(700)) == lab.log
        assert [batch.gap and batch.gap["reason"] for batch in reader.batches[:2]] == ["away", None]
        assert not any(batch.gap for batch in reader.batches[1:])


# … the same for who comes back by an emit, which brings no cursor.
@pytest.mark.limits(batch_messages=4)
async def test_who_comes_back_by_an_emit_is_told_away_once(lab: Lab, transport: type[Reader]) -> None:
    cursor = lab.end
    for n in range(9):
        await lab.say("news", n)
    sid, told = new_sid(), []
    await (await lab.way(PostWay, sid)).emit(1, "x")
    for _ in range(3):
        batch = await first(lab, transport, sid, cursor)
        told.append(batch.gap and batch.gap["reason"])
        cursor = batch.cursor
    assert told == ["away", None, None]


# … and who comes with a cursor of another life is told of that, once, and not that it was away, too.
@pytest.mark.limits(batch_messages=4)
@pytest.mark.parametrize("by_emit", [False, True])
async def test_an_epoch_is_told_once_however_many_batches_follow(
    lab: Lab, transport: type[Reader], by_emit: bool
) -> None:
    for n in range(9):
        await lab.say("news", n)
    sid, cursor, told = new_sid(), "another.7", []
    if by_emit:
        await (await lab.way(PostWay, sid)).emit(1, "x")
    for _ in range(3):
        batch = await first(lab, transport, sid, cursor)
        told.append(batch.gap and batch.gap["reason"])
        cursor = batch.cursor
    assert told == ["epoch", None, None]


# … (birth is an entry, so the batch's own cursor is beyond it), at the end of the log as anywhere.
async def test_away_is_told_at_once_also_at_the_end_of_the_log(lab: Lab, transport: type[Reader]) -> None:
    await lab.say("seen")
    sid, cursor = new_sid(), lab.end
    batch = await first(lab, transport, sid, cursor)
    assert batch.gap is not None and batch.gap["reason"] == "away"
    assert batch.messages == [] and seq_of(batch.cursor) > seq_of(cursor)
    assert (await first(lab, Poll, sid, batch.cursor)).gap is None


# `epoch`: the log has another life, it follows from its start. The client sets its position back to `after`.
# Epochs are names, without an order: a life with any other name is another, born before or after, and is told so to
# each reading that asks with a cursor of this one.
@pytest.mark.parametrize("other", ["1.7", "zzzzzzzzzzzzzzzz.7"], ids=["older", "younger"])
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_a_cursor_of_another_life_is_a_gap(lab: Lab, transport: type[Reader], other: str, known: bool) -> None:
    sid = (await born(lab, transport))[0] if known else new_sid()
    await lab.say("a")
    await lab.say("b")
    batch = await first(lab, transport, sid, other)
    assert batch.gap is not None and batch.gap["reason"] == "epoch"
    assert as_logged(batch.messages) == lab.log
    assert epoch_of(batch.after) == epoch_of(batch.cursor) == lab.hub.epoch
    assert seq_of(batch.after) < batch.seqs[0]
    assert (await first(lab, Poll, sid, batch.cursor)).gap is None


# Who comes back to a life it has left is told so as well: it follows from its start, not from where the other ended.
@pytest.mark.parametrize("births", [(1e9, 2e9), (2e9, 1e9)], ids=["forth", "back"])
async def test_two_lives_behind_one_address_are_each_a_gap_to_the_other(
    transport: type[Reader], births: tuple[float, float]
) -> None:
    sid = new_sid()
    async with serving(epoch=new_epoch(births[0])) as one, serving(epoch=new_epoch(births[1])) as two:
        cursor = (await first(one, transport, sid, None)).cursor
        for lab in (two, one, two):
            await lab.say("more")
            batch = await first(lab, transport, sid, cursor)
            assert batch.gap is not None and batch.gap["reason"] == "epoch"
            assert as_logged(batch.messages) == lab.log and epoch_of(batch.after) == lab.hub.epoch
            cursor = batch.cursor


# A restarted server is another life of the log.
async def test_a_restart_is_a_gap(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    async with serving() as old:
        await old.say("old")
        cursor = (await first(old, transport, sid, None)).cursor
    await lab.say("new")
    batch = await first(lab, transport, sid, cursor)
    assert batch.gap is not None and batch.gap["reason"] == "epoch"
    assert as_logged(batch.messages) == lab.log


# `future`: the cursor lies beyond the end, it follows from its end.
async def test_a_cursor_beyond_the_end_is_a_gap(lab: Lab, transport: type[Reader]) -> None:
    sid, _ = await born(lab, transport)
    await lab.say("seen")
    reader = await lab.reader(transport, sid, hold=30).open(lab.at(lab.hub.end + 5))
    batch = await reader.next(AT_ONCE)
    assert batch.gap is not None and batch.gap["reason"] == "future"
    assert (batch.messages, batch.after, batch.cursor) == ([], lab.end, lab.end)
    await lab.say("new")
    assert [message["event"] for message in await reader.messages(1)] == ["new"]
    assert reader.batches[-1].gap is None


# ---- … and never told when it was none (P4)


# Each audience keeps its own: a busy room makes nobody else forget.
@pytest.mark.limits(keep_messages=10)
async def test_a_busy_room_next_door_is_no_gap(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    await lab.say("for it")
    for n in range(50):
        await lab.hub.to("next door").emit("busy", n)
    batch = await first(lab, transport, sid, cursor)
    assert batch.gap is None and as_logged(batch.messages) == lab.log


# … nor does a talkative client.
@pytest.mark.limits(keep_messages=10)
async def test_other_peoples_private_messages_are_no_gap(lab: Lab, transport: type[Reader]) -> None:
    (sid, cursor), (other, _) = await born(lab, transport), await born(lab)
    for n in range(50):
        await lab.client(other).emit("private", n)
    await lab.say("for it")
    batch = await first(lab, transport, sid, cursor)
    assert batch.gap is None and as_logged(batch.messages) == lab.log


# What was trimmed at or before the cursor was read. (A quiet reader that has all there was missed nothing.)
@pytest.mark.limits(keep_messages=10)
async def test_what_was_trimmed_before_its_cursor_is_no_gap(lab: Lab, transport: type[Reader]) -> None:
    sid, _ = await born(lab, transport)
    for n in range(50):
        await lab.say("m", n)
    await nothing(lab, transport, sid, lab.end)
    batch = await first(lab, transport, sid, lab.at(lab.log[-11]["seq"]))
    assert batch.gap is None and as_logged(batch.messages) == lab.log[-10:]


# … each audience keeps the highest trimmed seq whose excluded client is another one, so that one's own broadcasts
# never count.
@pytest.mark.limits(keep_messages=10)
async def test_ones_own_broadcasts_trimmed_are_no_gap(lab: Lab, transport: type[Reader]) -> None:
    (sid, cursor), (other, elsewhere) = await born(lab, transport), await born(lab)
    for n in range(30):
        await lab.client(sid).broadcast.emit("my own", n)
    await nothing(lab, transport, sid, cursor)
    assert (await first(lab, transport, other, elsewhere)).gap is not None


# `trimmed`: something *this client could see* (only then): what a room lost before one joined was never one's own.
@pytest.mark.limits(keep_messages=10)
async def test_what_a_room_lost_before_one_joined_is_no_gap(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    for n in range(30):
        await lab.hub.to("lobby").emit("before", n)
    await lab.client(sid).join("lobby")
    await lab.say("now", to="lobby")
    batch = await first(lab, transport, sid, cursor)
    assert batch.gap is None and as_logged(batch.messages) == lab.log


# A newcomer has lost nothing, with or without a history.
@pytest.mark.limits(keep_messages=10)
async def test_a_newcomer_has_no_gap(lab: Lab, transport: type[Reader]) -> None:
    for n in range(30):
        await lab.say("m", n)
    assert (await first(lab, transport, new_sid(), None)).gap is None
    batch = await first(lab, transport, new_sid(), None, history=100)
    assert batch.gap is None and as_logged(batch.messages) == lab.log[-10:]


# ---- Silence


# Empty = a heartbeat: an empty one after `hold` seconds (longpoll), each `heartbeat` (sse, ws), now (poll).
async def test_silence_is_an_empty_batch(lab: Lab, transport: type[Reader]) -> None:
    reader = await lab.join(transport, hold=1, heartbeat=1)
    for _ in range(2):
        began = time.monotonic()
        batch = await reader.next(AT_ONCE)
        assert (batch.messages, batch.gap, batch.more, batch.cursor) == ([], None, False, lab.end)
        assert transport.kind == "poll" or time.monotonic() - began > 0.8


# `cursor` of a batch: the end of the log when it was read. What others hear moves it and says nothing.
async def test_silence_moves_the_cursor_past_what_others_heard(lab: Lab, transport: type[Reader]) -> None:
    reader = await lab.join(transport, hold=1, heartbeat=1)
    await lab.hub.to("elsewhere").emit("not for it")
    batch = await reader.next(AT_ONCE)
    assert (batch.messages, batch.gap, batch.cursor) == ([], None, lab.end)


# Clamped 1-30.
async def test_a_hold_is_clamped(lab: Lab) -> None:
    reader = await lab.join(LongPoll, hold=0)
    began = time.monotonic()
    assert (await reader.next(AT_ONCE)).messages == []
    assert time.monotonic() - began > 0.8
    reader = await lab.join(LongPoll, hold=100_000)
    await lab.say("m")
    assert len(await reader.messages(1)) == 1


# On sse and ws the first batch comes at once.
async def test_a_reader_with_a_cursor_at_the_end_waits_only_on_longpoll(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    began = time.monotonic()
    assert (await nothing(lab, transport, sid, cursor)).cursor == lab.end
    assert (time.monotonic() - began > 0.8) == (transport.kind == "longpoll")


# … 200, one batch as soon as it is not empty.
async def test_who_waits_is_told_as_soon_as_there_is_news(lab: Lab, transport: type[Reader]) -> None:
    reader = await lab.join(transport, hold=30, heartbeat=30)
    for n in range(3):
        waiting = asyncio.create_task(reader.messages(1, AT_ONCE))
        await PostWay(lab.url, new_sid()).settle()
        await lab.say("news", n)
        assert as_logged(await waiting) == lab.log[-1:]


# ---- Reading


BAD_CURSORS = (
    "x .5 m3. m3.-1 m3.+1 m3.01 m3.1.0 m3.1e3 m3.0x1 m3.٣ m3.1_0 M3.1 m-3.1 aaaaaaaaaaaaaaaaa.1 m3.9007199254740992"
).split() + ["m3. 1", "m3.1 ", "m3.1\n", "m3.1\x00", "m3." + "9" * 5000]


# cursor: `EPOCH.SEQ` (`[a-z0-9]{1,16}`, a dot, 0 or digits without leading zero, below 2^53). 400 / 4000, and nothing
# has changed.
async def test_a_bad_cursor_is_refused_and_changes_nothing(lab: Lab, transport: type[Reader]) -> None:
    sid, _ = await born(lab, transport)
    await lab.say("m")
    end, here = lab.hub.end, lab.here()
    for cursor in BAD_CURSORS:
        for reader in (lab.reader(transport, sid), lab.reader(transport, new_sid())):
            await reader.open(cursor)
            with pytest.raises(Refused) as refusal:
                await reader.next()
            assert refusal.value.status == (4000 if transport is Ws else 400), cursor
            assert refusal.value.code in ("bad_cursor", None if transport is Ws else "bad_cursor"), cursor
            await reader.close()
    assert (lab.hub.end, lab.here()) == (end, here)
    # It still has not read with a cursor, so it still starts where it started.
    assert as_logged((await first(lab, transport, sid, None)).messages) == lab.log


# Reading is a pure function of a cursor and takes nothing away.
async def test_reading_takes_nothing(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    for n in range(5):
        await lab.say("m", n)
    batches = [await first(lab, transport, sid, cursor) for _ in range(3)]
    assert as_logged(batches[0].messages) == lab.log
    assert [(batch.messages, batch.cursor, batch.gap) for batch in batches[1:]] == [
        (batches[0].messages, batches[0].cursor, None)
    ] * 2


# A second reader is harmless: each hears everything.
async def test_two_readers_of_one_client_take_nothing_from_each_other(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    one = await lab.join(transport, sid, hold=30)
    two = await lab.reader(transport, sid, hold=30).open(one.cursor)
    for n in range(10):
        await lab.say("m", n)
    await lab.say("last")
    assert as_logged(await one.until("last")) == as_logged(await two.until("last")) == lab.log


# P6: a slow, dead or hostile client delays no other.
async def test_a_reader_that_leaves_disturbs_nobody(lab: Lab, transport: type[Reader]) -> None:
    staying = await lab.join(transport, hold=30)
    leaving = [await lab.join(transport, hold=30) for _ in range(6)]
    waiting = [asyncio.create_task(reader.next()) for reader in leaving]
    await PostWay(lab.url, new_sid()).settle()
    for reader in leaving[:3]:
        await reader.cut()
    await lab.say("while some are gone")
    for reader in leaving[3:]:
        await reader.close()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await lab.say("when all are gone")
    assert as_logged(await staying.until("when all are gone")) == lab.log


# `more`: the batch was cut: ask again at once; that costs nothing of the interval limit.
@pytest.mark.limits(batch_messages=20, poll_rate=0.5, poll_burst=3)
async def test_a_reader_far_behind_catches_up_by_more(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    for n in range(410):
        await lab.say("m", n)
    reader = await lab.reader(transport, sid).open(cursor)
    assert as_logged(await reader.messages(410)) == lab.log
    assert max(len(batch.messages) for batch in reader.batches) <= 20
    assert not reader.batches[-1].more
    for batch in reader.batches[:-1] if reader.pulls else []:
        assert batch.more and seq_of(batch.cursor) == batch.seqs[-1]  # its last message where the batch was cut


# … (300 messages or 256 KiB).
async def test_no_batch_has_more_than_300_messages_or_256_kib(lab: Lab, transport: type[Reader]) -> None:
    sid, cursor = await born(lab, transport)
    for n in range(650):
        await lab.say("small", n)
    for n in range(40):
        await lab.say("big", [n, BIG])
    reader = await lab.reader(transport, sid).open(cursor)
    assert as_logged(await reader.messages(690)) == lab.log
    assert max(len(batch.messages) for batch in reader.batches) <= 300
    assert max(sum(map(len, batch.each())) for batch in reader.batches) <= KEPT


# No sid on a GET: an anonymous reader, who sees what is emitted to everyone, and is nobody.
async def test_an_anonymous_reader_hears_what_is_for_everyone(lab: Lab, transport: type[Reader]) -> None:
    sid, _ = await born(lab)
    await lab.client(sid).join("lobby")
    end, life, here = lab.hub.end, list(lab.life), lab.here()
    reader = await lab.track(transport(lab.url, hold=30)).open()
    batch = await reader.next(AT_ONCE)
    assert (batch.messages, batch.gap, batch.cursor) == ([], None, lab.end)
    assert (lab.hub.end, lab.life, lab.here()) == (end, life, here)
    await lab.hub.to("lobby").emit("room")
    await lab.client(sid).emit("private")
    await lab.say("for everyone")
    assert as_logged(await reader.messages(1)) == lab.log


# ---- Any cut, any switch, in any order: one log


class Taker:
    """The client's rules for batches: drop what was seen, never go back, ask again from one's own cursor."""

    def __init__(self, cursor: str) -> None:
        self.cursor = cursor
        self.handed: list[dict[str, Any]] = []
        self.dropped = 0

    def take(self, batch: Batch) -> bool:
        """Hand on what is new. False: this reading began beyond what the client has."""
        assert batch.gap is None, batch.gap
        assert epoch_of(batch.cursor) == epoch_of(self.cursor)
        if seq_of(batch.after) > seq_of(self.cursor):
            return False
        assert batch.seqs == sorted(set(batch.seqs))
        last = self.handed[-1]["seq"] if self.handed else 0
        new = [message for message in batch.messages if message["seq"] > last]
        self.dropped += len(batch.messages) - len(new)
        self.handed += new
        if seq_of(batch.cursor) > seq_of(self.cursor):
            self.cursor = batch.cursor
        return True


class Journey:
    """One client on a bad day: lines are cut, lost, repeated and read twice, while messages of every kind flow."""

    def __init__(self, lab: Lab, proxy: Proxy, seed: int, sid: str, cursor: str) -> None:
        self.lab = lab
        self.proxy = proxy
        self.chance = random.Random(seed)
        self.sid = sid
        self.taker = Taker(cursor)
        self.expected: list[int] = []
        self.overlaps = 0

    @property
    def eventful(self) -> bool:
        return bool(self.proxy.cuts and (self.proxy.repeats or self.proxy.lost) and self.overlaps)

    async def emit(self) -> None:
        hub, client = self.lab.hub, self.lab.client(self.sid)
        for _ in range(self.chance.randint(0, 3)):
            seen, ways = self.chance.choice(
                [
                    (True, [hub]),
                    (True, [client]),
                    (True, [hub.to("lobby")]),
                    (False, [client.broadcast]),
                    (False, [hub.to("elsewhere")]),
                    (True, [client.broadcast.to("elsewhere"), hub]),
                ]
            )
            for way in ways:
                await way.emit("m", self.chance.random())
            if seen:
                self.expected.append(hub.end)
        await client.emit("m")  # so that no reader waits for nothing
        self.expected.append(hub.end)

    def reader(self, base: str) -> Reader:
        transport = TRANSPORTS[self.chance.choice(list(TRANSPORTS))]
        return self.lab.reader(transport, self.sid, base, hold=1, heartbeat=1)

    async def step(self) -> None:
        """Read a little on one line that fails in some way, or on two lines at once."""
        fault = self.chance.choice(["none", "cut", "cut", "lose", "repeat", "overlap"])
        self.proxy.cut_after = self.chance.randint(1, 1500) if fault == "cut" else None
        self.proxy.lose, self.proxy.repeat = fault == "lose", fault == "repeat"
        readers = [self.reader(self.proxy.url) for _ in range(2 if fault == "overlap" else 1)]
        await self.emit()
        for reader in readers:
            await reader.open(self.taker.cursor)
        dropped = self.taker.dropped
        for _ in range(self.chance.randint(1, 3)):
            if not all([await self.read(reader) for reader in readers]):
                break
        self.overlaps += fault == "overlap" and self.taker.dropped > dropped
        for reader in readers:
            await (reader.cut if self.chance.random() < 0.7 else reader.close)()

    async def read(self, reader: Reader) -> bool:
        """Take one batch; False when this line is of no more use."""
        await self.emit()
        try:
            if not self.taker.take(await reader.next()):
                return False
        except Ended:
            return False
        if reader.pulls:
            reader.cursor = self.taker.cursor
        return True

    async def arrive(self) -> None:
        """Read the rest on a line that works."""
        reader = await self.reader(self.lab.url).open(self.taker.cursor)
        while not self.expected[-1] <= seq_of(self.taker.cursor):
            assert self.taker.take(await reader.next())


# Falling back, switching, upgrading = going on reading from the same cursor on another transport. A lost answer, a
# second reader, a half-finished switch, two transports alive at once are harmless. P3: each message exactly once.
@pytest.mark.parametrize("seed", range(50))
async def test_any_cut_and_any_switch_in_any_order_yield_the_one_log(lab: Lab, proxy: Proxy, seed: int) -> None:
    @lab.hub.on("connect")
    async def enter(client: Any) -> None:
        await client.join("lobby")

    journey = Journey(lab, proxy, seed, *await born(lab))
    for _ in range(300):  # what is cut depends on who comes first: most days have it within twenty
        await journey.step()
        if journey.eventful and len(journey.expected) >= 40:
            break
    await journey.arrive()
    assert [message["seq"] for message in journey.taker.handed] == journey.expected
    assert journey.eventful, "void: nothing was cut inside an answer, repeated or overlapped"


# ---- Acks


# C: the last message this client may see that was logged by the end of the handler (`EPOCH.0` if none).
async def test_an_ack_names_the_last_message_its_client_may_see(lab: Lab, way: type[PostWay]) -> None:
    other, _ = await born(lab)
    said: list[int] = []

    @lab.hub.on("speak")
    async def speak(client: Any, data: Any) -> None:
        await lab.hub.emit("heard", data)
        said.append(lab.hub.end)
        await client.broadcast.emit("not by it", data)
        await lab.client(other).emit("not by it", data)
        await client.join("lobby")

    @lab.hub.on("whisper")
    async def whisper(client: Any, data: Any) -> None:
        await client.broadcast.emit("not by it", data)

    up = await lab.way(way)
    assert (await up.emit(1, "nothing"))["cursor"] == lab.at(0)
    assert (await up.emit(2, "whisper"))["cursor"] == lab.at(0)
    assert (await up.emit(3, "speak"))["cursor"] == lab.at(said[0])
    assert (await up.emit(4, "whisper"))["cursor"] == lab.at(said[0])
    seen = await lab.say("room", to="lobby")
    assert (await up.emit(5, "nothing"))["cursor"] == lab.at(seen)


# An error ack has its cursor too: {"n":1,"error":{"code":…,"message":…},"cursor":C}.
@pytest.mark.logs_errors
async def test_an_error_ack_names_its_cursor_too(lab: Lab, way: type[PostWay]) -> None:
    @lab.hub.on("fail")
    async def fail(client: Any, data: Any) -> None:
        await lab.say("stays")
        raise ValueError("on purpose")

    ack = await (await lab.way(way)).emit(1, "fail")
    assert ack["error"]["code"] == "handler_failed" and ack["cursor"] == lab.at(lab.log[-1]["seq"])


# ---- What only one transport has


# Every event is `id: CURSOR` and `data: BATCH`.
async def test_each_event_of_sse_has_its_cursor_for_an_id(lab: Lab) -> None:
    reader = await lab.join(Sse, heartbeat=1)
    for n in range(5):
        await lab.say("m", n)
        await reader.messages(1)
    await reader.next()
    assert len(reader.batches) >= 7 and all(batch.id == batch.cursor for batch in reader.batches)


# poll interval: token bucket of 4/s, burst 10. 429 with `Retry-After`, and "retry": seconds.
@pytest.mark.alone("each process protects itself, and which is asked is chance")
@pytest.mark.limits(poll_rate=1, poll_burst=4)
async def test_polling_too_fast_is_asked_to_wait(lab: Lab) -> None:
    sid, cursor = await born(lab)
    end = lab.hub.end
    with pytest.raises(Refused) as refusal:
        for _ in range(8):
            await first(lab, Poll, sid, cursor)
    assert (refusal.value.status, refusal.value.code) == (429, "rate")
    assert int(refusal.value.headers["retry-after"]) >= 1 and 0 < refusal.value.retry <= 1
    assert lab.hub.end == end
    await asyncio.sleep(refusal.value.retry)  # as it was asked to
    await first(lab, Poll, sid, cursor)


# The header `Last-Event-ID` wins over `cursor`.
async def test_last_event_id_wins_over_the_cursor(lab: Lab) -> None:
    sid, cursor = await born(lab)
    await lab.say("a")
    seen = lab.end
    await lab.say("b")
    reader = Sse(lab.url, sid)
    reader.http.headers["Last-Event-ID"] = seen
    batch = await (await lab.track(reader).open(cursor)).next()
    assert batch.gap is None and as_logged(batch.messages) == lab.log[1:]


# A malformed `Last-Event-ID` is a gap `epoch`, because a 400 stops an EventSource for good.
async def test_a_malformed_last_event_id_is_a_gap(lab: Lab) -> None:
    sid, cursor = await born(lab)
    await lab.say("a")
    for malformed in ("nonsense", "m3.-1", "9" * 5000):
        reader = Sse(lab.url, sid)
        reader.http.headers["Last-Event-ID"] = malformed
        batch = await (await lab.track(reader).open(cursor)).next()
        assert batch.gap is not None and batch.gap["reason"] == "epoch", malformed
        assert as_logged(batch.messages) == lab.log


# {"ping":X} is answered by {"pong":X}: on ws, open means the first batch and the pong to the client's own token.
async def test_ws_echoes_the_clients_own_token(lab: Lab) -> None:
    reader = await lab.join(Ws)
    assert isinstance(reader, Ws)
    assert isinstance(reader, Ws)
    assert isinstance(reader, Ws)
    assert isinstance(reader, Ws)
    assert isinstance(reader, Ws)
    assert isinstance(reader, Ws)
    for token in ("a", 'é"\\\u2028', 17, None, {"x": [1]}):
        assert await reader.ping(token) == token


# A frame may hold both, emits and replies and a ping: all of it is answered.
@pytest.mark.parametrize("parts", [("ping",), ("ping", "emits"), ("ping", "replies"), ("ping", "emits", "replies")])
async def test_all_of_a_frame_is_answered(lab: Lab, parts: tuple[str, ...]) -> None:
    async def name(client: Any, _data: Any) -> None:
        names.append(await client.ask("who?"))

    names: list[str] = []
    lab.hub.on("name")(name)
    reader = await lab.join(Ws)
    assert isinstance(reader, Ws)
    await reader.write({"emits": [{"n": 1, "event": "name"}]})
    (asked,) = await reader.messages(1)
    whole: dict[str, Any] = {
        "ping": {"any": "thing"},
        "emits": [{"n": 2, "event": "say"}, {"n": 3, "event": "say"}],
        "replies": [{"seq": asked["seq"], "data": "Ada"}, {"seq": 9999, "data": "late"}],
    }
    await reader.write({"unknown": 1, **{part: whole[part] for part in parts}})
    due = (2 if "emits" in parts else 0) + (3 if "replies" in parts else 0)  # with the reply, n = 1 is acked, too
    if "replies" not in parts:
        await reader.write({"replies": whole["replies"][:1]})
        due += 2
    async with asyncio.timeout(AT_ONCE):
        acks = [await reader.acks.get() for _ in range(due)]
        assert await reader.pongs.get() == {"any": "thing"}
    assert {ack["n"] for ack in acks if "n" in ack} == ({1, 2, 3} if "emits" in parts else {1})
    assert names == ["Ada"] and reader.errors.empty()


# … a ping is answered although the emits beside it are refused, and what they said is not lost on the next frame.
@pytest.mark.limits(emit_rate=0.01, emit_burst=1)
async def test_a_ping_is_answered_beside_emits_that_are_refused(lab: Lab) -> None:
    reader = await lab.join(Ws)
    assert isinstance(reader, Ws)
    await reader.write({"emits": [{"n": 1, "event": "say"}]})
    await reader.acks.get()
    await reader.write({"ping": 1, "emits": [{"n": 2, "event": "say"}]})
    async with asyncio.timeout(AT_ONCE):
        assert await reader.pongs.get() == 1 and (await reader.errors.get())["code"] == "rate"
    await reader.write({"ping": 2, "acked": 0})
    async with asyncio.timeout(AT_ONCE):
        assert await reader.pongs.get() == 2
    assert reader.acks.empty() and reader.errors.empty()


# An anonymous reader on ws cannot emit (`no_sid`).
async def test_an_anonymous_reader_on_ws_cannot_emit(lab: Lab) -> None:
    heard: list[Any] = []
    lab.hub.on("c2s")(lambda client, data: heard.append(data))
    reader = Ws(lab.url)
    await lab.track(reader).open()
    await reader.next()
    await reader.write({"emits": [{"n": 1, "event": "c2s", "data": 1}]})
    async with asyncio.timeout(AT_ONCE):
        assert (await reader.errors.get())["code"] == "no_sid"
    assert heard == [] and lab.life == []


# All answers `Cache-Control: no-store`.
@pytest.mark.parametrize("path", ["/poll", "/longpoll", "/hello", "/poll?cursor=bad", "/nowhere"])
async def test_no_answer_may_be_stored(lab: Lab, path: str) -> None:
    assert (await http(lab.url, "GET", path)).headers["cache-control"] == "no-store"


# … the stream's too, and its type is `text/event-stream`.
async def test_a_stream_may_not_be_stored_either(lab: Lab) -> None:
    request = f"HEAD {target('sse')} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    head = (await raw(lab.url, request.encode())).decode().lower()
    assert "cache-control: no-store" in head and "content-type: text/event-stream" in head


def modules(entry: str) -> list[str]:
    """The module and all it imports, as addresses."""
    found = [entry]
    for address in found:
        text = (WEB / address.lstrip("/")).read_text("utf-8")
        imported = re.findall(r'^(?:import|export) .*from "([^"]+)";', text, re.MULTILINE)
        paths = [posixpath.normpath(posixpath.join(address, "..", name)) for name in imported]
        found += [path for path in paths if path not in found]
    return found


async def test_the_page_and_the_report_are_served_packed(lab: Lab) -> None:
    """Files as they are written, gzip where it is taken; the page names its modules before a browser finds them."""
    page = (await http(lab.url, "GET", "/")).body.decode()
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    assert "/client/socket.js" in named
    assert named == modules("/page/page.js")[1:], "index.html names other modules than page.js imports"
    for path in (*named, "/report/report.html"):
        answer = await http(lab.url, "GET", path, headers=[("Accept-Encoding", "gzip")])
        assert answer.status == 200
        assert answer.headers.get("content-encoding") == "gzip" or len(answer.body) < 500


async def test_a_file_is_served_whole_and_not_again_while_it_is_the_same(lab: Lab) -> None:
    """A part of packed bytes and one of plain bytes would be of the same ETag."""
    for coding in ("gzip", "identity"):
        asked = [("Accept-Encoding", coding), ("Range", "bytes=0-99")]
        answer = await http(lab.url, "GET", "/client/socket.js", headers=asked)
        assert answer.status == 200 and "accept-ranges" not in answer.headers
        assert (answer.headers.get("content-encoding") == "gzip") == (coding == "gzip")
        again = [("Accept-Encoding", coding), ("If-None-Match", answer.headers["etag"])]
        assert (await http(lab.url, "GET", "/client/socket.js", headers=again)).status == 304
