"""A snapshot: what it says, that it says it once, and what is no snapshot and refused as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from tests.log.histories import Chance, loaded, new_hub, snapshot
from tests.state import state_of
from transport_fallback.hub import Hub
from transport_fallback.log.batch import Cursor
from transport_fallback.log.snapshot.forms import FORMAT, SIZE, TERMS, Unsound, encode
from transport_fallback.log.snapshot.loading import load
from transport_fallback.log.snapshot.writing import chunks
from transport_fallback.protocol.limits import DEFAULTS, Limits
from transport_fallback.registry.client import Client
from transport_fallback.registry.clients import Clients
from transport_fallback.registry.identity import identity

pytestmark = pytest.mark.anyio

ANN, BOB = "ann", "bob"


class Door:
    """A hub, and items one after the other, each given by hand."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def give(self, kind: str, *fields: object, tail: bytes = b"", by: str = "p1") -> None:
        self.hub.apply(self.hub.place + 1, by, kind, fields, tail, 1_000_000 + self.hub.place)

    def say(self, room: str | None = None, client: str | None = None, data: bytes = b"1") -> None:
        self.give("m", room, client, None, False, tail=b'"event":"e","data":%b,"from":null,"room":null' % data)


def busy(limits: Limits = DEFAULTS) -> Door:
    """One in which there is something of everything."""
    door = Door(new_hub(limits))
    for name in (ANN, BOB):
        door.give("b", name, "5e" * 32)
        door.give("j", name, "red")
        door.give("h", name)
        door.give("c", name, [1, 2], 0)
        door.give("d", name, 1, tail=b'{"n":1}')
        door.give("u", name, "name", name)
        for to in ((), ("red",), (None, name)):
            door.say(*to)
    door.give("j", BOB, "blue")
    door.say("blue")
    door.give("l", BOB, "blue")
    door.say("nobody's")
    door.give("g", "cy", "gone", "bye")
    return door


# ---- the way of it


async def test_a_snapshot_of_what_came_from_one_is_the_same_bytes() -> None:
    hub = busy().hub
    first = snapshot(hub, SIZE)
    again = loaded(first, DEFAULTS)
    assert state_of(again) == state_of(hub) and snapshot(again, SIZE) == first


async def test_chunks_are_of_one_size_about_however_large_the_state_is() -> None:
    door = Door(new_hub())
    for n in range(2000):
        door.give("b", f"{n:016}", "5e" * 32)
        door.give("j", f"{n:016}", "red")
        door.give("h", f"{n:016}")
        door.give("g", f"x{n}", "gone", "client left")
    made = snapshot(door.hub, 8192)
    assert len(made) > 50 and max(map(len, made)) < 2 * 8192


async def test_while_a_snapshot_is_made_there_is_no_second_and_one_that_is_given_up_leaves_nothing() -> None:
    hub = busy().hub
    whole = snapshot(hub)
    made = chunks(hub, 64)
    next(made)
    with pytest.raises(RuntimeError):
        next(chunks(hub))
    made.close()
    assert hub.copying is None and hub.store.on_trim is None and hub.results.on_trim is None
    assert snapshot(hub) == whole


async def test_an_item_that_might_change_anything_changes_no_snapshot_under_way() -> None:
    door = busy()
    whole, made = snapshot(door.hub), chunks(door.hub, 96)
    found = [next(made)]
    door.give("x", "p1", "p2")  # all that p1 held and ran
    door.hub._acts["z"] = lambda by, tail, at: door.hub.members.clear()  # of a kind that copying does not know
    door.give("z")
    assert [*found, *made] == whole


async def test_answers_that_give_way_to_anothers_meanwhile_are_in_it() -> None:
    door = busy()
    door.give("d", ANN, 2, tail=b'{"n":2,"data":"the largest"}')
    whole, made = snapshot(door.hub), chunks(door.hub, 96)
    found = [next(made)]
    door.hub.results.most = door.hub.results.bytes
    door.give("d", BOB, 2, tail=b'{"n":2}')
    ann, bob = (door.hub.members[name].claims for name in (ANN, BOB))
    assert ann is not None and 1 not in ann.results
    assert bob is not None and 1 in bob.results
    assert [*found, *made] == whole


# ---- what it says, and what not


async def test_readers_go_on_from_it_as_if_they_had_been_there() -> None:
    hub = busy().hub
    clients = Clients(other := new_hub(DEFAULTS))
    load(other, snapshot(hub))
    assert other.epoch == hub.epoch
    for name in (ANN, BOB):
        client = other.members[name]
        assert isinstance(client, Client) and client.registry is clients and client.joined == hub.members[name].joined
        for seq in range(hub.end + 1):
            cursor = Cursor("e", seq)
            assert other.read(client, cursor).text == hub.read(hub.members[name], cursor).text


async def test_a_client_is_found_by_its_sid_and_by_no_other() -> None:
    sid = "s" * 22
    hub = new_hub(DEFAULTS)
    client, secret = identity(sid)
    Door(hub).give("b", client, secret.hex())
    clients = Clients(other := new_hub(DEFAULTS))
    load(other, snapshot(hub))
    found = clients.find(sid)
    assert found is not None and found.id == client


async def test_who_is_not_here_makes_room_where_it_was_loaded_as_anywhere() -> None:
    door = busy()
    door.give("a", ANN, "silence")
    hub = Hub(Limits(clients=2))
    clients = Clients(hub)
    load(hub, snapshot(door.hub))
    await clients.bear("s" * 22, "")
    assert ANN not in hub.members and BOB in hub.members and len(hub.members) == 2


async def test_what_was_put_is_in_it_and_what_one_process_keeps_for_itself_is_not() -> None:
    door = busy()
    data = door.hub.members[ANN].data
    data["here alone"] = object()
    door.give("u", ANN, "list", [1])
    data["list"].append(2)
    again = loaded(snapshot(door.hub), DEFAULTS)
    assert again.members[ANN].data == {"name": ANN, "list": [1]}


async def test_its_lineage_is_in_it() -> None:
    hub = busy().hub
    hub.lineage = {"e1": 5, "e0": 3}
    assert loaded(snapshot(hub), DEFAULTS).lineage == {"e1": 5, "e0": 3}


# ---- what is refused


def cut(at: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda made: made[:at] + made[at + 1 :]


def struck(made: list[bytes]) -> list[bytes]:
    middle = len(made) // 2
    return [*made[:middle], made[middle][:-1] + bytes([made[middle][-1] ^ 1]), *made[middle + 1 :]]


DAMAGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "nothing": lambda _made: [],
    "no beginning": cut(0),
    "no end": lambda made: made[:-1],
    "its beginning alone": lambda made: made[:1],
    "one is missing": cut(3),
    "two have changed places": lambda made: [*made[:2], made[3], made[2], *made[4:]],
    "one is there twice": lambda made: [*made[:3], *made[2:]],
    "a bit is another": struck,
    "none of ours": lambda _made: [b"whole", b"whole"],
    "another format": lambda made: [encode([FORMAT + 1, "and who knows what"]), *made[1:]],
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_what_is_not_whole_is_refused_and_changes_nothing(damage: str) -> None:
    made = snapshot(busy().hub)
    hub = new_hub(DEFAULTS)
    before = state_of(hub)
    with pytest.raises(Unsound):
        load(hub, DAMAGES[damage](made))
    assert state_of(hub) == before and not hub.members
    load(hub, made)


async def test_a_snapshot_of_a_log_with_other_limits_is_refused_and_says_which() -> None:
    made = snapshot(busy().hub)
    hub = new_hub(Limits(rooms=17, hold=3))
    with pytest.raises(Unsound, match="rooms=10000.*rooms=17"):
        load(hub, made)
    assert not hub.place
    load(new_hub(Limits(hold=3, clients=9)), made)  # which say how one process serves, not what an item does


async def test_into_a_state_that_has_one_nothing_is_loaded() -> None:
    door = busy()
    with pytest.raises(ValueError, match="nothing was applied"):
        load(door.hub, snapshot(door.hub))


def test_all_limits_that_applying_asks_are_in_its_terms() -> None:
    """With any other limit another, the same items come to the same end."""
    items, one = [*Chance(7).items(400)], new_hub()
    others: dict[str, Any] = {
        field.name: value + 1
        for field in fields(Limits)
        if field.name not in (*TERMS, "per_sid") and (value := getattr(one.limits, field.name)) < 1000
    }
    assert len(others) > 15
    other = new_hub(replace(one.limits, **others))
    for item in items:
        one.apply(*item)
        other.apply(*item)
    assert snapshot(one) == snapshot(other)
