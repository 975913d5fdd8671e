"""The answers of the door: a poll's at once, a long poll's when there is news. See serving/door.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..log.batch import Batch
from ..log.carried import Figures
from .door import Door, Question, Raw, Visitor
from .meter import Exchange

LEFT = ("gone", "kicked", "refused")  # why a read ends that is then refused


class Texts:
    """Batches as the bodies of answers; each is counted by who gives it."""

    most = None

    def frame(self, batch: Batch) -> bytes:
        return batch.text

    def told(self, figures: Figures, readers: int) -> None:
        pass


TEXTS = Texts()


def polled(door: Door, question: Question, exchange: Exchange) -> Batch:
    """The answer to a poll."""
    limits = door.clients.limits
    every = (limits.every if question.number is None else question.number) / 1000
    grace = 2.5 * every + limits.grace  # as transports/poll.py says
    reader = door.clients.open(question.client, question.cursor, 0, grace, "poll")
    reader.on_batch = exchange.batch
    try:
        return reader.read()
    finally:
        reader.close()


class Held:
    """A long poll that is answered when there is news, when its time is over, or when it is told to stop."""

    def __init__(
        self,
        door: Door,
        question: Question,
        exchange: Exchange,
        *,
        answer: Callable[[Batch], None],
        hand_on: Callable[[], None],
    ) -> None:
        """`answer` writes it; `hand_on` is called instead if Starlette must say why the client has left."""
        self.answer, self.hand_on = answer, hand_on
        clients = door.clients
        hold = clients.limits.hold if question.number is None else question.number
        self.reader = clients.open(question.client, question.cursor, 0, None, "longpoll")
        self.reader.on_batch = exchange.batch
        self.one = self.reader.carry(TEXTS, self._write, hold)
        self.one.on_end = self._ended

    def begin(self) -> None:
        batch = self.reader.hub.read(self.reader.client, self.reader.cursor)
        if batch.news:
            self._give(batch)
        elif self.reader.ended:
            self._ended()
        else:
            self.one.hold(self.reader.cursor)

    def lost(self) -> None:
        """Nobody is there to be answered."""
        self.one.close()
        self.reader.broken = True
        self.reader.close()

    def _write(self, _text: bytes) -> None:
        assert self.one.step is not None
        self._give(self.one.step.batch)

    def _give(self, batch: Batch) -> None:
        self.one.close()
        self.reader.answer(batch)
        self.reader.close()
        self.answer(batch)

    def _ended(self) -> None:
        if self.reader.ended in LEFT:
            self.one.close()
            self.reader.close()
            return self.hand_on()
        self._give(self.reader.hub.read(self.reader.client, self.reader.cursor))


class Asking(Protocol):
    """A connection that asks, as far as its visits know it."""

    def give(self, exchange: Exchange, head: bytes, text: bytes) -> None:
        """Write an answer, whole."""

    def hand_on(self, exchange: Exchange) -> None:
        """Let Starlette answer what was asked."""

    def date(self) -> Raw:
        """The headers that the server says with each answer."""


class Visits:
    """What one connection asks at the door, one question after the other."""

    __slots__ = ("asking", "door", "held", "question", "visitor")

    def __init__(self, door: Door, asking: Asking) -> None:
        self.door, self.asking = door, asking
        self.visitor = Visitor()
        self.question: Question | None = None  # that is asked, and not whole yet
        self.held: Held | None = None

    def ask(self, url: bytes, headers: Raw) -> bool:
        """Whether the door takes this question."""
        self.question = self.door.question(url, headers, self.visitor)
        return self.question is not None

    def answer(self, exchange: Exchange) -> None:
        """Answer what was asked, now or later."""
        question, self.question = self.question, None
        assert question is not None
        door, asking = self.door, self.asking

        def answer(batch: Batch) -> None:
            self.held = None
            asking.give(exchange, door.head(asking.date(), len(batch.text), question.tail), batch.text)

        def hand_on() -> None:
            self.held = None
            asking.hand_on(exchange)

        if question.transport == "poll":
            return answer(polled(door, question, exchange))
        self.held = Held(door, question, exchange, answer=answer, hand_on=hand_on)
        self.held.begin()
