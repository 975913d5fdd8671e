"""The hub alone, without a server: one log, and who may read what of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

import pytest

from tests.stranger.http import DEADLINE
from transport_fallback.hub import Cursor, Hub, Member
from transport_fallback.log.batch import Batch, new_epoch
from transport_fallback.log.bell import Bell
from transport_fallback.log.record import STAYS
from transport_fallback.log.roll import Roll
from transport_fallback.protocol.codec import decode, encode
from transport_fallback.protocol.errors import Refuse, Refused
from transport_fallback.protocol.limits import Limits

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]

SOON = 0.02  # seconds of a hold or a heartbeat whose end is waited for
LONG = 3 * DEADLINE  # seconds of one whose end would make a test fail


class Clock:
    """Time that goes on when a test says so."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def hub_with(clock: Clock | None = None, **numbers: Any) -> Hub:
    return Hub(Limits(**numbers), epoch="now", clock=clock or Clock())


def at(seq: int) -> Cursor:
    return Cursor("now", seq)


def seqs(batch: Batch) -> list[int]:
    return [message["seq"] for message in decode(batch.text, dict)["messages"]]


def heard(batch: Batch) -> list[Any]:
    return [message["data"] for message in decode(batch.text, dict)["messages"]]


async def say(hub: Hub, *words: Any, room: str | None = None) -> list[int]:
    """Emit each word, to everyone or to a room. Returns the seqs."""
    return [await (hub.to(room) if room else hub).emit("said", word) for word in words]


async def born(hub: Hub, *names: str) -> list[Member]:
    return [await hub.bear(name) for name in names]


async def all_heard(hub: Hub, client: Member, cursor: Cursor) -> Iterable[Any]:
    """What a reader hears that asks again as long as there is more."""
    words: list[Any] = []
    batch = hub.read(client, cursor)
    while True:
        words += heard(batch)
        if not batch.more:
            return words
        batch = hub.read(client, batch.cursor)


# ---- cursors and the name of a life


@pytest.mark.parametrize("text", ["now.0", "a.1", "0123456789abcdef.9007199254740991"])
async def test_a_cursor_comes_back_as_it_was_given(text: str) -> None:
    assert str(Cursor.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            ".",
            "now",
            "now.",
            ".1",
            "now.1.2",
            "now.01",
            "now.-1",
            "now.+1",
            "now.1_0",
            "now. 1",
            "now.1 ",
            "now.1\n",
        ],
        *["NOW.1", "n-w.1", "0123456789abcdefg.1", "now.٣", "now.1e3", "now.9007199254740992", "now.99999999999999999"],
    ],
)
async def test_a_cursor_the_hub_never_gave_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Cursor.parse(text)
    assert refused.value.code == "bad_cursor"


async def test_an_epoch_sorts_by_birth() -> None:
    births = [1e9, 1_700_000_000.0, 1_700_000_000.001, 1_700_000_001.0, 2e9]
    epochs = [new_epoch(birth) for birth in births]
    assert epochs == sorted(epochs, key=lambda epoch: (len(epoch), epoch))
    assert all(Cursor.parse(f"{epoch}.0").epoch == epoch for epoch in epochs)
    assert new_epoch(1e9) != new_epoch(1e9) or new_epoch(1e9) != new_epoch(1e9)


# ---- reading


async def test_reading_takes_nothing_away() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    await say(hub, "one", "two")
    first, again = (hub.read(ann, at(1)) for _ in range(2))
    assert first.text == again.text
    assert heard(first) == ["one", "two"]


async def test_what_lies_at_the_cursor_was_read_and_what_lies_after_it_was_not() -> None:
    hub = hub_with()
    assert await say(hub, "one", "two", "three") == [1, 2, 3]
    assert [seqs(hub.read(hub.anonymous, at(seq))) for seq in range(4)] == [[1, 2, 3], [2, 3], [3], []]


async def test_every_entry_has_the_next_seq_whatever_it_is() -> None:
    hub = hub_with()
    ann = await hub.bear("ann")  # 1
    await ann.join("red")  # 2
    await ann.join("red")  # no entry: it is in
    assert await say(hub, "hello", room="red") == [3]
    await ann.leave("red")  # 4
    await ann.leave("red")  # no entry: it is out
    await hub.forget(ann)  # 5
    await hub.forget(ann)  # no entry: it is gone
    assert await say(hub, "hello") == [6]


async def test_a_message_says_all_that_the_protocol_promises() -> None:
    clock = Clock(1732333333.123)
    hub = hub_with(clock)
    ann = await hub.bear("ann")
    await ann.join("red")
    await hub.to("red").emit("s2c", {"user": "A\u2028", "content": "<b>"})
    (message,) = decode(hub.read(ann, at(1)).text, dict)["messages"]
    assert message == {
        "seq": 3,
        "event": "s2c",
        "data": {"user": "A\u2028", "content": "<b>"},
        "from": None,
        "room": "red",
        "at": 1732333333123,
    }


async def test_a_batch_has_exactly_the_keys_of_the_protocol() -> None:
    hub = hub_with()
    assert decode(hub.read(hub.anonymous, at(0)).text, dict) == {
        "after": "now.0",
        "cursor": "now.0",
        "gap": None,
        "more": False,
        "messages": [],
    }


async def test_a_cursor_moves_past_what_others_may_read() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    await bob.emit("secret")
    batch = hub.read(ann, at(2))
    assert (batch.after, batch.cursor, batch.news) == (at(2), at(3), False)


async def test_readers_who_may_see_the_same_get_the_same_bytes() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    await say(hub, "hello")
    assert hub.read(ann, at(2)) is hub.read(bob, at(2)) is hub.read(hub.anonymous, at(2))


async def test_readers_at_one_cursor_who_may_not_see_the_same_share_nothing() -> None:
    hub = hub_with()
    ann, bob, eve = await born(hub, "ann", "bob", "eve")
    await ann.emit("for", "ann")
    await bob.emit("for", "bob")
    assert [heard(hub.read(client, at(3))) for client in (ann, bob, eve)] == [["ann"], ["bob"], []]


async def test_readers_share_however_long_the_log_has_run() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    for _ in range(200):
        await say(hub, "hello")
        assert hub.read(ann, at(hub.end - 1)) is hub.read(bob, at(hub.end - 1))


async def test_a_shared_batch_is_not_given_again_when_there_is_news() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    assert hub.read(ann, at(2)).cursor == at(2)
    await say(hub, "news")
    assert heard(hub.read(bob, at(2))) == ["news"]


# ---- who may read what


async def test_an_anonymous_reader_hears_what_is_for_everyone_and_nothing_else() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    await ann.join("red")
    await ann.emit("private", "private")
    await say(hub, "in red", room="red")
    await bob.broadcast.emit("but bob", "but bob")
    await say(hub, "for all")
    assert heard(hub.read(hub.anonymous, at(0))) == ["but bob", "for all"]


async def test_ones_own_broadcast_does_not_come_back() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    await ann.join("red")
    await bob.join("red")
    await ann.broadcast.emit("x", "to all but ann")
    await ann.broadcast.to("red").emit("x", "to red but ann")
    assert heard(hub.read(ann, at(4))) == []
    assert heard(hub.read(bob, at(4))) == ["to all but ann", "to red but ann"]


async def test_a_member_hears_what_was_said_while_it_was_in_whenever_it_reads() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    await say(hub, "before", room="red")
    await ann.join("red")
    await say(hub, "inside", room="red")
    await ann.leave("red")
    await say(hub, "between", room="red")
    await ann.join("red")
    await say(hub, "inside again", room="red")
    await ann.leave("red")
    await say(hub, "after", room="red")
    assert heard(hub.read(ann, at(0))) == ["inside", "inside again"]


async def test_what_was_said_in_a_room_is_merged_with_the_rest_in_one_order() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    await ann.join("blue")
    for word in range(12):
        places: list[Any] = [hub.to("red"), hub, ann, hub.to("blue")]
        await places[word % 4].emit("said", word)
    await ann.leave("red")
    assert heard(hub.read(ann, at(1))) == list(range(12))


async def test_a_client_that_is_forgotten_is_in_no_room_any_more() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    await ann.join("red")
    await bob.join("red")
    await say(hub, "hello", room="red")
    await hub.forget(ann)
    assert hub.rooms == {"red": ["bob"]}
    again = await hub.bear("ann")
    assert heard(hub.read(again, at(0))) == []


async def test_nobody_reads_what_was_for_a_client_of_the_same_name() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    await ann.emit("secret", "secret")
    await hub.forget(ann)
    again = await hub.bear("ann")
    assert not hub.read(again, at(0)).messages


async def test_a_room_of_the_name_of_a_client_is_not_that_client() -> None:
    hub = hub_with()
    ann, eve = await born(hub, "ann", "eve")
    await eve.join("ann")
    await ann.emit("secret", "secret")
    await say(hub, "in the room", room="ann")
    assert heard(hub.read(eve, at(2))) == ["in the room"]
    assert heard(hub.read(ann, at(2))) == ["secret"]


async def test_a_client_the_hub_does_not_know_cannot_be_spoken_to() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    with pytest.raises(LookupError):
        hub.client("bob")
    await hub.forget(ann)
    with pytest.raises(LookupError):
        await ann.emit("hello")
    assert hub.end == 2


async def test_a_client_that_is_forgotten_can_join_nothing_and_breaks_nothing() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    await bob.join("red")
    await hub.forget(ann)
    with pytest.raises(LookupError, match="forgotten"):
        await ann.join("red")
    assert hub.rooms == {"red": ["bob"]}
    await say(hub, "hello", room="red")
    assert heard(hub.read(bob, at(2))) == ["hello"]


async def test_a_client_may_be_in_so_many_rooms_and_no_more() -> None:
    hub = hub_with(rooms_per_client=2)
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    await ann.join("blue")
    with pytest.raises(Refuse):
        await ann.join("green")
    await ann.join("red")  # it is in already
    await ann.leave("red")
    await ann.join("green")
    assert ann.rooms == ["blue", "green"]


async def test_a_room_that_nobody_is_in_makes_way_for_a_new_one() -> None:
    hub = hub_with(rooms=2)
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    await say(hub, "kept", room="blue")
    await ann.join("green")
    assert hub.history("blue", 9) == []
    with pytest.raises(Refuse):
        await ann.join("yellow")
    assert sorted(hub.rooms) == ["green", "red"]
    assert hub.store.bytes == 0


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "\x00", "\u2028", "\ud800"])
async def test_a_room_has_a_name_one_can_print(name: str) -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    with pytest.raises(Refuse):
        await ann.join(name)
    assert hub.end == 1


@pytest.mark.parametrize(
    "event", ["connect", "disconnect", "gap", "switch", "error", "$void", "$", "", "x" * 65, "a\nb"]
)
async def test_the_hub_logs_no_event_that_a_client_could_not_tell_from_life_cycle(event: str) -> None:
    hub = hub_with()
    with pytest.raises(ValueError, match="an event is"):
        await hub.emit(event)
    assert hub.end == 0


@pytest.mark.parametrize(
    "data", [float("nan"), float("inf"), 2**53 + 1, "\ud800", {1: 2}, b"x", [[[[[[[[[]]]]]]]]], object()]
)
async def test_the_hub_logs_nothing_that_would_not_arrive_as_it_was_sent(data: Any) -> None:
    hub = hub_with()
    with pytest.raises(ValueError, match="JSON|strings|JavaScript|deep"):
        await hub.emit("said", data)
    assert hub.end == 0


async def test_data_may_have_8_levels_and_16_kib_of_json() -> None:
    hub = hub_with()
    deep: Any = [[[[[[[["8"]]]]]]]]
    large = "x" * (16 * 1024 - 2)
    await say(hub, deep, large)
    assert heard(hub.read(hub.anonymous, at(0))) == [deep, large]
    with pytest.raises(ValueError, match="the limit is 16384"):
        await say(hub, large + "x")


# ---- batches are cut


async def test_a_batch_is_cut_at_its_most_messages_and_goes_on_where_it_was_cut() -> None:
    hub = hub_with(batch_messages=3)
    await say(hub, *range(7))
    first = hub.read(hub.anonymous, at(0))
    assert (seqs(first), first.more, first.cursor) == ([1, 2, 3], True, at(3))
    assert await all_heard(hub, hub.anonymous, at(0)) == list(range(7))


async def test_a_batch_that_just_fits_is_not_cut() -> None:
    hub = hub_with(batch_messages=3)
    await say(hub, *range(3))
    await hub.bear("ann")
    batch = hub.read(hub.anonymous, at(0))
    assert (len(seqs(batch)), batch.more, batch.cursor) == (3, False, at(4))


async def test_a_batch_is_cut_at_its_most_bytes() -> None:
    hub = hub_with(batch_bytes=1000)
    await say(hub, *(str(n) * 300 for n in range(7)))
    batch = hub.read(hub.anonymous, at(0))
    assert batch.more and sum(len(message.text) + 1 for message in batch.messages) <= 1000
    assert len(batch.messages) == 2
    assert len(list(await all_heard(hub, hub.anonymous, at(0)))) == 7


async def test_one_message_larger_than_a_batch_goes_alone() -> None:
    hub = hub_with(batch_bytes=100)
    await say(hub, "x" * 500, "y" * 500)
    batch = hub.read(hub.anonymous, at(0))
    assert (seqs(batch), batch.more) == ([1], True)


async def test_a_cut_batch_lacks_nothing_before_its_cursor_in_any_audience() -> None:
    hub = hub_with(batch_messages=2)
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    for word in range(9):
        places: list[Any] = [hub.to("red"), ann, hub]
        await places[word % 3].emit("said", word)
    assert await all_heard(hub, ann, at(0)) == list(range(9))


# ---- gaps, exactly when true


async def test_what_was_trimmed_after_a_cursor_is_a_gap_and_what_is_kept_follows() -> None:
    hub = hub_with(keep_messages=3)
    await say(hub, *range(5))
    batch = hub.read(hub.anonymous, at(0))
    assert batch.gap == {"reason": "trimmed", "missed": 2}
    assert (seqs(batch), batch.after, batch.cursor) == ([3, 4, 5], at(0), at(5))


async def test_a_gap_begins_with_the_first_message_that_is_lost() -> None:
    hub = hub_with(keep_messages=3)
    await say(hub, *range(5))  # 1 and 2 are trimmed
    gaps = [hub.read(hub.anonymous, at(seq)).gap for seq in range(5)]
    assert [bool(gap) for gap in gaps] == [True, True, False, False, False]


async def test_a_busy_room_next_door_makes_nobody_else_forget() -> None:
    hub = hub_with(keep_messages=3)
    ann, bob = await born(hub, "ann", "bob")
    await bob.join("red")
    await say(hub, "kept")
    await say(hub, *range(50), room="red")
    batch = hub.read(ann, at(2))
    assert (heard(batch), batch.gap) == (["kept"], None)
    assert hub.read(bob, at(2)).gap == {"reason": "trimmed", "missed": 47}


async def test_what_is_trimmed_of_a_room_is_a_gap_for_who_was_in_and_for_nobody_else() -> None:
    hub = hub_with(keep_messages=2)
    ann, bob, eve = await born(hub, "ann", "bob", "eve")
    await ann.join("red")
    await say(hub, *range(4), room="red")
    await bob.join("red")
    await say(hub, "for both", room="red")
    assert [bool(hub.read(client, at(3)).gap) for client in (ann, bob, eve)] == [True, False, False]


async def test_ones_own_broadcasts_are_no_gap_when_they_are_trimmed() -> None:
    hub = hub_with(keep_messages=2)
    ann, bob = await born(hub, "ann", "bob")
    for _ in range(4):
        await ann.broadcast.emit("mine")
    assert hub.read(ann, at(2)).gap is None
    assert hub.read(bob, at(2)).gap == {"reason": "trimmed", "missed": 2}


async def test_anothers_broadcast_between_ones_own_is_a_gap_when_it_is_trimmed() -> None:
    hub = hub_with(keep_messages=1)
    ann, bob = await born(hub, "ann", "bob")
    await ann.broadcast.emit("mine")  # 3
    await bob.broadcast.emit("his")  # 4
    await ann.broadcast.emit("mine")  # 5
    await ann.broadcast.emit("mine")  # 6: the only one kept
    assert [bool(hub.read(ann, at(seq)).gap) for seq in (2, 3, 4, 5)] == [True, True, False, False]
    assert [bool(hub.read(bob, at(seq)).gap) for seq in (2, 3, 4, 5)] == [True, True, True, False]


async def test_what_was_trimmed_of_a_room_one_has_left_is_a_gap_only_if_one_was_in() -> None:
    hub = hub_with(keep_messages=1)
    ann, bob = await born(hub, "ann", "bob")
    await bob.join("red")
    await ann.join("red")
    await say(hub, "inside", room="red")  # 5
    await ann.leave("red")
    assert hub.read(ann, at(4)).gap is None
    await say(hub, "after", "later", room="red")  # 5 and 7 are trimmed
    assert hub.read(ann, at(4)).gap is not None
    assert hub.read(ann, at(5)).gap is None


async def test_who_left_more_rooms_than_are_remembered_is_told_in_doubt() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    await ann.join("blue")
    await say(hub, "in blue", room="blue")  # 4
    (lost,) = await say(hub, "in red", room="red")
    await ann.leave("red")
    await ann.leave("blue")
    for n in range(100):
        await ann.join("green")
        await say(hub, n, room="green")
        await ann.leave("green")
        batch = hub.read(ann, at(lost - 1))
        assert lost in seqs(batch) or batch.gap, f"message {lost} is neither there nor told, after {n + 1} more rooms"


async def test_a_gap_is_news_also_without_messages() -> None:
    hub = hub_with(keep_messages=1)
    ann, bob = await born(hub, "ann", "bob")
    await say(hub, "lost")
    await ann.broadcast.emit("mine")
    batch = hub.read(ann, at(2))
    assert (batch.messages, batch.news) == ([], True)
    assert batch.gap == {"reason": "trimmed", "missed": 1}
    assert hub.read(ann, batch.cursor).gap is None


async def test_missed_is_never_less_than_what_was_lost() -> None:
    hub = hub_with(keep_messages=2)
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    for word in range(10):
        await (hub.to("red") if word % 2 else hub).emit("said", word)
    batch = hub.read(ann, at(2))
    assert batch.gap and batch.gap["missed"] >= 10 - len(batch.messages)
    assert batch.gap["missed"] <= hub.end - 2 - len(batch.messages)


async def test_a_cursor_of_another_life_is_a_gap_and_all_that_is_kept_follows() -> None:
    hub = hub_with()
    await say(hub, "one", "two")
    batch = hub.read(hub.anonymous, Cursor("old", 2))
    assert batch.gap == {"reason": "epoch", "missed": None}
    assert (heard(batch), batch.after, batch.cursor) == (["one", "two"], at(0), at(2))


async def test_a_cursor_beyond_the_end_is_a_gap_and_goes_on_from_the_end() -> None:
    hub = hub_with()
    await say(hub, "one", "two")
    batch = hub.read(hub.anonymous, at(3))
    assert batch.gap == {"reason": "future", "missed": None}
    assert (batch.messages, batch.after, batch.cursor) == ([], at(2), at(2))
    assert hub.read(hub.anonymous, at(2)).gap is None


async def test_who_was_forgotten_is_told_away_until_it_reads_on_from_after_its_birth() -> None:
    hub = hub_with()
    await say(hub, "one", "two", "three")
    ann = await hub.bear("ann")  # 4
    batch = hub.read(ann, at(2))
    assert batch.gap and batch.gap["reason"] == "away" and batch.gap["missed"] >= 1
    assert (heard(batch), batch.after, batch.cursor) == (["three"], at(2), at(4))
    assert hub.read(ann, at(2)).text == batch.text  # an answer that was lost repeats the gap
    assert hub.read(ann, batch.cursor).gap is None  # one that was taken ends it


async def test_away_says_what_was_trimmed_beside() -> None:
    hub = hub_with(keep_messages=2)
    await say(hub, "one", "two", "three", "four")
    ann = await hub.bear("ann")  # 5
    assert hub.read(ann, at(1)).gap == {"reason": "away", "missed": 2, "trimmed": 1}
    assert hub.read(ann, at(2)).gap == {"reason": "away", "missed": 1}


async def test_away_is_told_of_every_cursor_before_the_birth_and_of_none_after_it() -> None:
    hub = hub_with()
    await say(hub, *range(5))
    ann = await hub.bear("ann")  # 6
    await say(hub, "six")
    reasons = [(hub.read(ann, at(seq)).gap or {}).get("reason") for seq in range(8)]
    assert reasons == ["away"] * 6 + [None] * 2


# ---- what is kept


def kept_of(hub: Hub, client: Member) -> list[int]:
    """The number of messages kept of everyone, of a room, and of one client."""
    assert client.own is not None
    return [len(audience) for audience in (hub.store.everyone, hub.store.rooms["red"], client.own)]


async def test_each_audience_keeps_its_own_last_messages() -> None:
    hub = hub_with(keep_messages=3)
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    for word in range(5):
        for place in (hub, hub.to("red"), ann):
            await place.emit("said", word)
    assert kept_of(hub, ann) == [3, 3, 3]


async def test_what_is_too_old_goes_with_the_next_message_or_the_next_sweep() -> None:
    clock = Clock()
    hub = hub_with(clock, keep_seconds=60.0)
    await say(hub, "old")
    clock.now += 40
    await say(hub, "younger")
    clock.now += 21
    await say(hub, "new")
    assert heard(hub.read(hub.anonymous, at(1))) == ["younger", "new"]
    assert hub.read(hub.anonymous, at(0)).gap == {"reason": "trimmed", "missed": 1}
    clock.now += 61
    hub.sweep()
    assert not hub.store.everyone and hub.store.bytes == 0
    assert hub.read(hub.anonymous, at(1)).gap == {"reason": "trimmed", "missed": 2}


async def test_a_message_is_kept_as_long_as_was_promised_and_no_second_less() -> None:
    clock = Clock()
    hub = hub_with(clock, keep_seconds=60.0)
    await say(hub, "hello")
    clock.now += 60
    hub.sweep()
    assert heard(hub.read(hub.anonymous, at(0))) == ["hello"]


@pytest.mark.parametrize("busy", [0, 1, 2])
async def test_the_largest_audience_is_trimmed_first(busy: int) -> None:
    hub = hub_with(keep_bytes=20_000)
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    places: list[Any] = [hub, hub.to("red"), ann]
    for place in places:
        await place.emit("said", "small")
    for _ in range(40):
        await places[busy].emit("said", "x" * 1000)
    kept = kept_of(hub, ann)
    assert kept.pop(busy) >= 10 and kept == [1, 1]
    assert hub.store.bytes <= 20_000


async def test_the_bytes_counted_are_the_bytes_kept() -> None:
    clock = Clock()
    hub = hub_with(clock, data=4_000, keep_messages=4, keep_bytes=8_000, keep_seconds=50.0)
    ann, bob = await born(hub, "ann", "bob")
    for word in range(60):
        await (ann.join if word % 7 else ann.leave)("red")
        places: list[Any] = [hub, hub.to("red"), ann, bob.broadcast.to("red")]
        await places[word % 4].emit("said", "x" * (37 * word % 900))
        clock.now += word % 5
        kept = [*hub.store.everyone.newest(hub.end, "")]
        for audience in (*hub.store.rooms.values(), ann.own, bob.own):
            kept += audience.newest(hub.end, "") if audience is not None else ()
        assert hub.store.bytes == sum(len(message.text) for message in kept) <= 8_000
    await hub.forget(ann)
    await hub.forget(bob)
    clock.now += 100
    hub.sweep()
    assert hub.store.bytes == 0 and not hub.store.rooms


async def test_a_room_that_nobody_is_in_is_forgotten_when_nothing_of_it_is_kept() -> None:
    clock = Clock()
    hub = hub_with(clock, keep_seconds=10.0)
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    await say(hub, "hello", room="red")
    await ann.leave("red")
    assert "red" not in hub.rooms
    assert [message["data"] for message in hub.history("red", 5)] == ["hello"]
    clock.now += 11
    hub.sweep()
    assert not hub.store.rooms and hub.history("red", 5) == []
    assert hub.read(ann, at(2)).gap is not None  # it was in, and what was said is gone
    assert hub.read(ann, at(3)).gap is None


# ---- history


async def test_history_is_the_last_messages_to_everyone_and_to_the_rooms_one_is_in() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    await say(hub, "to all")
    await say(hub, "in red, before ann", room="red")
    await say(hub, "in blue", room="blue")
    await bob.emit("said", "for bob")
    await ann.emit("said", "for ann")
    await ann.broadcast.emit("said", "by ann")
    await ann.join("red")
    batch = hub.read(ann, at(hub.end), history=10)
    assert heard(batch) == ["to all", "in red, before ann"]
    assert (batch.after, batch.cursor, batch.gap) == (at(2), at(hub.end), None)


async def test_history_is_so_many_messages_and_the_newest_of_them() -> None:
    hub = hub_with()
    await say(hub, *range(10))
    batch = hub.read(hub.anonymous, at(10), history=3)
    assert (heard(batch), batch.after) == ([7, 8, 9], at(7))


async def test_history_that_is_too_large_is_cut_at_its_old_end() -> None:
    hub = hub_with(batch_bytes=1000)
    await say(hub, *(str(n) * 200 for n in range(10)))
    batch = hub.read(hub.anonymous, at(10), history=10)
    assert [word[0] for word in heard(batch)] == ["7", "8", "9"]
    assert (batch.more, batch.gap, batch.after, batch.cursor) == (False, None, at(7), at(10))


async def test_history_never_displaces_what_came_after_the_position() -> None:
    hub = hub_with(batch_messages=4)
    await say(hub, *range(9))
    batch = hub.read(hub.anonymous, at(6), history=9)
    assert heard(batch) == [5, 6, 7, 8]
    full = hub.read(hub.anonymous, at(2), history=9)
    assert (heard(full), full.more, full.after, full.cursor) == ([2, 3, 4, 5], True, at(2), at(6))


async def test_what_is_not_kept_of_the_past_is_no_gap_for_a_newcomer() -> None:
    hub = hub_with(keep_messages=2)
    await say(hub, *range(9))
    assert hub.read(hub.anonymous, at(9), history=9).gap is None


async def test_the_application_can_look_back() -> None:
    hub = hub_with()
    await say(hub, 1, 2, 3)
    await say(hub, "in red", room="red")
    assert [message["data"] for message in hub.history(None, 2)] == [2, 3]
    assert [message["data"] for message in hub.history("red", 9)] == ["in red"]
    assert hub.history("blue", 9) == []


# ---- waiting


async def test_who_waits_is_answered_at_once_if_there_is_something() -> None:
    hub = hub_with()
    await say(hub, "there already")
    async with asyncio.timeout(DEADLINE):
        assert heard(await hub.wait(hub.anonymous, at(0), LONG)) == ["there already"]


async def test_who_waits_in_vain_gets_an_empty_batch_after_its_hold() -> None:
    hub = hub_with()
    started = asyncio.get_running_loop().time()
    batch = await hub.wait(hub.anonymous, at(0), SOON)
    assert (batch.news, batch.cursor) == (False, at(0))
    assert SOON <= asyncio.get_running_loop().time() - started < DEADLINE


async def held(hub: Hub, client: Member, cursor: Cursor) -> asyncio.Task[Batch]:
    """A wait that has begun."""
    task = asyncio.create_task(hub.wait(client, cursor, LONG))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    return task


@pytest.mark.parametrize("to", ["everyone", "room", "client", "broadcast", "broadcast to room"])
async def test_who_waits_is_woken_by_whatever_it_may_read(to: str) -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    waiting = await held(hub, ann, at(2))
    await ann.join("red")  # held since before the join
    places: dict[str, Any] = {"everyone": hub, "room": hub.to("red"), "client": hub.client("ann")}
    places |= {"broadcast": bob.broadcast, "broadcast to room": bob.broadcast.to("red")}
    await places[to].emit("said", to)
    async with asyncio.timeout(DEADLINE):
        assert heard(await waiting) == [to]


async def test_who_waits_is_not_answered_for_what_others_may_read() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    waiting = await held(hub, ann, at(2))
    await bob.emit("said", "for bob")
    await say(hub, "elsewhere", room="red")
    await ann.broadcast.emit("said", "by ann")
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    await say(hub, "for all")
    async with asyncio.timeout(DEADLINE):
        assert heard(await waiting) == ["for all"]


async def test_only_the_readers_of_an_audience_are_woken() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    await bob.join("red")
    with hub.listening(ann, None) as anns, hub.listening(bob, None) as bobs:
        await say(hub, "in red", room="red")
        await bob.emit("said", "for bob")
        assert (anns._rung, bobs._rung) == (False, True)


async def test_one_who_leaves_does_not_cancel_who_still_waits() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    leaving, staying = [await held(hub, ann, at(1)) for _ in range(2)]
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await say(hub, "hello")
    async with asyncio.timeout(DEADLINE):
        assert heard(await staying) == ["hello"]
    assert not hub._bells and not ann.bells


async def test_what_is_said_in_one_turn_leaves_in_one_batch() -> None:
    hub = hub_with()
    waiting = await held(hub, hub.anonymous, at(0))
    await say(hub, *range(8))
    assert heard(await waiting) == list(range(8))


async def test_who_is_told_to_stop_waits_no_more() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    task = await held(hub, ann, at(1))
    for bell in list(ann.bells):
        assert isinstance(bell, Bell)
        bell.end("draining")
    async with asyncio.timeout(DEADLINE):
        assert not (await task).news


# ---- following


async def test_who_follows_hears_at_once_where_it_is_even_if_nothing_is_new() -> None:
    hub = hub_with()
    async with contextlib.aclosing(hub.follow(hub.anonymous, at(0), LONG)) as batches:
        async with asyncio.timeout(DEADLINE):
            batch = await anext(batches)
    assert (batch.news, batch.cursor) == (False, at(0))


async def test_silence_is_an_empty_batch_each_heartbeat() -> None:
    hub = hub_with()
    loop = asyncio.get_running_loop()
    async with contextlib.aclosing(hub.follow(hub.anonymous, at(0), SOON)) as batches:
        await anext(batches)
        started = loop.time()
        assert [(await anext(batches)).news for _ in range(3)] == [False] * 3
    assert 3 * SOON <= loop.time() - started < DEADLINE


async def test_who_follows_reads_on_from_where_it_is() -> None:
    hub = hub_with(batch_messages=2)
    await say(hub, *range(5))
    words: list[Any] = []
    async with contextlib.aclosing(hub.follow(hub.anonymous, at(0), LONG)) as batches:
        async with asyncio.timeout(DEADLINE):
            async for batch in batches:
                words += heard(batch)
                if len(words) == 5:
                    await say(hub, *range(5, 8))
                if len(words) == 8:
                    break
    assert words == list(range(8))


async def test_a_heartbeat_moves_the_cursor_past_what_others_heard() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    async with contextlib.aclosing(hub.follow(ann, at(2), SOON)) as batches:
        await anext(batches)
        await bob.emit("said", "for bob")
        batch = await anext(batches)
    assert (batch.news, batch.after, batch.cursor) == (False, at(2), at(3))


async def test_a_slow_follower_holds_one_batch_and_reads_on_later() -> None:
    hub = hub_with(keep_messages=5)
    async with contextlib.aclosing(hub.follow(hub.anonymous, at(0), LONG)) as batches:
        await anext(batches)
        await say(hub, *range(20))  # meanwhile nothing is kept for it
        async with asyncio.timeout(DEADLINE):
            batch = await anext(batches)
    assert batch.gap == {"reason": "trimmed", "missed": 15}
    assert heard(batch) == list(range(15, 20))


async def test_catching_up_on_a_stream_goes_in_small_writes() -> None:
    hub = hub_with(stream_bytes=1000)
    await say(hub, *("x" * 300 for _ in range(7)))
    sizes: list[int] = []
    async with contextlib.aclosing(hub.follow(hub.anonymous, at(0), LONG)) as batches:
        async for batch in batches:
            sizes.append(sum(len(message.text) + 1 for message in batch.messages))
            if not batch.more:
                break
    assert len(sizes) == 4 and max(sizes) <= 1000


async def test_who_follows_and_is_told_to_stop_ends() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    async with contextlib.aclosing(hub.follow(ann, at(1), LONG)) as batches:
        await anext(batches)
        (bell,) = ann.bells
        assert isinstance(bell, Bell)
        asyncio.get_running_loop().call_soon(bell.end, "crowded")
        async with asyncio.timeout(DEADLINE):
            assert [batch async for batch in batches] == []
    assert not hub._bells and not ann.bells


# ---- what the application registers


@pytest.mark.parametrize("event", ["error", "gap", "reconnect", "$void"])
async def test_no_handler_can_be_given_for_what_no_client_can_emit(event: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        hub_with().on(event)


async def test_connection_is_another_word_for_connect() -> None:
    hub = hub_with()
    hub.on("connection")(print)
    assert hub.handlers == {"connect": [print]}


async def test_who_is_here_is_of_all_or_of_one_room() -> None:
    hub = hub_with()
    ann, bob, eve = await born(hub, "ann", "bob", "eve")
    for one in (ann, bob):
        hub.log.note("h", one.id)
    await bob.join("red")
    await eve.join("red")
    assert hub.clients() == [ann, bob]
    assert hub.clients("red") == [bob]
    assert hub.clients("blue") == []
    assert hub.rooms == {"red": ["bob", "eve"]}


async def test_the_roll_follows_who_comes_and_goes() -> None:
    hub = hub_with()
    ann, bob, eve = await born(hub, "ann", "bob", "eve")
    await ann.join("red")
    await bob.join("red")
    for one in (ann, bob, eve):
        hub.log.note("h", one.id)
    assert (len(hub.roll()), len(hub.roll("red")), len(hub.roll("blue"))) == (3, 2, 0)
    await ann.leave("red")
    hub.log.note("a", bob.id, "silence")
    assert (hub.roll().ids(), hub.roll("red").ids()) == (["ann", "eve"], [])
    hub.log.note("h", bob.id)
    await hub.forget(eve)
    assert (hub.roll().ids(), hub.roll("red").ids(), hub.clients("red")) == (["ann", "bob"], ["bob"], [bob])


def test_leafing_through_the_roll_leaves_out_nobody_who_stays() -> None:
    roll = Roll()
    for n in range(10):
        roll.add(f"c{n}")
        roll.add(f"c{n}")
    first = roll.page(0, 4)
    for gone in ("c0", "c3", "c4"):
        roll.discard(gone)
        roll.discard(gone)
    roll.add("c0")  # who comes back comes last
    rest = roll.page(first[-1][0], 100)
    assert [client for _, client in first] == ["c0", "c1", "c2", "c3"]
    assert [client for _, client in rest] == ["c5", "c6", "c7", "c8", "c9", "c0"]
    assert len(roll) == 8 and "c3" not in roll and roll.page(rest[-1][0], 5) == []


async def test_what_is_kept_about_a_client_is_forgotten_with_it() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    ann.data["name"] = "Ann"
    assert hub.client("ann").data == {"name": "Ann"}
    await hub.forget(ann)
    (again,) = await born(hub, "ann")
    assert again.data == {}


async def test_send_is_to_emit_a_message() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    await ann.join("red")
    for place in (hub, hub.to("red"), ann):
        await place.send("hello")
    messages = decode(hub.read(ann, at(2)).text, dict)["messages"]
    assert [(message["event"], message["data"]) for message in messages] == [("message", "hello")] * 3


async def test_the_last_one_may_see_is_the_last_one_could_ever_read() -> None:
    hub = hub_with()
    ann, bob = await born(hub, "ann", "bob")
    assert hub.last_seen_by(ann) == at(0)
    await say(hub, "to all")  # 3
    await bob.emit("for bob")
    assert (hub.last_seen_by(ann), hub.last_seen_by(bob)) == (at(3), at(4))
    await ann.join("red")
    await say(hub, "in red", room="red")  # 6
    await ann.leave("red")
    await say(hub, "after", room="red")
    await ann.broadcast.emit("by ann")
    assert hub.last_seen_by(ann) == at(6)


async def test_bytes_on_the_wire_are_compact_utf8() -> None:
    hub = hub_with()
    await say(hub, {"a": ["ü", "\u2028"]})
    assert encode({"a": ["ü", "\u2028"]}) in hub.read(hub.anonymous, at(0)).text


# ---- small ways to lose something


async def test_what_was_trimmed_late_of_one_audience_hides_no_gap_of_another() -> None:
    hub = hub_with(keep_messages=1)
    ann, bob = await born(hub, "ann", "bob")
    await bob.emit("old")  # 3
    await say(hub, "lost", "kept")  # 4, 5: the 4th is trimmed first, the 3rd after it
    await bob.emit("new")
    assert hub.read(ann, at(3)).gap == {"reason": "trimmed", "missed": 1}


async def test_a_room_that_makes_way_takes_what_was_said_there_along_and_says_so() -> None:
    hub = hub_with(rooms=1)
    ann, bob = await born(hub, "ann", "bob")
    await ann.join("red")
    await say(hub, "in red", room="red")
    await ann.leave("red")
    await bob.join("blue")
    batch = hub.read(ann, at(1))
    assert batch.gap == {"reason": "trimmed", "missed": 1} and heard(batch) == [] and hub.store.bytes == 0


async def test_missed_is_no_less_than_what_was_lost_of_stays_no_longer_remembered() -> None:
    hub = hub_with()
    (ann,) = await born(hub, "ann")
    for n in range(STAYS + 3):
        await ann.join(f"room {n}")
        await say(hub, n, room=f"room {n}")
        await ann.leave(f"room {n}")
    batch = hub.read(ann, at(1))
    assert heard(batch) == list(range(3, STAYS + 3))
    assert batch.gap is not None and batch.gap["missed"] >= 3


async def test_the_record_of_a_client_that_was_forgotten_joins_nothing_for_the_one_after_it() -> None:
    hub = hub_with()
    (old,) = await born(hub, "ann")
    await hub.forget(old)
    (new,) = await born(hub, "ann")
    with pytest.raises(LookupError):
        await old.join("red")
    assert new.rooms == [] and hub.rooms == {}


async def test_a_batch_may_have_exactly_as_many_bytes_as_it_may() -> None:
    hub = hub_with()
    await say(hub, "a", "b", "c")
    one = len(hub.read(hub.anonymous, at(2)).messages[0].text) + 1
    assert heard(hub.read(hub.anonymous, at(0), most=2 * one)) == ["a", "b"]
    assert heard(hub.read(hub.anonymous, at(0), most=2 * one - 1)) == ["a"]
