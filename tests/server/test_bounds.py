"""What a stranger can make the server keep: bounded in all, paced, and no burden to anybody else however much it is."""

from __future__ import annotations

import asyncio
import gc
import secrets
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.test_clients import World, sid
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE, bye, new_sid
from tests.stranger.http import Refused as WireRefused
from tests.stranger.readers import Reader, Ws
from tests.stranger.ways import PostWay
from transport_fallback.log import marks
from transport_fallback.log.audience import Audience, Message
from transport_fallback.log.due import Due
from transport_fallback.log.largest import STEPS, Largest
from transport_fallback.protocol import pace
from transport_fallback.protocol.errors import Refused
from transport_fallback.registry import clients
from transport_fallback.registry.emits import Emit, Upload
from transport_fallback.transports.ws import Up

pytestmark = pytest.mark.anyio

CROWD = 300


# ---- Goodbyes


async def test_goodbyes_of_sids_that_never_were_are_paced() -> None:
    world = World(sid_rate=1, sid_burst=5)
    for _ in range(5):
        await world.clients.bye(sid(), Upload(), "a")
    with pytest.raises(Refused) as refused:
        await world.clients.bye(sid(), Upload(), "a")
    assert refused.value.code == "rate" and len(world.hub.marks) == 5
    await world.clients.bye(sid(), Upload(), "b")


async def test_who_is_known_may_always_say_goodbye() -> None:
    world = World(sid_rate=1, sid_burst=CROWD)
    known = [sid() for _ in range(CROWD)]
    for who in known:
        await world.come(who)
    for who in known:
        await world.clients.bye(who, Upload(), "")
    await world.done()
    assert not world.hub.members


async def test_marks_are_so_many_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "MOST", 10)
    world = World(sid_burst=CROWD)
    gone = [sid() for _ in range(12)]
    for who in gone:
        await world.clients.bye(who, Upload(), "")
    assert len(world.hub.marks) == 10
    assert world.clients.find(gone[0]) is None
    with pytest.raises(Refused):
        world.clients.find(gone[-1])


# ---- Addresses and paces


async def test_so_many_addresses_are_remembered_and_the_one_last_seen_longest_ago_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "NAMES", 10)
    knocks = pace.Pace(1, 1, "knocks", lambda: 0.0)
    for n in range(100):
        knocks.take(f"address {n}")
    assert list(knocks._buckets) == [f"address {n}" for n in range(90, 100)]
    with pytest.raises(Refused):
        knocks.take("address 99")


async def test_a_stranger_that_is_refused_leaves_nothing_behind() -> None:
    world = World(sid_rate=1, sid_burst=1)
    await world.emit(sid(), (1, "e"))
    for _ in range(CROWD):
        with pytest.raises(Refused):
            await world.emit(sid(), (1, "e"))
        with pytest.raises(Refused):
            await world.read(sid())
        assert (await world.emit(sid(), (2, "e")))[0]["error"]["code"] == "out_of_order"
    assert (
        len(world.hub.members) == 1
        and len(world.clients._births._buckets) == 1
        and not world.clients.nobodies.polls._buckets
    )


async def test_a_class_behind_one_address_comes_at_once_and_no_more_than_a_class() -> None:
    world = World(sid_rate=20, sid_burst=100, per_sid=True)
    for _ in range(500):
        await world.read(sid(), address="one NAT")
    with pytest.raises(Refused) as refused:
        await world.read(sid(), address="one NAT")
    assert refused.value.code == "rate"
    world.now += 1
    for _ in range(20 * clients.CLASS):
        await world.read(sid(), address="one NAT")


# ---- The cap


async def test_a_crowd_from_one_address_that_does_not_read_keeps_nobody_else_out() -> None:
    world = World(clients=10, sid_burst=CROWD)
    reading = [await world.read(sid(), address="crowd") for _ in range(3)]
    for _ in range(7):
        (await world.read(sid(), address="crowd")).close()
    with pytest.raises(Refused) as refused:
        await world.read(sid(), address="crowd")
    assert refused.value.code == "full"
    newcomer = await world.read(sid(), address="elsewhere")
    await world.done()
    assert newcomer.ended is None and len(world.hub.members) == 10 and not any(reader.ended for reader in reading)
    assert len([what for what, *_ in world.life if what == "disconnect"]) == 1  # every disconnect has its connect
    for reader in reading:
        assert world.hub.client(reader.client.id) is reader.client


async def test_nothing_is_kept_of_who_is_forgotten() -> None:
    world = World(sid_burst=CROWD)
    for n in range(CROWD):
        who = sid()
        client = await world.come(who)
        await client.join(f"room {n % 7}")
        await client.emit("private", n)
        if n % 2:
            await world.clients.bye(who, Upload(), "")
    await world.after(11)
    await world.after(301)
    await world.after(301)
    registry, hub = world.clients, world.hub
    assert not hub.members and not hub.here and not hub.store.rooms and not hub.store._empty and not hub.store.bytes
    assert not registry._due._entries and not hub.marks and not registry._births._buckets
    assert not registry._cap._gone and not registry._cap._lingering and not registry._cap._crowds
    assert not registry.queues._jobs and not len(registry.tasks)
    assert not hub.store.old._entries and not hub.store._largest._sizes


# Its reads end after it: they must not put it back where those are kept who may make room.
async def test_nothing_is_kept_of_who_left_while_it_read(lab: Lab, transport: type[Reader]) -> None:
    registry, sids = lab.app.state.clients, [new_sid() for _ in range(5)]
    for who in sids:
        await lab.join(transport, who)
    for who in sids[:-1]:
        await bye(lab.url, who)
    lab.client(sids[-1]).close()
    await eventually(lambda: not lab.hub.members)
    await asyncio.gather(*(reader.cut() for reader in lab.readers))
    await eventually(lambda: not registry._cap._gone and not registry._cap._lingering and not registry._cap._crowds)


@pytest.mark.parametrize("again", [False, True], ids=["forgotten", "born again"])
async def test_a_read_that_outlives_its_client_changes_nothing(again: bool) -> None:
    world, who = World(), sid()
    reader = await world.read(who)
    await world.clients.bye(who, Upload(), "")
    await world.done()
    assert not world.hub.members
    if again:
        world.now += 301
        world.clients.sweep()
        await world.read(who)
    reader.close()
    assert not world.clients._cap._gone and not world.clients._cap._lingering


async def test_who_is_born_by_an_emit_is_here_and_makes_no_room() -> None:
    world = World(clients=1)
    await world.emit(sid(), (1, "e"))
    with pytest.raises(Refused) as refused:
        await world.read(sid())
    assert refused.value.code == "full" and len(world.hub.here) == 1
    await world.after(11)
    await world.read(sid())


# ---- Results


async def test_results_are_so_many_bytes_in_all_and_who_has_most_keeps_fewer() -> None:
    world = World(sid_burst=CROWD, forget_after=5)
    world.hub.results.most = 100_000
    world.hub.on("large")(lambda client, data: "x" * 4000)
    honest, strangers = sid(), [sid() for _ in range(10)]
    await world.emit(honest, *((n, "e") for n in range(1, 65)))
    for who in strangers:
        await world.emit(who, *((n, "large") for n in range(1, 65)))
        members: list[Any] = [*world.hub.members.values()]
        assert sum(len(ack) for client in members for ack in client.claims.results.values()) <= 100_000
    assert not any("error" in ack for ack in await world.emit(honest, *((n, "e") for n in range(1, 65))))
    first, *_, last = await world.emit(strangers[-1], *((n, "large") for n in range(1, 65)))
    assert (first["error"]["code"], last["data"]) == ("stale", "x" * 4000)  # the newest are kept longest
    await world.after(11)
    await world.after(10)
    assert not world.hub.members and not world.hub.results.bytes and not world.hub.results._largest._sizes


async def test_a_result_that_comes_late_is_not_kept_for_who_is_forgotten() -> None:
    world, who, gate = World(), sid(), asyncio.Event()
    world.hub.on("slow")(lambda client, data: gate.wait())
    acks = await world.clients.take(who, Upload([Emit(1, "slow")]), "")
    await world.done()
    (client,) = world.hub.members.values()
    await world.hub.forget(client)
    gate.set()
    assert isinstance(acks[0], asyncio.Future) and b'"data":true' in await acks[0]
    assert not world.hub.results.bytes


# ---- What it costs to look


async def test_a_look_touches_what_is_due_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    world, look = World(sid_burst=CROWD), clients.Clients._look_at
    looked: list[Any] = []

    def seen(self: clients.Clients, client: Any, now: float) -> Any:
        looked.append(client)
        return look(self, client, now)

    monkeypatch.setattr(clients.Clients, "_look_at", seen)
    for n in range(CROWD):
        world.now = 1000.0 + n / 100
        await world.come()
    for seconds, most in ((5, 0), (5, CROWD), (100, 2), (0, 1)):
        looked.clear()
        await world.after(seconds)
        assert len(looked) <= most
    assert not world.hub.here
    await world.after(301)
    assert not world.hub.members


whole = st.integers(0, 9)


@given(st.lists(st.tuples(st.sampled_from(["add", "discard", "take"]), whole, st.integers(0, 50))))
@settings(deadline=None)
def test_due_is_what_was_added_and_not_discarded_by_its_earliest_time(steps: list[tuple[str, int, int]]) -> None:
    due: Due[int] = Due()
    model: dict[int, float] = {}
    for what, thing, at in steps:
        if what == "add":
            due.add(thing, at)
            model[thing] = min(at, model.get(thing, at))
        elif what == "discard":
            due.discard(thing)
            model.pop(thing, None)
        else:
            taken = due.take(at)
            assert sorted(taken) == sorted(name for name, time in model.items() if time <= at)
            assert [model[name] for name in taken] == sorted(model[name] for name in taken)
            model = {name: time for name, time in model.items() if time > at}
        assert len(due) == len(model) and len(due._heap) <= 2 * len(model) + 64


@given(st.lists(st.tuples(whole, st.integers(0, 5000)), min_size=1))
@settings(deadline=None)
def test_the_largest_is_found_to_within_a_tenth(steps: list[tuple[int, int]]) -> None:
    sizes: Largest[Any] = Largest()
    audiences = [Audience() for _ in range(10)]
    for seq, (n, size) in enumerate(steps, 1):
        if size % 3 == 0 and len(audiences[n]):
            audiences[n].trim()
        else:
            audiences[n].add(Message(seq, b"x" * (size + 1), None, 0))
        sizes.weigh(audiences[n])
        most = max(audience.bytes for audience in audiences)
        if most:
            assert sizes.first().bytes * 2 ** (1 / STEPS) >= most
        else:
            assert not sizes._sizes


def test_discarded_things_are_not_held_until_their_time() -> None:
    due: Due[Any] = Due()
    for _ in range(10_000):
        name = secrets.token_hex(4)
        due.add(name, 1e9)
        due.discard(name)
    assert len(due._heap) <= 64


# ---- Uploads and queries: what one of them can ask for


async def test_an_upload_of_more_emits_than_a_client_may_have_is_refused_whole(lab: Lab, way: type[PostWay]) -> None:
    up = await lab.way(way)
    for first in (1, 1000):  # new ones, or nothing but holes
        with pytest.raises(WireRefused) as refused:
            await up.send([{"n": n, "event": "e"} for n in range(first, first + 65)])
        assert refused.value.code == "window" and refused.value.retry
    assert "error" not in await up.emit(1, "e")


@pytest.mark.limits(emit_rate=0.01, emit_burst=16)
async def test_holes_are_answered_and_cost_a_part_of_the_rate(lab: Lab, way: type[PostWay]) -> None:
    up = await lab.way(way)
    await up.emit(1, "e")
    for _ in range(3):  # 16 holes for 4 emits
        acks = await up.send([{"n": n, "event": "e"} for n in range(100, 116)])
        assert {ack["error"]["expected"] for ack in acks} == {2}
    with pytest.raises(WireRefused) as refused:
        await up.send([{"n": n, "event": "e"} for n in range(100, 116)])
    assert refused.value.code == "rate" and refused.value.retry
    assert "error" not in await up.emit(2, "e")  # there is enough left for one
    for _ in range(9):
        assert "error" not in await up.emit(1, "e")  # repeats cost no rate


async def test_so_many_replies_and_no_more_are_taken_at_once(lab: Lab, way: type[PostWay]) -> None:
    up = await lab.way(way)
    await up.emit(1, "e")
    assert len(await up.send(replies=[{"seq": n} for n in range(1, 1001)])) == 1000
    with pytest.raises(WireRefused) as refused:
        await up.send(replies=[{"seq": n} for n in range(1, 1002)])
    assert refused.value.code == "too_large"


@pytest.mark.limits(window=16)
async def test_acks_that_are_not_taken_are_not_kept_in_copies(lab: Lab) -> None:
    def answering() -> int:
        return sum(one.unanswered for one in gc.get_objects() if isinstance(one, Up))

    lab.hub.on("large")(lambda client, data: "x" * 4000)
    line = await lab.join(Ws)
    assert isinstance(line, Ws) and line.line is not None
    emits = [{"n": n, "event": "large"} for n in range(1, 17)]
    await line.write({"emits": emits})
    for _ in range(16):
        await line.acks.get()
    line.line.transport.pause_reading()
    for _ in range(250):  # 16 MB of answers
        await line.write({"emits": emits})
    await eventually(lambda: answering() >= 32)
    assert answering() == 32
    line.line.transport.resume_reading()
    async with asyncio.timeout(DEADLINE):
        assert (await line.errors.get())["code"] == "window"


async def test_a_query_of_very_many_parameters_is_refused(lab: Lab, transport: type[Reader]) -> None:
    many = {f"p{n}": "1" for n in range(70)}
    with pytest.raises(WireRefused) as refused:
        await (await lab.reader(transport, new_sid(), **many).open()).next()
    assert refused.value.status == (4000 if transport is Ws else 400) and not lab.hub.members
    few = {f"p{n}": "1" for n in range(50)}
    await (await lab.reader(transport, new_sid(), **few).open()).next()
