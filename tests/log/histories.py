"""Histories: random items of every kind, and replays of them that go by way of snapshots and must come out the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from tests.state import state_of
from transport_fallback.hub import Hub
from transport_fallback.log.batch import Cursor
from transport_fallback.log.items import Item
from transport_fallback.log.memory import Memory
from transport_fallback.log.snapshot.loading import load
from transport_fallback.log.snapshot.writing import chunks
from transport_fallback.protocol.limits import Limits

LIMITS = Limits(
    keep_messages=4,
    keep_seconds=50.0,
    keep_bytes=2048,
    data=512,
    batch_messages=3,
    rooms=3,
    rooms_per_client=2,
    window=3,
    forget_after=30.0,
)
RESULTS = 120  # bytes of all results: so few that some must give way
SIZE = 96  # bytes of a chunk: so few that many items come between its first and its last

CLIENTS = ["ann", "bob", "cy", "dee"]
PROCESSES = ["p1", "p2", "p3"]
ROOMS = ["red", "blue", "green", "white"]


class Chance:
    """Items at random, most of which do something. The same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.hub = new_hub()
        self.at = 1_000_000

    def items(self, count: int) -> Iterator[Item]:
        for _ in range(count):
            self.at += self.chance.choice([0, 0, 1, 5, 300, 9_000])
            by, kind = self.chance.choice(PROCESSES), self.chance.choice("mmmmmmbbbjjjjllfhhhhaakccccdddgyuux")
            fields = getattr(self, f"_{kind}")(by)
            tail = self._tail(kind)
            item = Item(self.hub.place + 1, by, kind, tuple(fields), tail, self.at)
            self.hub.apply(*item)
            yield item

    def _tail(self, kind: str) -> bytes:
        size = self.chance.choice([3, 10, 10, 10, 200])  # many of one size: in which order they came is what counts
        if kind == "m":
            return b'"event":"e","data":"%b","from":null,"room":null' % (b"x" * size)
        return b'{"n":1,"data":"%b"}' % (b"y" * size) if kind == "d" else b""

    def _client(self) -> str:
        return self.chance.choice(CLIENTS)

    def _m(self, _by: str) -> list[Any]:
        to, but = self.chance.random(), self.chance.choice([None, None, self._client()])
        if to < 0.4:
            return [self.chance.choice(ROOMS), None, but, False]
        return [None, self._client(), None, self.chance.random() < 0.2] if to < 0.7 else [None, None, but, False]

    def _b(self, _by: str) -> list[Any]:
        return [self._client(), self.chance.choice(["5e", "6f"]) * 32]

    def _j(self, _by: str) -> list[Any]:
        return [self._client(), self.chance.choice(ROOMS)]

    def _l(self, _by: str) -> list[Any]:
        return [self._client(), self.chance.choice([*ROOMS, *ROOMS, None])]

    def _f(self, _by: str) -> list[Any]:
        return [self._client(), self.chance.choice([0, self.hub.place])]

    def _h(self, _by: str) -> list[Any]:
        return [self._client()]

    def _a(self, _by: str) -> list[Any]:
        return [self._client(), "silence"]

    def _k(self, _by: str) -> list[Any]:
        client = self._client()
        member = self.hub.members.get(client)
        return [client, member.stay if member else 0, self.chance.choice([None, None, None, "no"])]

    def _c(self, _by: str) -> list[Any]:
        client = self._client()
        member = self.hub.members.get(client)
        expected = member.claims.expected if member and member.claims else 1
        first = max(1, expected - self.chance.choice([0, 0, 0, 1, -1]))
        return [client, [first, first + 1], self.chance.choice([0, 0, expected - 2])]

    def _d(self, by: str) -> list[Any]:
        """Mostly of what this process has claimed."""
        claimed = [
            (one.id, n)
            for one in self.hub.members.values()
            for n, claim in (one.claims.open if one.claims else {}).items()
            if claim[0] == by
        ]
        return [*(self.chance.choice(claimed) if claimed else (self._client(), 1))]

    def _g(self, _by: str) -> list[Any]:
        return [self._client(), self.chance.choice(["gone", "kicked"]), "bye"]

    def _y(self, _by: str) -> list[Any]:
        return [self._client(), self.hub.end, 1]

    def _u(self, _by: str) -> list[Any]:
        return [self._client(), self.chance.choice(["name", "place"]), self.chance.choice(["Ä", [1, {"a": None}], 1.5])]

    def _x(self, by: str) -> list[Any]:
        return [self.chance.choice([one for one in PROCESSES if one != by]), by]


class Deaf(Memory):
    """A log whose items are given by hand: what a read would note is no item of the history."""

    def note(self, kind: str, *fields: Any, tail: bytes = b"") -> None:
        pass


def new_hub(limits: Limits = LIMITS, epoch: str = "e") -> Hub:
    def clock() -> float:
        raise AssertionError("applying an item asks no clock, and loading none")

    hub = Hub(limits, epoch=epoch, clock=clock, log=Deaf)
    hub.results.most = RESULTS
    return hub


def loaded(source: Sequence[bytes], limits: Limits = LIMITS) -> Hub:
    hub = new_hub(limits, "another")
    load(hub, source)
    return hub


def snapshot(hub: Hub, size: int = SIZE) -> list[bytes]:
    return [*chunks(hub, size)]


def replay(items: Sequence[Item], chance: random.Random, limits: Limits = LIMITS) -> None:
    """Apply these in a hub that knows nothing of snapshots, and go along with others that come from some.

    At every place the state goes through a snapshot; some hubs that came from one go on to the end; and now and then a
    snapshot is made bit by bit, while items are applied. All of them must be equal.
    """
    plain, relay = new_hub(limits), new_hub(limits)
    others: list[Hub] = []
    slow: Iterator[bytes] = iter(())
    expected: list[bytes] = []
    found: list[bytes] = []
    for item in items:
        if plain.copying is None and chance.random() < 0.3:
            assert found == expected
            expected, found = snapshot(plain), []
            slow = chunks(plain, SIZE)
        for _ in range(chance.choice([1, 1, 2, 5])):
            found += [chunk for chunk in [next(slow, None)] if chunk is not None]
        for hub in (plain, relay, *others):
            hub.apply(*item)
        made = snapshot(relay)
        if plain.copying is None:
            assert snapshot(plain) == made
        relay = loaded(made, limits)
        assert state_of(relay) == state_of(plain)
        if len(others) < 4 and chance.random() < 0.1:
            others.append(loaded(made, limits))
    found += slow
    assert found == expected
    for hub in (relay, *others):
        assert state_of(hub) == state_of(plain)
        assert snapshot(hub) == snapshot(plain)
        same_reads(plain, hub)


def same_reads(one: Hub, other: Hub) -> None:
    """Whoever asks is told the same, from wherever it reads on."""
    for hub in (one, other):
        for member in hub.members.values():
            member.leading = ()  # who has read here before is no matter of the log
    asked = [(mine, other.members[mine.id]) for mine in one.members.values()]
    for mine, theirs in [*asked, (one.anonymous, other.anonymous)]:
        for seq in range(one.end + 2):
            cursor = Cursor(one.epoch, seq)
            assert one.read(mine, cursor).text == other.read(theirs, cursor).text
        assert one.last_seen_by(mine) == other.last_seen_by(theirs)
        assert one.read(mine, cursor, history=3).text == other.read(theirs, cursor, history=3).text
