"""Rooms and audiences: a message reaches those it was for when it was logged, and no byte of it anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.serving import Lab
from tests.stranger.http import emit, http, new_sid, public_id, target
from tests.stranger.proxy import Proxy
from tests.stranger.readers import TRANSPORTS, Poll, Reader
from tests.stranger.ways import PostWay
from transport_fallback.hub import Refuse

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_LOGS = True  # see conftest.py

AT_ONCE = 10.0  # s; far below the hold and the heartbeat asked for here


class Party:
    """Ada, who speaks, and Bob are in the lobby; Cat is elsewhere. Each reads on the transport of the test."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.sids = {name: new_sid() for name in ("ada", "bob", "cat")}
        self.readers: dict[str, Reader] = {}

    async def meet(self, transport: type[Reader]) -> None:
        for name, sid in self.sids.items():
            self.readers[name] = await self.lab.join(transport, sid)
        for name, room in {"ada": "lobby", "bob": "lobby", "cat": "elsewhere"}.items():
            await self.client(name).join(room)

    def client(self, name: str) -> Any:
        return self.lab.client(self.sids[name])

    def id(self, name: str) -> str:
        return public_id(self.sids[name])

    async def hear(self, name: str) -> list[dict[str, Any]]:
        """What this one heard since it last listened. The fence is for everyone, so nothing is still on its way."""
        fence = f"fence for {name}"
        await self.lab.hub.emit(fence)
        heard = await self.readers[name].until(fence)
        return [message for message in heard if not message["event"].startswith("fence")]

    async def heard(self) -> dict[str, list[str]]:
        return {name: [message["event"] for message in await self.hear(name)] for name in self.sids}


@pytest.fixture
async def party(lab: Lab, transport: type[Reader]) -> Party:
    party = Party(lab)
    await party.meet(transport)
    return party


# An experiment's client hears its own room, whoever speaks beside it.
async def test_who_leaves_everyone_hears_its_rooms_and_what_is_for_it_alone(party: Party) -> None:
    hub, cat = party.lab.hub, party.client("cat")
    await party.client("ada").join("elsewhere")
    await hub.emit("before")
    await cat.leave(None)
    await cat.leave(None)  # once more changes nothing
    await hub.emit("after")
    await party.client("ada").broadcast.emit("after, too")
    heard = []
    for event in ("room", "room again"):  # one after the other: then Ada and Cat were last given the same
        await hub.to("elsewhere").emit(event)
        heard += await party.readers["cat"].until(event)
    await hub.emit("after all")
    bob = await party.readers["bob"].until("after all")
    await cat.emit("own")
    heard += await party.readers["cat"].until("own")
    events = [message["event"] for message in heard]
    assert [event for event in events if event != "own"] == ["before", "room", "room again"]
    assert [message["event"] for message in bob] == ["before", "after", "after, too", "after all"]
    assert hub.last_seen_by(cat).seq == hub.end
    answer = await http(party.lab.url, "GET", target("poll", sid=party.sids["cat"], history=9))
    again = {message["event"] for message in answer.json["messages"]}
    assert "room" in again and not {"after", "after, too", "after all"} & again


Form = Callable[[Party], Awaitable[Any]]

# The article's table, in Python: every form, who hears it, and the room its message names.
FORMS: dict[str, tuple[Form, list[str], str | None]] = {
    "hub.emit": (lambda p: p.lab.hub.emit("m"), ["ada", "bob", "cat"], None),
    "hub.to(room).emit": (lambda p: p.lab.hub.to("lobby").emit("m"), ["ada", "bob"], "lobby"),
    "hub.client(id).emit": (lambda p: p.lab.hub.client(p.id("bob")).emit("m"), ["bob"], None),
    "client.emit": (lambda p: p.client("ada").emit("m"), ["ada"], None),
    "client.broadcast.emit": (lambda p: p.client("ada").broadcast.emit("m"), ["bob", "cat"], None),
    "client.broadcast.to(room).emit": (lambda p: p.client("ada").broadcast.to("lobby").emit("m"), ["bob"], "lobby"),
    "client.broadcast.to(another room).emit": (
        lambda p: p.client("ada").broadcast.to("elsewhere").emit("m"),
        ["cat"],
        "elsewhere",
    ),
    "hub.to(an empty room).emit": (lambda p: p.lab.hub.to("nobody is here").emit("m"), [], None),
}


# hub.emit: everyone, the sender included; hub.to(room).emit: everyone in a room; client.emit: this client;
# client.broadcast.emit: all but this client; client.broadcast.to(room).emit: a room, but this client.
@pytest.mark.parametrize("form", FORMS)
async def test_each_form_of_emit_reaches_whom_it_names(party: Party, form: str) -> None:
    say, hearers, room = FORMS[form]
    await say(party)
    for name in party.sids:
        heard = await party.hear(name)
        assert [message["event"] for message in heard] == (["m"] if name in hearers else []), name
        assert all(message["room"] == room and message["from"] is None for message in heard)


# `from` = id of the client whose handler emitted it.
@pytest.mark.parametrize("form", FORMS)
async def test_what_a_handler_emits_is_from_its_client(party: Party, form: str) -> None:
    say, hearers, room = FORMS[form]

    @party.lab.hub.on("speak")
    async def speak(client: Any, data: Any) -> None:
        await asyncio.sleep(0)
        await say(party)

    await emit(party.lab.url, party.sids["ada"], 1, "speak")
    for name in hearers:
        (message,) = await party.hear(name)
        assert (message["from"], message["room"]) == (party.id("ada"), room)
    await party.lab.hub.emit("m")
    assert [message["from"] for message in await party.hear("cat") if message["event"] == "m"][-1] is None


# `send(x)` is `emit("message", x)`.
async def test_send_is_to_emit_a_message(party: Party) -> None:
    ada = party.client("ada")
    for form in (party.lab.hub, party.lab.hub.to("lobby"), ada, ada.broadcast, ada.broadcast.to("lobby")):
        await form.send(7)
    heard = {name: [(m["event"], m["data"]) for m in await party.hear(name)] for name in party.sids}
    assert heard == {"ada": [("message", 7)] * 3, "bob": [("message", 7)] * 4, "cat": [("message", 7)] * 2}


# ---- Membership: a message goes to those who were members when it was logged, whatever they read later


# … in one turn of the event loop, too.
async def test_a_join_and_a_leave_in_the_same_turn_as_emits(party: Party) -> None:
    room, cat = party.lab.hub.to("lobby"), party.client("cat")
    await room.emit("before")
    await cat.join("lobby")
    await room.emit("within")
    await cat.leave("lobby")
    await room.emit("after")
    await cat.join("lobby")
    await room.emit("again")
    assert await party.heard() == {
        "ada": ["before", "within", "after", "again"],
        "bob": ["before", "within", "after", "again"],
        "cat": ["within", "again"],
    }


# A long poll held since before a join hears the room at once; so does every reader.
async def test_who_waits_since_before_its_join_hears_the_room_at_once(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    reader = await lab.join(transport, sid, hold=30, heartbeat=30)
    waiting = asyncio.create_task(reader.messages(1, AT_ONCE))
    await PostWay(lab.url, sid).settle()
    await lab.client(sid).join("lobby")
    await lab.hub.to("lobby").emit("welcome")
    assert [message["event"] for message in await waiting] == ["welcome"]


# … also where the join and the emit are the work of its own handler.
async def test_a_handler_that_joins_and_speaks_is_heard_at_once(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("join")
    async def join(client: Any, room: Any) -> Any:
        await client.join(room)
        await lab.hub.to(room).emit("joined", client.id)
        return client.rooms

    sid = new_sid()
    reader = await lab.join(transport, sid, hold=30, heartbeat=30)
    waiting = asyncio.create_task(reader.messages(1, AT_ONCE))
    ack = await emit(lab.url, sid, 1, "join", "lobby")
    (message,) = await waiting
    assert (message["data"], message["room"], message["from"]) == (public_id(sid), "lobby", public_id(sid))
    assert (list(ack["data"]), ack["cursor"]) == (["lobby"], lab.at(message["seq"]))


# … whatever they read later: who has left still hears what was said while it was in, and nothing else.
async def test_who_reads_later_hears_what_was_said_while_it_was_in(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    reader = await lab.join(transport, sid)
    cursor = reader.batches[-1].cursor
    await reader.close()
    room, client = lab.hub.to("lobby"), lab.client(sid)
    for stay in range(3):
        await room.emit("outside", stay)
        await client.join("lobby")
        await room.emit("inside", stay)
        await room.emit("inside", stay)
        await client.leave("lobby")
    await room.emit("outside", 3)
    for _ in range(2):
        late = await lab.reader(transport, sid).open(cursor)
        batch = await late.next()
        assert [(m["event"], m["data"]) for m in batch.messages] == [("inside", n) for n in (0, 0, 1, 1, 2, 2)]
        await late.close()


# … and who joins later does not hear what was said before it was a member, from whatever cursor it reads.
async def test_who_joins_later_does_not_hear_what_was_said_before(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    reader = await lab.join(transport, sid)
    cursor = reader.batches[-1].cursor
    await reader.close()
    resident = new_sid()
    await lab.join(transport, resident)
    await lab.client(resident).join("lobby")  # a room nobody is in keeps nothing
    await lab.hub.to("lobby").emit("before")
    await lab.client(sid).join("lobby")
    await lab.hub.to("lobby").emit("after")
    late = await lab.reader(transport, sid).open(cursor)
    assert [message["event"] for message in (await late.next()).messages] == ["after"]


# To join twice is to be in once; to leave where one is not is nothing.
async def test_joining_twice_is_joining_once(party: Party) -> None:
    ada, cat = party.client("ada"), party.client("cat")
    await ada.join("lobby")
    await cat.leave("lobby")
    await party.lab.hub.to("lobby").emit("once")
    assert await party.heard() == {"ada": ["once"], "bob": ["once"], "cat": []}
    await ada.leave("lobby")
    await party.lab.hub.to("lobby").emit("without her")
    assert await party.heard() == {"ada": [], "bob": ["without her"], "cat": []}


# hub.client(id).leave(room): kick out.
async def test_a_client_can_be_put_out_of_a_room(party: Party) -> None:
    await party.lab.hub.client(party.id("bob")).leave("lobby")
    await party.lab.hub.to("lobby").emit("m")
    assert await party.heard() == {"ada": ["m"], "bob": [], "cat": []}


# client.rooms, hub.rooms, hub.clients(), hub.clients(room), hub.history(room, k)
async def test_the_hub_says_who_is_where_and_what_was_said(party: Party) -> None:
    hub, lab = party.lab.hub, party.lab
    ada, bob, cat = (party.id(name) for name in ("ada", "bob", "cat"))
    assert lab.here() == {ada, bob, cat}
    assert lab.here("lobby") == {ada, bob} and lab.here("elsewhere") == {cat} and lab.here("empty") == set()
    assert list(party.client("ada").rooms) == ["lobby"]
    assert {name: set(hub.rooms[name]) for name in hub.rooms} == {"lobby": {ada, bob}, "elsewhere": {cat}}
    for n in range(5):
        await hub.to("lobby").emit("m", n)
        await hub.to("elsewhere").emit("m", -n)
    assert [message["data"] for message in hub.history("lobby", 3)] == [2, 3, 4]


# Rooms and clients have separate name spaces: nobody can join a room to read another's private messages.
async def test_a_room_with_the_name_of_a_client_is_not_that_client(party: Party) -> None:
    await party.client("cat").join(party.id("ada"))
    await party.lab.hub.client(party.id("ada")).emit("private")
    await party.lab.hub.to(party.id("ada")).emit("to the room")
    assert await party.heard() == {"ada": ["private"], "bob": [], "cat": ["to the room"]}


# 16 rooms a client.
@pytest.mark.limits(rooms_per_client=3)
async def test_a_client_is_in_so_many_rooms_and_no_more(lab: Lab) -> None:
    sid = new_sid()
    await lab.join(Poll, sid)
    client = lab.client(sid)
    for name in ("a", "b", "c"):
        await client.join(name)
    end = lab.hub.end
    with pytest.raises(Refuse):
        await client.join("d")
    await client.join("c")  # it is in
    assert (set(client.rooms), lab.hub.end) == ({"a", "b", "c"}, end)
    await client.leave("a")
    await client.join("d")
    assert set(client.rooms) == {"b", "c", "d"}


# … 10,000 in all.
@pytest.mark.limits(rooms=2)
async def test_there_are_so_many_rooms_and_no_more(lab: Lab) -> None:
    sids = [new_sid(), new_sid()]
    for sid in sids:
        await lab.join(Poll, sid)
    one, two = (lab.client(sid) for sid in sids)
    await one.join("a")
    await one.join("b")
    with pytest.raises(Refuse):
        await two.join("c")
    await two.join("b")
    assert list(two.rooms) == ["b"]


# ---- P7 privacy: no byte of a message reaches a client outside its audience


CANARIES = {  # the word of a message → who may read it
    "for-everyone": {"ada", "bob", "cat", "nobody"},
    "before-the-join-of-ada": {"bob"},
    "for-the-lobby": {"ada", "bob"},
    "for-ada": {"ada"},
    "for-all-but-ada": {"bob", "cat", "nobody"},
    "for-the-lobby-but-ada": {"bob"},
    "for-nobody": set(),
}


async def speak_of_canaries(lab: Lab, ada: Any, bob: Any) -> None:
    """One message for each audience, each with a word of its own."""
    hub = lab.hub
    await bob.join("lobby")
    await hub.to("lobby").emit("m", "canary-before-the-join-of-ada!")
    await ada.join("lobby")
    await hub.emit("m", "canary-for-everyone!")
    await hub.to("lobby").emit("m", "canary-for-the-lobby!")
    await hub.client(ada.id).emit("m", "canary-for-ada!")
    await ada.broadcast.emit("m", "canary-for-all-but-ada!")
    await ada.broadcast.to("lobby").emit("m", "canary-for-the-lobby-but-ada!")
    await hub.to("an empty room").emit("m", "canary-for-nobody!")


# The words are searched in the raw bytes each was given, headers and all: live, and when it reads it all once more.
async def test_no_byte_of_a_message_reaches_who_it_is_not_for(lab: Lab, transport: type[Reader]) -> None:
    sids: dict[str, str | None] = {"ada": new_sid(), "bob": new_sid(), "cat": new_sid(), "nobody": None}
    readers: dict[str, Reader] = {}
    async with AsyncExitStack() as stack:
        lines = {name: await stack.enter_async_context(Proxy(lab.url)) for name in sids}
        for name, sid in sids.items():
            readers[name] = await lab.track(transport(lines[name].url, sid, hold=5)).open()
            await readers[name].next()
        await speak_of_canaries(lab, lab.client(str(sids["ada"])), lab.client(str(sids["bob"])))
        await lab.say("fence")
        for name, reader in readers.items():
            start = reader.batches[0].cursor
            await reader.until("fence")
            again = await lab.track(transport(lines[name].url, sids[name])).open(start)
            await again.until("fence")
            await again.close()
            await reader.close()
        for word, audience in CANARIES.items():
            given = {name for name, line in lines.items() if f"canary-{word}!".encode() in line.down}
            # Whether a reader without a sid is one of "all but this client", the protocol does not say.
            assert given - {"nobody"} == audience - {"nobody"} and given <= audience, word
            assert "nobody" in given or word != "for-everyone"


# All clients that may see the same batch get the same bytes; those at the same cursor who may not, do not.
async def test_readers_at_one_cursor_share_nothing_that_only_one_may_see(lab: Lab, transport: type[Reader]) -> None:
    sids = [new_sid() for _ in range(3)]
    for sid in sids:
        await (await lab.join(Poll, sid)).close()
    ada, bob, _cat = (lab.client(sid) for sid in sids)
    await ada.join("lobby")
    cursor = lab.end
    await ada.emit("for ada")
    await lab.hub.to("lobby").emit("for the lobby")
    await ada.broadcast.emit("for the others")
    await bob.emit("for bob")
    expected = [["for ada", "for the lobby"], ["for the others", "for bob"], ["for the others"]]
    for _ in range(2):
        for sid, events in zip(sids, expected, strict=True):
            reader = await lab.reader(transport, sid).open(cursor)
            assert [message["event"] for message in (await reader.next()).messages] == events
            await reader.close()


# … and an ack is for who emitted, nobody else.
async def test_no_byte_of_an_ack_reaches_anybody_else(lab: Lab, transport: type[Reader], way: type[PostWay]) -> None:
    lab.hub.on("echo")(lambda client, data: "canary")
    async with Proxy(lab.url) as line:
        reader = await lab.track(transport(line.url, new_sid())).open()
        await reader.next()
        assert (await (await lab.way(way)).emit(1, "echo"))["data"] == "canary"
        await lab.say("fence")
        await reader.until("fence")
        await reader.close()
        assert b"fence" in line.down and b"canary" not in line.down


# … a newcomer's history holds nothing of rooms it is not in, nor of anybody's own.
async def test_a_newcomers_history_holds_no_private_word(lab: Lab, transport: type[Reader]) -> None:
    sid = new_sid()
    await lab.join(Poll, sid)
    await lab.client(sid).join("lobby")
    await lab.hub.to("lobby").emit("m", "canary-room")
    await lab.hub.client(public_id(sid)).emit("m", "canary-private")
    await lab.say("fence")
    async with Proxy(lab.url) as proxy:
        reader = await lab.track(transport(proxy.url, new_sid(), history=300)).open()
        await reader.until("fence")
        await reader.close()
        assert b"fence" in proxy.down and b"canary" not in proxy.down


# A sid is a secret: nobody is ever given another's, nor its own back.
async def test_no_answer_holds_a_sid(lab: Lab) -> None:
    @lab.hub.on("connect")
    async def welcome(client: Any) -> None:
        await client.join("lobby")
        await lab.hub.emit("who", [other.id for other in lab.hub.clients()])

    sids = [new_sid() for _ in TRANSPORTS]
    proxies = []
    async with AsyncExitStack() as stack:
        for sid, transport in zip(sids, TRANSPORTS.values(), strict=True):
            proxies.append(await stack.enter_async_context(Proxy(lab.url)))
            await (await lab.track(transport(proxies[-1].url, sid)).open()).next()
            await emit(proxies[-1].url, sid, 1, "c2s")
            await http(proxies[-1].url, "GET", target("hello", sid=sid))
            await http(proxies[-1].url, "GET", target("poll", sid=sid, cursor="bad"))
        given = b"".join(proxy.down for proxy in proxies)
    assert given.count(b'"version"') == len(sids)
    for sid in sids:
        assert sid.encode() not in given
