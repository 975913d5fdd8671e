"""The class's guesses: the last of each client counts, whoever watches is told, and strangers can make nothing grow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from transport_fallback.hub import Hub, Member
from transport_fallback.lab import guesses
from transport_fallback.lab.guesses import (
    AROUND,
    EACH,
    FIELDS,
    GUESS,
    GUESSES,
    MOST,
    PACE,
    Guess,
    Guesses,
    room_of,
    told,
)
from transport_fallback.protocol.codec import encode
from transport_fallback.protocol.errors import Refuse

pytestmark = pytest.mark.anyio
PAGE = "p" * 22


class Class:
    """Clients of one hub, and what they guess."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.guesses = Guesses(self.hub)

    async def client(self, name: str) -> Member:
        member = self.hub.members.get(name) or await self.hub.bear(name)
        self.hub.log.note("h", member.id)
        return member

    def leave(self, name: str) -> None:
        self.hub.log.note("a", name, "silence")

    async def guess(self, name: str, values: Any, *, lesson: Any = "lost", by: Any = "ws", page: Any = None) -> Any:
        handler: Callable[[Member, Any], Awaitable[Any]] = self.hub.handlers[GUESS][0]
        page = name.ljust(22, "_") if page is None else page
        return await handler(await self.client(name), {"lesson": lesson, "by": by, "page": page, "values": values})

    async def watch(self, name: str, lesson: str = "lost") -> None:
        await self.hub.handlers[GUESSES][0](await self.client(name), {"lesson": lesson})

    def counts(self, lesson: str = "lost") -> dict[str, Any]:
        return told(lesson, self.guesses.lessons.get(lesson, {}).values(), 10_000)

    def tellings(self, lesson: str = "lost") -> list[Any]:
        return [one["data"] for one in self.hub.history(room_of(lesson), 100)]


@pytest.fixture
def room() -> Class:
    return Class()


async def test_guesses_are_counted_by_field_and_by_transport(room: Class) -> None:
    await room.guess("ada", {"queue": "70", "log": "100"})
    await room.guess("bo", {"queue": "70", "log": "90"}, by="longpoll")
    await room.guess("cy", {"age": "500"}, lesson="polling")
    assert room.counts() == {
        "lesson": "lost",
        "count": 2,
        "ways": {"ws": 1, "longpoll": 1},
        "values": {"queue": {"70": 2}, "log": {"100": 1, "90": 1}},
    }
    assert room.counts("polling")["values"] == {"age": {"500": 1}}
    assert room.counts("stream") == {"lesson": "stream", "count": 0, "ways": {}, "values": {}}


async def test_the_last_guess_of_a_client_counts_and_of_a_page_loaded_anew(room: Class) -> None:
    await room.guess("ada", {"queue": "70"}, page=PAGE)
    await room.guess("ada", {"queue": "30"}, page=PAGE, by="poll")
    assert room.counts()["values"] == {"queue": {"30": 1}} and room.counts()["ways"] == {"poll": 1}
    await room.guess("ada-again", {"queue": "55"}, page=PAGE)  # another client, the same page
    await room.guess("ada-again", {"queue": "1"}, page=PAGE, lesson="stream")  # another lesson takes nothing away
    assert room.counts()["values"] == {"queue": {"55": 1}}


async def test_who_watches_is_told_at_once_and_then_at_a_pace(room: Class) -> None:
    await room.guess("ada", {"queue": "1"})
    await room.watch("teacher")
    await until(lambda: len(room.tellings()) == 1)
    assert room.tellings()[0]["count"] == 1
    began = time.monotonic()
    for n in range(2, 40):
        await room.guess(f"student{n}", {"queue": str(n)})
        await asyncio.sleep(0)
    await until(lambda: room.tellings()[-1]["count"] == 39)
    assert len(room.tellings()) <= 2 + (time.monotonic() - began) / PACE
    await asyncio.sleep(2 * PACE)
    assert room.tellings()[-1]["count"] == 39 and len(room.tellings()) <= 3 + (time.monotonic() - began) / PACE


async def test_nobody_is_told_where_nobody_watches(room: Class) -> None:
    for n in range(20):
        await room.guess(f"student{n}", {"queue": "1"})
    await asyncio.sleep(2 * PACE)
    assert not room.hub.rooms and not room.tellings()


JUNK: dict[str, Any] = {
    "no lesson": {"lesson": ""},
    "a long lesson": {"lesson": "x" * 21},
    "another type": {"lesson": 4},
    "a line in it": {"lesson": "lost\n"},
    "no such transport": {"by": "pigeon"},
    "no page": {"page": ""},
    "markup for a page": {"page": "<b>".ljust(22)},
    "no values": {"values": {}},
    "a list": {"values": ["70"]},
    "a number": {"values": {"queue": 70}},
    "a long value": {"values": {"queue": "x" * 21}},
    "an empty value": {"values": {"queue": ""}},
    "a new line": {"values": {"queue": "7\n"}},
    "another script": {"values": {"queue": "七"}},
    "a long field": {"values": {"q" * 21: "7"}},
    "many fields": {"values": {f"f{n}": "7" for n in range(FIELDS + 1)}},
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
async def test_what_is_no_guess_is_refused_and_nothing_of_it_kept(room: Class, junk: dict[str, Any]) -> None:
    with pytest.raises(Refuse):
        await room.guess("eve", **{"values": {"queue": "70"}, **junk})
    assert not room.guesses.lessons
    messages: list[Any] = [None, [], "lost", {"lesson": "lost"}, {"lesson": "lost", "more": 1}]
    for message in messages:
        with pytest.raises(Refuse):
            await room.hub.handlers[GUESS][0](await room.client("eve"), message)
    with pytest.raises(Refuse):
        await room.watch("eve", "x" * 21)
    assert not room.guesses.lessons and not room.hub.rooms


async def test_so_many_are_kept_and_who_has_gone_makes_room_for_who_comes(room: Class) -> None:
    for n in range(EACH):
        await room.guess(f"client{n}", {"queue": str(n)})
    with pytest.raises(Refuse, match="no more are counted"):
        await room.guess("late", {"queue": "70"})
    await room.guess("client7", {"queue": "changed"})  # who is counted may change it
    kept = room.guesses.lessons["lost"]
    assert len(kept) == EACH and kept["client7"].values == {"queue": "changed"}
    room.leave("client9")
    await room.guess("late", {"queue": "70"})
    assert len(kept) == EACH and "late" in kept and "client9" not in kept


async def test_all_lessons_together_keep_so_many(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "MOST", 30)
    for n in range(30):
        await room.guess(f"client{n}", {"queue": "1"}, lesson=f"made-up{n}")
    with pytest.raises(Refuse):
        await room.guess("late", {"queue": "70"})
    room.leave("client3")
    await room.guess("late", {"queue": "70"})
    assert len(room.guesses.lessons) == 30 and "made-up3" not in room.guesses.lessons
    assert MOST >= EACH


async def test_a_telling_fits_whatever_was_guessed(room: Class) -> None:
    least = Hub().limits.data
    for n in range(EACH):
        values = {f'"{n:03}{field}"\\'.ljust(20, '"'): f'"{n:03}'.ljust(20, "\\") for field in range(FIELDS - 1)}
        await room.guess(f"client{n}", {**values, "queue": "70"})
    telling = told("lost", room.guesses.lessons["lost"].values(), least - AROUND)
    assert len(encode(telling)) <= least
    assert telling["values"]["queue"] == {"70": EACH}  # what most have guessed is never crowded out
    await room.watch("teacher")
    await until(lambda: room.tellings())
    assert room.tellings()[0]["count"] == EACH


def test_what_is_told_names_nobody() -> None:
    one = Guess(lesson="lost", by="ws", page=PAGE, values={"queue": "70"})
    assert PAGE not in str(told("lost", [one], 1000))


async def until(holds: Callable[[], Any], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)
