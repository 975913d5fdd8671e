"""The one door: what each kind of item does to the state, by itself, and what no door lets in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.logs import Copies, Shared
from tests.state import state_of
from transport_fallback.hub import Hub, Refuse
from transport_fallback.log.batch import Cursor
from transport_fallback.log.items import Unfit
from transport_fallback.protocol.codec import decode
from transport_fallback.protocol.errors import Refused
from transport_fallback.protocol.limits import Limits

pytestmark = pytest.mark.anyio

ANN = "ann"
SECRET = "5e" * 32


class Door:
    """A hub, and items one after the other, each given by hand."""

    def __init__(self, **limits: Any) -> None:
        self.hub = Hub(Limits(**limits), epoch="e")
        self.at = 1_000_000

    def give(self, kind: str, *fields: object, tail: bytes = b"", by: str = "p1", at: int | None = None) -> object:
        self.at += 1
        return self.hub.apply(self.hub.place + 1, by, kind, fields, tail, self.at if at is None else at)

    def say(self, room: str | None = None, client: str | None = None, but: str | None = None) -> object:
        tail = b'"event":"e","data":1,"from":null,"room":%b' % (b"null" if room is None else b'"%b"' % room.encode())
        return self.give("m", room, client, but, False, tail=tail)

    def read(self, client: str = "", after: int = 0) -> list[int]:
        member = self.hub.members[client] if client else self.hub.anonymous
        return [message.seq for message in self.hub.read(member, Cursor("e", after)).messages]


# ---- entries


async def test_a_message_is_its_tail_with_its_seq_and_its_time() -> None:
    door = Door()
    seq = door.give("m", None, None, None, False, tail=b'"event":"e","data":[1],"from":"ann","room":null', at=17)
    batch = decode(door.hub.read(door.hub.anonymous, Cursor("e", 0)).text, dict)
    assert seq == 1 and batch["messages"] == [
        {"seq": 1, "event": "e", "data": [1], "from": "ann", "room": None, "at": 17}
    ]


async def test_a_message_that_asks_says_so() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    door.give("m", None, ANN, None, True, tail=b'"event":"e","data":1,"from":null,"room":null')
    assert door.hub.read(door.hub.members[ANN], Cursor("e", 1)).text.count(b',"ack":true}') == 1


async def test_a_message_for_who_is_forgotten_takes_its_seq_and_reaches_nobody() -> None:
    door = Door()
    assert door.say(client="nobody") == 1 and door.hub.end == 1 and not door.read()


async def test_a_birth_says_since_when_and_with_which_secret() -> None:
    door = Door()
    door.give("b", ANN, SECRET, at=1234)
    ann = door.hub.members[ANN]
    assert (ann.born, ann.start, ann.since, ann.secret) == (1, 1, 1234, bytes.fromhex(SECRET))


async def test_of_two_births_the_first_counts() -> None:
    door = Door()
    first = door.give("b", ANN, SECRET, by="p1")
    door.give("j", ANN, "red")
    assert door.give("b", ANN, "00" * 32, by="p2") is first
    ann = door.hub.members[ANN]
    assert ann is first and ann.born == 1 and ann.secret == bytes.fromhex(SECRET) and ann.rooms == ["red"]


async def test_who_joins_hears_what_is_said_from_then_on() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    door.say("red")
    assert door.give("j", ANN, "red") is True
    assert door.say("red") == 4 and door.read(ANN) == [4]


async def test_a_join_that_does_not_fit_changes_nothing() -> None:
    door = Door(rooms=2, rooms_per_client=1)
    for name in (ANN, "bob", "eve"):
        door.give("b", name, SECRET)
    assert door.give("j", ANN, "red") is True
    assert door.give("j", ANN, "red") is True  # it is in it: there is nothing to refuse
    assert door.give("j", ANN, "blue") is False  # as many as one may be in
    assert door.give("j", "bob", "blue") is True
    assert door.give("j", "eve", "green") is False  # as many as there may be
    assert door.give("j", "nobody", "red") is False
    assert door.hub.rooms == {"red": [ANN], "blue": ["bob"]} and door.hub.end == 9


async def test_a_room_that_nobody_is_in_makes_way_where_the_join_is_applied() -> None:
    door = Door(rooms=1)
    door.give("b", ANN, SECRET)
    door.say("red")
    assert list(door.hub.store.rooms) == ["red"] and door.hub.store.room_fits("blue")
    assert list(door.hub.store.rooms) == ["red"]  # to ask changes nothing
    assert door.give("j", ANN, "blue") is True
    assert list(door.hub.store.rooms) == ["blue"]


async def test_who_leaves_hears_no_more_and_a_leave_that_does_not_fit_changes_nothing() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    door.give("l", ANN, "red")
    door.give("l", "nobody", None)
    door.give("j", ANN, "red")
    door.say("red")
    door.give("l", ANN, "red")
    door.say("red")
    door.give("l", ANN, None)
    door.give("l", ANN, None)
    door.say()
    assert door.read(ANN) == [5] and door.hub.end == 10


async def test_a_forgetting_counts_if_its_client_was_not_touched_since() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    door.give("j", ANN, "red")
    looked = door.hub.place
    door.give("b", ANN, SECRET)  # it came again, elsewhere
    door.give("f", ANN, looked)
    assert ANN in door.hub.members
    door.give("f", ANN, door.hub.place)
    door.give("f", ANN, door.hub.place)
    assert not door.hub.members and not door.hub.store.rooms and door.hub.end == 6


async def test_age_is_told_by_the_time_of_items_and_no_other_clock() -> None:
    door = Door(keep_seconds=10)
    door.give("b", ANN, SECRET, at=0)
    door.give("j", ANN, "red", at=0)
    door.give("m", "red", None, None, False, tail=b'"event":"e"', at=1000)
    door.give("m", None, None, None, False, tail=b'"event":"e"', at=11_000)
    assert door.read(ANN) == [3, 4]
    door.give("j", ANN, "blue", at=11_001)
    assert door.read(ANN) == [4]


# ---- notes: they take a place and no seq


async def test_a_note_moves_no_cursor() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    notes: list[tuple[Any, ...]] = [
        ("h", ANN),
        ("k", ANN, 2, None),
        ("c", ANN, [1], 0),
        ("d", ANN, 1),
        ("y", ANN, 1, 2),
        ("u", ANN, "x", 1),
        ("a", ANN, "silence"),
        ("x", "p2", "p1"),
        ("g", ANN, "gone", "bye"),
    ]
    for kind, *fields in notes:
        door.give(kind, *fields)
    assert door.hub.end == 1 and door.hub.place == 10


async def test_who_is_held_by_some_process_is_here() -> None:
    door = Door()
    door.give("b", ANN, SECRET, by="p1")
    door.give("j", ANN, "red")
    ann = door.hub.members[ANN]
    assert not ann.here and ann.custodian == "p1"
    door.give("h", ANN, by="p2")
    door.give("h", ANN, by="p2")
    door.give("h", ANN, by="p3")
    assert ann.here and ann.held == ("p2", "p3") and (ann.custodian, ann.stay) == ("p2", 3)
    assert door.hub.here.ids() == door.hub.roll("red").ids() == [ANN]
    door.give("a", ANN, "silence", by="p2")
    door.give("a", ANN, "silence", by="p2")
    assert ann.here and ann.custodian == "p2"
    door.give("a", ANN, "silence", by="p3")
    assert not ann.here and ann.custodian == "p3" and not door.hub.here and not door.hub.roll("red")


async def test_who_reads_anywhere_is_not_forgotten_by_a_look_from_before() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    looked = door.hub.place
    door.give("h", ANN, by="p2")
    door.give("f", ANN, looked)
    assert ANN in door.hub.members


async def test_who_emits_anywhere_is_not_forgotten_by_a_look_from_before() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    looked = door.hub.place
    door.give("c", ANN, [1], 0, by="p2")
    door.give("f", ANN, looked)
    assert ANN in door.hub.members


async def test_a_client_is_let_in_for_the_stay_that_its_connect_ran_for() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    ann = door.hub.members[ANN]
    assert ann.judged == ann.stay
    door.give("h", ANN)
    first = ann.stay
    door.give("a", ANN, "silence")
    door.give("h", ANN)
    assert ann.judged < first < ann.stay
    door.give("k", ANN, first, None)
    assert first <= ann.judged < ann.stay
    door.give("k", ANN, ann.stay, None)
    assert ann.judged == ann.stay
    door.give("k", ANN, first, "too late to say no")
    assert ann.refused is None


@pytest.mark.parametrize("let_in", [False, True], ids=["waiting", "let in before"])
async def test_who_is_turned_away_is_not_here_and_marked_if_it_was_let_in(let_in: bool) -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    door.give("h", ANN, by="p2")
    ann = door.hub.members[ANN]
    door.give("c", ANN, [1], 0)
    if let_in:
        door.give("k", ANN, ann.stay, None)
    door.give("k", ANN, ann.stay, "no")
    door.give("h", ANN, by="p1")
    assert ann.refused == "no" and not ann.here and not door.hub.here and len(door.hub.marks) == let_in
    assert door.give("c", ANN, [2], 0) is None and ann.claims is not None and not ann.claims.open


def answered(answers: object) -> list[tuple[int, object] | None]:
    """The n and the code or the data of each."""
    assert isinstance(answers, list)
    acks = [None if answer is None else decode(answer, dict) for answer in answers]
    return [
        None if ack is None else (ack["n"], ack["error"]["code"] if "error" in ack else ack["data"]) for ack in acks
    ]


async def test_of_two_claims_the_first_counts_and_a_hole_consumes_nothing() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    assert answered(door.give("c", ANN, [1, 2, 4], 0, by="p1")) == [None, None, (4, "out_of_order")]
    assert answered(door.give("c", ANN, [2, 3, 4], 0, by="p2")) == [None, None, None]
    claims = door.hub.members[ANN].claims
    assert claims is not None and claims.expected == 5
    assert {n: by for n, (by, _stay) in claims.open.items()} == {1: "p1", 2: "p1", 3: "p2", 4: "p2"}


async def test_of_who_is_not_known_nothing_is_claimed() -> None:
    assert Door().give("c", ANN, [1], 0) is None


async def test_an_answer_settles_a_repeat_and_only_its_owner_gives_it() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    door.give("c", ANN, [1], 0, by="p1")
    door.give("d", ANN, 1, tail=b'{"n":1,"data":"not mine"}', by="p2")
    assert answered(door.give("c", ANN, [1], 0, by="p2")) == [None]
    door.give("d", ANN, 1, tail=b'{"n":1,"data":"mine"}', by="p1")
    door.give("d", ANN, 1, tail=b'{"n":1,"data":"again"}', by="p1")
    assert answered(door.give("c", ANN, [1], 0, by="p2")) == [(1, "mine")]
    assert answered(door.give("c", ANN, [1], 1, by="p2")) == [(1, "stale")]  # it has the ack, so it is not kept


async def test_results_are_kept_for_a_window() -> None:
    door = Door(window=2)
    door.give("b", ANN, SECRET)
    for kind, n in ("c", 1), ("c", 2), ("d", 2), ("c", 3), ("d", 3), ("d", 1):  # whatever is answered when
        door.give(kind, ANN, *([[n], 0] if kind == "c" else [n]), tail=b'{"n":%d,"data":0}' % n)
    assert answered(door.give("c", ANN, [1, 2, 3], 0)) == [(1, "stale"), (2, 0), (3, 0)]


async def test_more_than_the_window_is_a_hole_whoever_was_asked() -> None:
    door = Door(window=2)
    door.give("b", ANN, SECRET)
    assert answered(door.give("c", ANN, [1, 2, 3], 0)) == [None, None, (3, "out_of_order")]
    door.give("d", ANN, 1, tail=b'{"n":1,"data":0}')
    assert answered(door.give("c", ANN, [3], 0)) == [None]


async def test_who_has_left_is_refused_everywhere_for_a_while() -> None:
    door = Door(forget_after=10, grace=1)
    door.give("b", ANN, SECRET)
    door.give("h", ANN, by="p1")
    door.give("h", ANN, by="p2")
    door.give("g", ANN, "gone", "bye", by="p3", at=1_000_000)
    door.give("g", "stranger", "gone", "bye", at=1_000_000)
    ann = door.hub.members[ANN]
    assert not ann.here and ann.custodian == "p3"
    for one in (ANN, "stranger"):
        with pytest.raises(Refused):
            door.hub.marks.check(one)
    door.give("b", "bob", SECRET, at=1_009_999)
    assert len(door.hub.marks) == 2
    door.give("u", "bob", "x", 1, at=1_010_000)
    assert len(door.hub.marks) == 0


async def test_what_the_application_keeps_of_a_client_is_its_data() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    door.give("u", ANN, "name", "Ann")
    door.give("u", "nobody", "name", "Eve")
    assert door.hub.members[ANN].data == {"name": "Ann"}


async def test_what_a_process_that_is_gone_held_and_ran_is_its_heirs_or_answered() -> None:
    door = Door()
    for name in (ANN, "bob", "eve"):
        door.give("b", name, SECRET, by="p1")
    door.give("h", ANN, by="p1")
    door.give("h", ANN, by="p3")
    door.give("h", "bob", by="p2")
    door.give("c", ANN, [1], 0, by="p1")
    door.give("c", ANN, [2], 0, by="p3")
    door.say(client=ANN)
    door.give("x", "p1", "p2", by="p3")
    ann, bob, eve = (door.hub.members[name] for name in (ANN, "bob", "eve"))
    assert (ann.held, bob.held, eve.held) == (("p3", "p2"), ("p2",), ())
    assert [one.custodian for one in (ann, bob, eve)] == ["p2", "p2", "p2"]
    assert ann.claims is not None and list(ann.claims.open) == [2]
    assert b'"cursor":"e.4"' in ann.claims.results[1]  # the last that it may see
    assert answered(door.give("c", ANN, [1], 0)) == [(1, "handler_failed")]


# ---- what no door lets in


async def test_an_item_of_an_unknown_kind_is_refused_loudly_and_changes_nothing() -> None:
    door = Door()
    before = state_of(door.hub)
    with pytest.raises(Unfit, match="kind 'ö'"):
        door.give("ö", 1, 2)
    assert state_of(door.hub) == before


@pytest.mark.parametrize("place", [0, 1, 3])
async def test_an_item_that_is_not_the_next_is_refused_loudly_and_changes_nothing(place: int) -> None:
    door = Door()
    door.say()
    before = state_of(door.hub)
    with pytest.raises(Unfit, match="does not follow 1"):
        door.hub.apply(place, "p1", "m", (None, None, None, False), b'"event":"e"', 0)
    assert state_of(door.hub) == before


# ---- a log that several share


async def test_in_memory_a_place_is_counted_for_each_item_and_a_seq_for_each_entry() -> None:
    copies = Copies(Limits(), lambda: 1.0)
    await copies.hub.bear(ANN)
    copies.hub.log.note("h", ANN)
    await copies.hub.emit("e")
    assert [item.kind for item in copies.items] == ["b", "h", "m"]
    assert (copies.hub.place, copies.hub.end) == (3, 2)


async def test_births_that_race_are_one_record() -> None:
    log = Shared(lambda: 1.0)
    one, two = (Hub(epoch="e", log=log.end(name)) for name in ("one", "two"))
    births = [asyncio.ensure_future(hub.bear(ANN, b"\1" * 32)) for hub in (one, one, two)]
    await asyncio.sleep(0)
    log.deliver()
    first, again, other = await asyncio.gather(*births)
    assert first is again is one.members[ANN] and other is two.members[ANN]
    assert state_of(one) == state_of(two) and one.end == 3 and first.born == 1


async def test_of_joins_that_race_for_the_last_room_the_later_is_refused() -> None:
    log, limits = Shared(lambda: 1.0), Limits(rooms=1)
    one, two = (Hub(limits, log=log.end(name)) for name in ("one", "two"))
    births = asyncio.gather(one.bear(ANN), two.bear("bob"))
    await asyncio.sleep(0)
    log.deliver()
    ann, bob = await births
    joins = asyncio.gather(bob.join("blue"), ann.join("red"), return_exceptions=True)
    await asyncio.sleep(0)
    log.deliver()
    assert [type(outcome) for outcome in await joins] == [type(None), Refuse]
    assert one.rooms == two.rooms == {"blue": ["bob"]}


async def test_a_cursor_that_another_process_gave_is_reached_before_it_is_called_future() -> None:
    log = Shared(lambda: 1.0)
    one, two = (Hub(epoch="e", log=log.end(name)) for name in ("one", "two"))
    saying = asyncio.ensure_future(one.emit("e"))
    await asyncio.sleep(0)
    log.deliver("one")
    cursor = Cursor("e", await saying)
    assert two.end == 0
    await two.reach(cursor)
    assert two.read(two.anonymous, cursor).gap is None


# ---- another life of the log


async def test_a_cursor_of_the_epoch_before_has_its_place_up_to_the_fork() -> None:
    door = Door()
    hub = door.hub
    hub.clear("")
    door.give("e", "e1", "", 0)
    door.give("b", ANN, SECRET)
    door.say()
    door.say()
    door.give("e", "e2", "e1", 3)
    door.say()
    assert (hub.epoch, hub.lineage, hub.end) == ("e2", {"e1": 3}, 4)
    ann = hub.members[ANN]

    def read(epoch: str, seq: int) -> tuple[str, list[int], Any]:
        batch = hub.read(ann, Cursor(epoch, seq))
        return str(batch.after), [message.seq for message in batch.messages], batch.gap

    assert read("e1", 2) == ("e2.2", [3, 4], {"reason": "epoch", "missed": 0})
    assert read("e1", 3) == ("e2.3", [4], {"reason": "epoch", "missed": 0})
    # What it has seen beyond the fork is no more, and nobody here knows what it was.
    assert read("e1", 9) == ("e2.3", [4], {"reason": "epoch", "missed": None})
    assert read("e0", 2) == ("e2.0", [2, 3, 4], {"reason": "epoch", "missed": None})
    assert read("e0", 0) == ("e2.0", [2, 3, 4], {"reason": "epoch", "missed": None})
    assert read("e1", 0)[2] == {"reason": "epoch", "missed": 1}  # before its birth: no more than that can be missing
    assert read("e2", 3) == ("e2.3", [4], None)


async def test_a_cursor_of_the_epoch_before_is_told_what_was_trimmed() -> None:
    door = Door(keep_messages=1)
    door.hub.clear("")
    door.give("e", "e1", "", 0)
    door.give("b", ANN, SECRET)
    door.say()
    door.say()
    door.give("e", "e2", "e1", 3)
    assert door.hub.read(door.hub.members[ANN], Cursor("e1", 1)).gap == {"reason": "epoch", "missed": 1}


async def test_whoever_reads_is_told_at_once_that_another_epoch_has_begun() -> None:
    door = Door()
    hub = door.hub
    hub.clear("")
    door.give("e", "e1", "", 0)
    reading = asyncio.ensure_future(hub.wait(hub.anonymous, Cursor("e1", 0), 60))
    batches = hub.follow(hub.anonymous, Cursor("e1", 0), 60)
    assert str((await anext(batches)).cursor) == "e1.0"
    following = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0)
    door.give("e", "e2", "e1", 0)
    for told in await asyncio.wait_for(asyncio.gather(reading, following), 5):
        assert (str(told.cursor), told.gap) == ("e2.0", {"reason": "epoch", "missed": 0})
    await batches.aclose()


@pytest.mark.parametrize(("before", "fork"), [("e0", 1), ("", 1), ("e1", 0), ("e1", 2)])
async def test_an_epoch_that_goes_on_from_something_else_is_refused_loudly(before: str, fork: int) -> None:
    door = Door()
    door.hub.clear("")
    door.give("e", "e1", "", 0)
    door.say()
    with pytest.raises(Unfit):
        door.give("e", "e2", before, fork)


async def test_so_many_epochs_are_remembered() -> None:
    door = Door()
    door.hub.clear("")
    for n in range(80):
        door.give("e", f"e{n}", f"e{n - 1}" if n else "", 0)
    assert list(door.hub.lineage) == [f"e{n}" for n in range(15, 79)]


async def test_questions_that_may_be_replied_to_are_so_many_and_each_is_once() -> None:
    door = Door()
    door.give("b", ANN, SECRET)
    for _ in range(300):
        door.give("m", None, ANN, None, True, tail=b'"event":"e","data":1,"from":null,"room":null')
    ann = door.hub.members[ANN]
    assert len(ann.unreplied) == 256 and ann.unreplied[-1] == door.hub.end
    door.give("y", ANN, door.hub.end, "yes")
    assert door.hub.end not in ann.unreplied and len(ann.unreplied) == 255
