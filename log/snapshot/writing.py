"""Writing: the chunks of a state, one after the other, in the time of whoever asks for the next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, TypeVar

from ..audience import Audience, Message, Room
from ..claims import Claims
from . import forms
from .copying import Copying, Kept, MemberKept
from .forms import SIZE, Part

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

Weighed = tuple[int, Part]  # its size in bytes, about

# What each takes, in bytes; it is more than that where making it takes as long as so many bytes of messages do.
ONE = 512  # a room, a client
FEW = 32  # an entry of a list or table, besides its texts


def chunks(state: Any, size: int = SIZE) -> Generator[bytes, None, None]:
    """The snapshot of a state at its place when the first is asked for; items may be applied between any two.

    Two states that are equal there give equal chunks. RuntimeError: one is being made already.
    """
    copying = Copying(state)
    try:
        summed, count = hashlib.sha256(), 1
        head = forms.encode(copying.head)
        summed.update(head)
        yield head
        for parts in gathered(Walk(copying, size).parts(), size):
            chunk = forms.encode(parts)
            summed.update(chunk)
            count += 1
            yield chunk
        yield forms.encode(forms.Foot(count, summed.digest()))
    finally:
        copying.end()


def gathered(parts: Iterable[Weighed], size: int) -> Iterator[list[Part]]:
    """Parts, as many together as make a chunk."""
    taken: list[Part] = []
    weight = 0
    for one, part in parts:
        taken.append(part)
        weight += one
        if weight >= size:
            yield taken
            taken, weight = [], 0
    if taken:
        yield taken


class Walk:
    """The parts of a copy, in their order. Audiences, clients and their claims have the number of their coming."""

    def __init__(self, copying: Copying, size: int) -> None:
        self.copying = copying
        self.size = max(1, size // 4)  # of what is made at once of many small things
        self.audiences: dict[Audience, int] = {}
        self.claims: dict[Claims, int] = {}

    def parts(self) -> Iterator[Weighed]:
        copying = self.copying
        yield ONE, forms.Everyone(*self._audience(copying.state.store.everyone, copying.everyone))
        yield from self._messages(copying.everyone)
        for room, taken in copying.rooms():
            kept = self._audience(room, taken.kept)
            yield ONE, forms.RoomIs(taken.name, *kept, taken.came)
            yield from self._messages(taken.kept)
            yield from self._table(taken.members, numbered, forms.Members)
            yield from self._table(taken.numbers, numbered, forms.Here)
        for count, member in enumerate(copying.members()):
            yield from self._member(count, member)
        yield ONE, forms.Present(copying.came)
        yield from self._table(copying.numbers, numbered, forms.Here)
        yield from self._table(copying.marks, mark, forms.Marked)
        yield from self._orders()

    def _audience(self, audience: Audience, kept: Kept) -> tuple[forms.High, forms.High, int]:
        self.audiences[audience] = len(self.audiences)
        return kept.last, kept.trimmed, kept.lost

    def _messages(self, kept: Kept) -> Iterator[Weighed]:
        return self._list(kept.messages, message, forms.Messages)

    def _member(self, count: int, member: MemberKept) -> Iterator[Weighed]:
        for stay in member.stays:
            if stay.audience not in self.audiences:
                assert isinstance(stay.audience, Room)
                kept = Kept.of(stay.audience)  # nobody is in it, and nothing of it is kept: it changes no more
                yield ONE, forms.RoomWas(stay.audience.name, *self._audience(stay.audience, kept))
        stays = tuple((self.audiences[stay.audience], stay.joined, stay.last) for stay in member.stays)
        size = ONE + FEW * len(stays)
        yield size, forms.Person(*(*member.fields, stays))
        if member.own is not None:
            audience, kept = member.own
            yield ONE, forms.Own(*self._audience(audience, kept))
            yield from self._messages(kept)
        if member.claims is not None:
            claims, claimed = member.claims
            self.claims[claims] = count
            yield ONE, forms.Claimed(claimed.expected, claimed.open)
            yield from self._table(claimed.results, lasting, forms.Results)
        if member.data is not None:
            yield from self._table(member.data, lasting, forms.Data)

    def _orders(self) -> Iterator[Weighed]:
        """What would be found by looking at all: in which order they give way, and when."""
        copying, audiences = self.copying, self.audiences
        yield from self._list(copying.empty, len, forms.Empty)
        for same in copying.largest:
            yield from self._list(same, number, lambda some: forms.Largest([audiences[one] for one in some]))
        for others in copying.heaviest:
            yield from self._list(others, number, lambda some: forms.Heaviest([self.claims[one] for one in some]))
        yield from self._list(copying.old, number, self._old)

    def _old(self, entries: list[tuple[float, int, Audience]]) -> Part:
        return forms.Old([self.audiences[one] for _at, _number, one in entries], [at for at, _number, _one in entries])

    # ---- many small things, some at once

    def _list(
        self, things: Iterable[T], weigh: Callable[[T], int], part: Callable[[list[T]], Part]
    ) -> Iterator[Weighed]:
        taken: list[T] = []
        size = 0
        for thing in things:
            taken.append(thing)
            size += weigh(thing)
            if size >= self.size:
                yield size, part(taken)
                taken, size = [], 0
        if taken:
            yield size, part(taken)

    def _table(
        self, things: dict[K, V], weigh: Callable[[tuple[K, V]], int], part: Callable[[dict[K, V]], Part]
    ) -> Iterator[Weighed]:
        return self._list(things.items(), weigh, lambda pairs: part(dict(pairs)))


def number(_thing: object) -> int:
    return FEW


def message(one: Message) -> int:
    return len(one.text) + FEW


def numbered(pair: tuple[str, int]) -> int:
    return len(pair[0]) + FEW


def lasting(pair: tuple[Any, bytes]) -> int:
    return len(pair[1]) + FEW


def mark(pair: tuple[str, tuple[str, str, float]]) -> int:
    return len(pair[0]) + len(pair[1][1]) + FEW
