"""The outbox: emits and replies that still have to go up, their numbers and their acks. It sends nothing itself."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from .wire import Ack

WINDOW = 64  # n may go up only if n < the lowest n without an ack + 64
ROOM = 60 << 10  # bytes of emits and replies in one upload; the server takes 64 KiB of body


@dataclass(eq=False)
class Emit:
    event: str
    data: msgspec.Raw
    done: asyncio.Future[Any]
    since: float = 0.0  # when the application said it
    n: int = 0
    sent: float | None = None  # when it last went up; None: it is to go up
    void: bool = False  # it has failed, and goes up empty only to use its number

    @property
    def size(self) -> int:
        return len(bytes(self.data)) + 6 * len(self.event) + 64


@dataclass(eq=False)
class Reply:
    seq: int
    data: msgspec.Raw
    sent: float | None = None

    @property
    def size(self) -> int:
        return len(bytes(self.data)) + 40


class Answered(NamedTuple):
    """What acks say."""

    done: list[tuple[Emit, Ack]]
    hole: bool  # some were lost on the way: they go again
    forgotten: bool  # the server no longer knows this client


class Outbox:
    """The emits and replies of one sid: numbered when they first go up, kept until they are acked."""

    def __init__(self) -> None:
        self.unsent = deque[Emit]()  # they have no number yet, so they can still go up under another sid
        self.unacked: dict[int, Emit] = {}  # sent and without an ack, in order of n
        self.replies: dict[int, Reply] = {}  # without an ack
        self.count = 0  # the n given last
        self.best = 0  # the highest n with an ack

    @property
    def acked(self) -> int:
        """All acks up to this n are there."""
        return next(iter(self.unacked)) - 1 if self.unacked else self.count

    @property
    def empty(self) -> bool:
        return not (self.unsent or self.unacked or self.replies)

    @property
    def unanswered(self) -> float:
        """Since when something is unanswered; infinity: nothing is."""
        return min((item.sent for item in self._sent() if item.sent is not None), default=math.inf)

    def add(self, emit: Emit) -> None:
        self.unsent.append(emit)

    def reply(self, seq: int, data: msgspec.Raw) -> None:
        """The first reply to a message counts."""
        self.replies.setdefault(seq, Reply(seq, data))

    # ---- going up

    def take(self, now: float, most: int = WINDOW, room: int = ROOM) -> list[Emit]:
        """The emits that go up now: those sent before, in order, then new ones as far as window and upload allow."""
        emits = list[Emit]()
        for emit in self._next():
            room -= emit.size
            if room < 0 or len(emits) >= most:
                break
            emits.append(emit)
        for emit in emits:
            self._number(emit)
            emit.sent = now
        return emits

    def _next(self) -> Iterable[Emit]:
        yield from [emit for emit in self.unacked.values() if emit.sent is None]
        yield from list(self.unsent)[: max(0, self.acked + WINDOW - self.count)]

    def _number(self, emit: Emit) -> None:
        if not emit.n:
            self.unsent.popleft()
            self.count += 1
            emit.n = self.count
            self.unacked[emit.n] = emit

    def take_replies(self, now: float) -> list[Reply]:
        """The replies that go up now, as many as one upload takes."""
        replies, room = list[Reply](), ROOM
        for reply in self.replies.values():
            if reply.sent is None and reply.size <= room:
                room -= reply.size
                reply.sent = now
                replies.append(reply)
        return replies

    def upload(self, emits: Iterable[Emit], replies: Iterable[Reply] = ()) -> bytes:
        """The object that goes up, as JSON."""
        said: dict[str, Any] = {"acked": self.acked}
        if items := [_form(emit) for emit in emits]:
            said["emits"] = items
        if answers := [{"seq": reply.seq, "data": reply.data} for reply in replies]:
            said["replies"] = answers
        return msgspec.json.encode(said)

    def last_words(self, now: float) -> bytes:
        """What `bye` brings: the replies and emits without an ack, as many as one upload takes."""
        self.again()
        replies = self.take_replies(now)
        room = ROOM - sum(reply.size for reply in replies)
        return self.upload(self.take(now, room=room), replies)

    def again(self) -> None:
        """All without an ack go up again, in order."""
        for item in self._sent():
            item.sent = None

    # ---- acks

    def answer(self, acks: Iterable[Ack], best: Callable[[int], int]) -> Answered:
        """Take acks. `best(n)`: the highest n that had an ack when this n went up. Only beside that a hole says
        something: an answer that comes late knows less than the client does.
        """
        done, hole, forgotten = list[tuple[Emit, Ack]](), False, False
        for ack in acks:
            self.replies.pop(ack.seq, None)
            known = best(ack.n) if ack.n else 0
            emit = self.unacked.get(ack.n)
            if emit is None:
                continue
            if ack.error is None or ack.error.code != "out_of_order":
                self._finish(emit, ack, done)
            elif ack.error.expected is not None:
                forgotten = forgotten or ack.error.expected <= known
                hole = hole or ack.error.expected > known
                self._from(ack.error.expected)
        return Answered(done, hole, forgotten)

    def _finish(self, emit: Emit, ack: Ack, done: list[tuple[Emit, Ack]]) -> None:
        del self.unacked[emit.n]
        self.best = max(self.best, emit.n)
        if not emit.void:
            done.append((emit, ack))

    def _from(self, expected: int) -> None:
        """What the server has claimed is not sent again: from the hole on everything was refused."""
        for n, emit in self.unacked.items():
            if n >= expected:
                emit.sent = None

    # ---- what fails

    def empties(self, n: int) -> None:
        """Use a number up with nothing in it: its emit has failed, and the server refuses a hole."""
        if emit := self.unacked.get(n):
            emit.event, emit.data, emit.void, emit.sent = "$void", msgspec.Raw(b"null"), True, None

    def give_up(self, before: float) -> tuple[list[Emit], list[Emit]]:
        """What was said by that time fails: what may have been taken, and what was never sent."""
        sent = [dataclasses.replace(emit) for emit in self.unacked.values() if emit.since <= before and not emit.void]
        unsent = [emit for emit in self.unsent if emit.since <= before]
        self.unsent = deque(emit for emit in self.unsent if emit.since > before)
        for emit in sent:
            self.empties(emit.n)
        return sent, unsent

    def forget(self) -> list[Emit]:
        """Begin anew, for the server knows nothing of this client: returns those whose fate nobody can tell."""
        lost = [emit for emit in self.unacked.values() if not emit.void]
        self.unacked.clear()
        self.replies.clear()
        self.count = self.best = 0
        return lost

    def _sent(self) -> list[Emit | Reply]:
        return [*self.unacked.values(), *self.replies.values()]


def _form(emit: Emit) -> dict[str, Any]:
    form = {"n": emit.n, "event": emit.event}
    return form if emit.void else {**form, "data": emit.data}
