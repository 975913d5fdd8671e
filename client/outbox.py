"""The outbox: emits and replies that still have to go up, their numbers and their acks. It sends nothing itself."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from .wire import Ack

WINDOW = 64  # emits that may be without an ack
ROOM = 60 << 10  # bytes of emits in one upload; the server takes 64 KiB of body


@dataclass(eq=False)
class Emit:
    event: str
    data: msgspec.Raw
    done: asyncio.Future[Any]
    since: float = 0.0  # when the application said it
    n: int = 0
    sent: float | None = None  # when it last went up, while that may still be answered
    void: bool = False  # it was refused, and goes up empty only to use its number


@dataclass(eq=False)
class Reply:
    data: msgspec.Raw
    sent: float | None = None


class Outbox:
    """The emits and replies of one sid: numbered when they first go up, kept until they are acked."""

    def __init__(self, fresh: Iterable[Emit] = ()) -> None:
        self.fresh = deque(fresh)  # never sent
        self.waiting: dict[int, Emit] = {}  # sent and without an ack, in order of n
        self.replies: dict[int, Reply] = {}
        self.count = 0  # the n given last
        self.best = 0  # the highest n with an ack
        self.next = 1  # the n that goes up next by the way in use
        self.alone = 0  # up to this n they go up one by one

    @property
    def acked(self) -> int:
        """All acks up to this n are there."""
        return next(iter(self.waiting)) - 1 if self.waiting else self.count

    def again(self) -> None:
        """All without an ack go up again, in order."""
        self.next = self.acked + 1
        for item in self._items():
            item.sent = None

    def load(self) -> tuple[list[Emit], dict[int, Reply]]:
        """What goes up now: as much as one upload takes, and one emit only where a request was refused."""
        emits, room = list[Emit](), ROOM
        replies = {} if self._one() else {seq: reply for seq, reply in self.replies.items() if reply.sent is None}
        for emit in self._coming():
            room -= len(bytes(emit.data)) + len(emit.event) * 6 + 64
            if emits and (room < 0 or self._one()):
                break
            emits.append(emit)
        return emits, replies

    def _one(self) -> bool:
        return self.next <= self.alone

    def _coming(self) -> Iterable[Emit]:
        yield from [emit for n, emit in self.waiting.items() if n >= self.next]
        yield from itertools.islice(self.fresh, max(0, self.acked + WINDOW - self.count))

    def sent(self, emits: list[Emit], replies: dict[int, Reply], now: float) -> None:
        for emit in emits:
            if not emit.n:
                self.count += 1
                emit.n = self.count
                self.waiting[emit.n] = self.fresh.popleft()
            self.next = emit.n + 1
        items: list[Emit | Reply] = [*emits, *replies.values()]
        for item in items:
            item.sent = now

    def answer(self, acks: list[Ack], best: Callable[[int], int]) -> tuple[list[tuple[Emit, Ack]], bool, bool]:
        """Take acks: what is done with them; whether some were lost on the way; whether the server has forgotten us.

        `best(n)`: the highest n that had an ack when this n went up. Only then does a hole say anything: an answer
        that comes late knows less than we do.
        """
        done, hole, forgotten = list[tuple[Emit, Ack]](), False, False
        for ack in acks:
            if not ack.n:
                self.replies.pop(ack.seq, None)
            elif ack.error and ack.error.code == "out_of_order" and ack.error.expected is not None:
                known = best(ack.n)
                forgotten = forgotten or (ack.n in self.waiting and ack.error.expected <= known)
                hole = hole or ack.n in self.waiting
            elif emit := self.waiting.pop(ack.n, None):
                self.best = max(self.best, ack.n)
                done.append((emit, ack))
        return done, hole, forgotten

    def empties(self, emit: Emit) -> None:
        """Its number must be used all the same: the server refuses a hole."""
        emit.event, emit.data, emit.void, emit.sent = "$void", msgspec.Raw(b"null"), True, None

    def give_up(self, before: float) -> tuple[list[Emit], list[Emit]]:
        """What was said before that time and may have been taken, and what was never sent: they are to fail."""
        sent = [emit for emit in self.waiting.values() if emit.since <= before and not emit.void]
        fresh = [emit for emit in self.fresh if emit.since <= before]
        self.fresh = deque(emit for emit in self.fresh if emit.since > before)
        for emit in sent:
            self.empties(emit)
        return sent, fresh

    def upload(self, emits: list[Emit], replies: dict[int, Reply]) -> bytes:
        return msgspec.json.encode(
            {
                "emits": [{"n": emit.n, "event": emit.event, "data": emit.data} for emit in emits],
                "replies": [{"seq": seq, "data": reply.data} for seq, reply in replies.items()],
                "acked": self.acked,
            }
        )

    def unanswered(self) -> float:
        """Since when something is unanswered."""
        return min((item.sent for item in self._items() if item.sent is not None), default=math.inf)

    def _items(self) -> list[Emit | Reply]:
        return [*self.waiting.values(), *self.replies.values()]
