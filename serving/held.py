"""The answers of the door: a poll's at once, a long poll's when there is news. See serving/door.py."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

from ..log.batch import Batch
from ..log.carried import Carried, Figures
from ..registry.again import read_at_once
from .door import Door, Question, Raw, Visitor
from .meter import Exchange

LEFT = ("gone", "kicked", "refused", "unready")  # why a read ends that is then refused
TARGET = re.compile(rb"/[A-Za-z0-9/?&=._~-]*")  # what a parser takes for a target, whatever it is asked


class Texts:
    """Batches as the bodies of answers; each is counted by who gives it."""

    most = None

    def frame(self, batch: Batch) -> bytes:
        return batch.text

    def told(self, figures: Figures, readers: int) -> None:
        pass


TEXTS = Texts()


class Asking(Protocol):
    """A connection that asks, as far as its visits know it."""

    def give(self, exchange: Exchange, head: bytes, batch: Batch) -> None:
        """Write an answer, whole."""

    def hand_on(self, exchange: Exchange) -> None:
        """Let Starlette answer what was asked."""

    def date(self) -> Raw:
        """The headers that the server says with each answer."""


class Visits:
    """What one connection asks at the door, one question after the other."""

    __slots__ = ("_clock", "_rest", "_simple", "asking", "door", "held", "question", "visitor")

    def __init__(self, door: Door, asking: Asking) -> None:
        self.door, self.asking = door, asking
        self.visitor = Visitor()
        self.question: Question | None = None  # that is asked, and not whole yet
        self.held: Held | None = None
        self._simple = False  # the door took what was asked last
        self._rest = b""  # then the head of that, after its target
        self._clock: asyncio.TimerHandle | None = None  # of what is held; it outlives that, for the next

    def ask(self, url: bytes, headers: Raw | None) -> Question | None:
        """What is asked, if the door takes it. `headers`: None, if they are those of last time."""
        self.question = self.door.question(url, headers, self.visitor)
        self._simple = self.question is not None
        return self.question

    # ---- the last head: a browser says the same dozen lines with each poll, and what is in them is known already

    def remember(self, head: bytes) -> None:
        """These bytes, and no others, were what the door was asked last."""
        if self._simple and head.startswith(b"GET /"):
            self._rest = head[head.index(b" ", 4) :]

    def forget(self) -> None:
        self._simple, self._rest = False, b""

    def target(self, head: bytearray) -> bytes | None:
        """The target of a head that is the last one but for that. None: it is another, and the parser is to read it."""
        rest = self._rest
        if not rest or not head.endswith(rest) or not head.startswith(b"GET /"):
            return None
        target = bytes(head[4 : -len(rest)])
        return target if TARGET.fullmatch(target) else None

    # ----

    def answer(self, exchange: Exchange) -> None:
        """Answer what was asked, now or later."""
        question, self.question = self.question, None
        assert question is not None
        if question.transport == "poll":
            return self.give(question, exchange, polled(self.door, question))
        self.held = Held(self, question, exchange)
        self.held.start()

    def give(self, question: Question, exchange: Exchange, batch: Batch) -> None:
        head = self.door.head(self.asking.date(), len(batch.text), question.tail)
        self.asking.give(exchange, head, batch)

    def over(self) -> None:
        """The connection is lost, or another's."""
        if self.held is not None:
            self.held.lost()
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    # ---- the time of what is held: a timer is set once a hold, however often there is news before it rings

    def wait(self, until: float) -> None:
        """Look at what is held then."""
        if self._clock is not None and self._clock.when() > until:
            self._clock.cancel()
            self._clock = None
        if self._clock is None:
            self._clock = asyncio.get_running_loop().call_at(until, self._look)

    def _look(self) -> None:
        self._clock = None
        if self.held is not None:
            self.held.look()


def polled(door: Door, question: Question) -> Batch:
    """The answer to a poll."""
    limits = door.clients.limits
    every = (limits.every if question.number is None else question.number) / 1000
    grace = 2.5 * every + limits.grace  # as transports/poll.py says
    return read_at_once(door.clients, question.client, question.cursor, grace, "poll")


class Held(Carried):
    """A long poll that is answered when there is news, when its time is over, or when it is told to stop."""

    __slots__ = ("exchange", "question", "reader", "visits")

    def __init__(self, visits: Visits, question: Question, exchange: Exchange) -> None:
        self.visits, self.question, self.exchange = visits, question, exchange
        clients = visits.door.clients
        hold = clients.limits.hold if question.number is None else question.number
        self.reader = clients.open(question.client, question.cursor, 0, None, "longpoll")
        super().__init__(clients.hub.turn, question.client, self.reader, TEXTS, self._write, hold)
        self.on_end = self._ended

    def start(self) -> None:
        """Answer it at once, or hold it."""
        reader = self.reader
        if reader.cursor.seq == reader.hub.end and not reader.ended:  # nothing can have been said after it
            return self.hold(reader.cursor)
        batch = reader.hub.read(reader.client, reader.cursor)
        if batch.news:
            self._give(batch)
        elif reader.ended:
            self._ended()
        else:
            self.hold(reader.cursor)

    def look(self) -> None:
        """Perhaps its time is over."""
        if self.turn.now() >= self.due:
            self.ring()
        else:
            self.visits.wait(self.due)

    def lost(self) -> None:
        """Nobody is there to be answered."""
        self._close()
        self.reader.broken = True
        self.reader.close()

    def _wait(self, seconds: float) -> None:
        self.visits.wait(self.due)

    def _write(self, _text: bytes) -> None:
        assert self.step is not None
        self._give(self.step.batch)

    def _close(self) -> None:
        self.close()
        self.visits.held = self.on_end = None
        del self.write  # it is this one's own: it would keep it

    def _give(self, batch: Batch) -> None:
        self._close()
        self.reader.answer(batch)
        self.reader.close()
        self.visits.give(self.question, self.exchange, batch)

    def _ended(self) -> None:
        if self.reader.ended in LEFT:
            self._close()
            self.reader.close()
            return self.visits.asking.hand_on(self.exchange)
        self._give(self.reader.hub.read(self.reader.client, self.reader.cursor))
