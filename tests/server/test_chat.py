"""The chat room: what is said is kept and heard; who is here is told in a few words, however many come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.serving import Lab, eventually, serving
from tests.stranger.http import bye, emit, http, new_sid, public_id, target
from tests.stranger.readers import Poll, Ws
from transport_fallback.chat import LONGEST
from transport_fallback.protocol.codec import encode
from transport_fallback.registry.presence import NAMED, PAGE

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_LOGS = True  # see conftest.py

CROWD = 500
NAMES = ["欢" * LONGEST, "😀" * LONGEST, '"\\' * (LONGEST // 2)]  # the longest on the wire, and what JSON escapes


@pytest.fixture
async def lab(request: pytest.FixtureRequest, nothing_left: None) -> AsyncIterator[Lab]:
    marker = request.node.get_closest_marker("limits")
    async with serving(build_with={"chat": True}, **(marker.kwargs if marker else {})) as lab:
        yield lab


class Person:
    """One client that polls, and says what a page says."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.sid, self.n = lab, new_sid(), 0
        self.id = public_id(self.sid)

    async def come(self, name: str | None = None) -> Person:
        (await http(self.lab.url, "GET", target("poll", sid=self.sid))).accepted()
        if name:
            await self.asks("name", {"name": name})
        return self

    async def emit(self, event: str, data: Any = None) -> Any:
        self.n += 1
        return await emit(self.lab.url, self.sid, self.n, event, data)

    async def asks(self, event: str, data: Any = None) -> Any:
        ack = await self.emit(event, data)
        assert "error" not in ack, ack
        return ack["data"]

    async def refused(self, event: str, data: Any = None) -> str:
        return str((await self.emit(event, data))["error"]["message"])

    async def who(self, room: str | None = None) -> list[dict[str, str]]:
        """The whole list, page by page."""
        found: list[dict[str, str]] = []
        after = 0
        while after is not None:
            page = await self.asks("who", {"room": room, "after": after})
            found += page["who"]
            after = page["next"]
        return found


async def people(lab: Lab, count: int) -> list[Person]:
    """So many, as fast as they get in."""
    door, crowd = asyncio.Semaphore(16), [Person(lab) for _ in range(count)]

    async def enter(n: int, person: Person) -> None:
        async with door:
            await person.come(NAMES[n % len(NAMES)])

    await asyncio.gather(*(enter(n, person) for n, person in enumerate(crowd)))
    return crowd


async def leaving(lab: Lab, crowd: list[Person]) -> None:
    door = asyncio.Semaphore(16)

    async def leave(person: Person) -> None:
        async with door:
            assert (await bye(lab.url, person.sid)).status == 204

    await asyncio.gather(*(leave(person) for person in crowd))


async def watcher(lab: Lab, room: str | None = None) -> tuple[Ws, list[dict[str, Any]]]:
    """A client that hears who comes and goes, and the news it has heard so far."""
    reader = await lab.join(Ws)
    assert isinstance(reader, Ws)
    rooms = {"emits": [{"n": 1, "event": "join", "data": {"room": "who" if room is None else f"who {room}"}}]}
    await http(
        lab.url,
        "POST",
        target("emit", sid=reader.sid),
        headers=[("Content-Type", "application/json")],
        body=encode(rooms),
    )
    return reader, []


async def count_of(reader: Ws, heard: list[dict[str, Any]], count: int) -> None:
    """Read on until the news says that so many are here."""
    while not heard or heard[-1]["data"]["count"] != count:
        heard += await reader.messages(1)


# A class of 500 with the longest names: each gets in, is told little, and what was said is still there.
@pytest.mark.alone("what is measured is the size of a list")
@pytest.mark.limits(grace=600)  # none of them has gone before all have come, however long that takes
async def test_five_hundred_come_and_go_and_the_chat_is_what_is_heard(lab: Lab) -> None:
    speaker = await Person(lab).come("Ada")
    for n in range(10):
        await speaker.emit("c2s", {"user": "Ada", "content": n})
    reader, heard = await watcher(lab)
    began = asyncio.get_running_loop().time()
    crowd = await people(lab, CROWD)
    await count_of(reader, heard, CROWD + 2)
    listed = await speaker.who()
    assert {one["id"] for one in listed} >= {person.id for person in crowd} and len(listed) == CROWD + 2
    assert {one["name"] for one in listed} == {*NAMES, "Ada", ""}
    await leaving(lab, crowd)
    await count_of(reader, heard, 2)
    seconds = asyncio.get_running_loop().time() - began
    assert len(heard) <= seconds + 3  # one a second, and the first of each burst at once
    assert max(len(encode(message)) for message in heard) < 4096
    assert {(message["event"], message["room"], message["from"]) for message in heard} == {("who", "who", None)}
    newcomer = await (await lab.reader(Poll, history=50).open()).next()
    assert [(message["event"], message["data"]["content"]) for message in newcomer.messages] == [
        ("s2c", n) for n in range(10)
    ]
    assert lab.hub.history("lobby", 50) == []  # nor does a room's own history hold who left it


# Who does not watch hears nothing of who comes, goes, or has another name.
async def test_who_does_not_watch_hears_nothing_of_who_comes_and_goes(lab: Lab) -> None:
    reader = await lab.join(Ws)
    crowd = await people(lab, 5)
    for person in crowd:
        await person.asks("join", {"room": "blue"})
    await leaving(lab, crowd)
    await lab.hub.emit("the end")
    assert [message["event"] for message in await reader.messages(1)] == ["the end"]
    assert reader.batches[0].messages == []  # a newcomer's first answer holds nobody's name


# The first is told at once; those within a second of it are told together, a few by name.
async def test_arrivals_that_come_together_are_told_together(lab: Lab) -> None:
    reader, heard = await watcher(lab)
    began = asyncio.get_running_loop().time()
    first = await Person(lab).come()
    await count_of(reader, heard, 2)
    assert heard[-1]["data"]["changes"] == [{"id": first.id, "name": "", "here": True}]
    told = len(heard)
    crowd = await people(lab, 3 * NAMED)
    await bye(lab.url, first.sid)
    await count_of(reader, heard, 1 + len(crowd))
    names = [len(message["data"]["changes"]) for message in heard[told:]]
    assert max(names) == NAMED and len(names) <= asyncio.get_running_loop().time() - began + 3
    assert any(message["data"]["more"] for message in heard[told:])


async def test_a_new_name_is_told_and_the_same_one_is_not(lab: Lab) -> None:
    reader, heard = await watcher(lab)
    ada = await Person(lab).come()
    await count_of(reader, heard, 2)
    heard.clear()
    for name in ("Ada", "Ada"):
        assert await ada.asks("name", {"name": name}) == {"name": "Ada"}
    heard += await reader.messages(1)
    assert heard[-1]["data"]["changes"] == [{"id": ada.id, "name": "Ada", "here": True}]
    await ada.asks("name", {"name": "Ada"})
    await lab.hub.emit("the end")
    assert (await reader.messages(1))[0]["event"] == "the end"


# The news of a room is for those who watch that room.
async def test_who_comes_into_a_room_and_leaves_it_is_told_to_who_watches_it(lab: Lab) -> None:
    reader, heard = await watcher(lab, "blue")
    ada, bob = await Person(lab).come("Ada"), await Person(lab).come("Bob")
    await ada.asks("join", {"room": "blue"})
    await count_of(reader, heard, 1)
    assert heard[-1]["data"]["changes"] == [{"id": ada.id, "name": "Ada", "here": True}]
    await bob.asks("join", {"room": "blue"})
    await count_of(reader, heard, 2)
    await ada.asks("leave", {"room": "blue"})
    await count_of(reader, heard, 1)
    await bye(lab.url, bob.sid)
    await count_of(reader, heard, 0)
    assert {message["data"]["room"] for message in heard} == {"blue"}
    assert [change["here"] for message in heard for change in message["data"]["changes"]] == [True, True, False, False]
    assert lab.hub.history("blue", 10) == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_page_of_the_list_fits_an_ack_and_pages_hold_everybody_once(lab: Lab, name: str) -> None:
    crowd = [await Person(lab).come(name) for _ in range(40)]
    for person in crowd[:30]:
        await person.asks("join", {"room": "blue"})
    assert [one["id"] for one in await crowd[0].who()] == [person.id for person in crowd]
    assert [one["id"] for one in await crowd[0].who("blue")] == [person.id for person in crowd[:30]]
    page = await crowd[0].asks("who")
    assert (page["count"], len(page["who"]) < 40, len(encode(page)) > 3500) == (40, True, True)


async def test_short_names_fill_a_page_by_number(lab: Lab) -> None:
    crowd = await asyncio.gather(*(Person(lab).come() for _ in range(PAGE + 3)))
    page = await crowd[0].asks("who")
    assert (len(page["who"]), page["count"]) == (PAGE, PAGE + 3)
    rest = await crowd[0].asks("who", {"after": page["next"]})
    assert (len(rest["who"]), rest["next"]) == (3, None)


@pytest.mark.parametrize("after", [-1, 1.5, "3", True, None, [], 2**53])
async def test_a_page_after_nothing_that_was_told_is_refused_or_empty(lab: Lab, after: Any) -> None:
    ada = await Person(lab).come("Ada")
    ack = await ada.emit("who", {"after": after})
    if after == 2**53:
        assert ack["data"] == {"who": [], "count": 1, "next": None}
    else:
        assert ack["error"]["code"] == "refused"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ada \n Lovelace\t", "Ada Lovelace"),
        ("Zoe\u0308", "Zoë"),
        ("\u202egnp.exe\u0000\u0007", "gnp.exe"),
        ("x" * 1000, "x" * LONGEST),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a" * (LONGEST - 1) + " b", "a" * (LONGEST - 1)),
        ("\u0301" * 8000, "\u0301" * LONGEST),
    ],
)
async def test_a_name_is_what_can_be_seen_of_it(lab: Lab, typed: str, shown: str) -> None:
    ada = await Person(lab).come()
    assert await ada.asks("name", {"name": typed}) == {"name": shown}
    assert [one["name"] for one in await ada.who()] == [shown]


@pytest.mark.parametrize("name", ["", "   ", "\u202e\u0000", "\u200d", None, 7, ["Ada"]])
async def test_a_name_of_which_nothing_is_seen_is_refused(lab: Lab, name: Any) -> None:
    ada = await Person(lab).come("Ada")
    assert "name" in await ada.refused("name", {"name": name})
    assert [one["name"] for one in await ada.who()] == ["Ada"]


# As many rooms as one may be in, each with the longest name: the answer that lists them fits an ack.
async def test_a_client_is_told_all_its_rooms_however_long_their_names(lab: Lab) -> None:
    ada = await Person(lab).come()
    rooms = [f"{n:x}" + "😀" * (LONGEST - 1) for n in range(lab.hub.limits.rooms_per_client - 1)]
    for room in rooms:
        answer = await ada.asks("join", {"room": room})
    assert answer == {"rooms": ["lobby", *rooms]}
    assert "characters" in await ada.refused("join", {"room": "x" * (LONGEST + 1)})


# Nothing is kept of a client that is forgotten.
@pytest.mark.limits(grace=0.1, forget_after=0.1)
async def test_nothing_is_kept_of_who_is_forgotten(lab: Lab) -> None:
    reader, heard = await watcher(lab)
    crowd = await people(lab, 20)
    await leaving(lab, crowd[:10])
    await count_of(reader, heard, 1)
    await eventually(lambda: set(lab.hub.members) == {public_id(str(reader.sid))})
    assert lab.hub.roll().ids() == list(lab.hub.members)
