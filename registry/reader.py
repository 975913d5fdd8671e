"""A reader: one read in progress, which ends with its request, its line, or its client."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import Any, Protocol

from ..hub import Member
from ..log.batch import Batch, Cursor
from ..log.bell import Bell
from ..log.carried import Carried, Form
from .client import Client


class Keeper(Protocol):
    """Who knows of the reads that are open."""

    def closed(self, reader: Reader) -> None:
        """This one is over."""


class Reader(Bell):
    """One read in progress: who reads, from where; and the bell that wakes or ends it."""

    __slots__ = ("_keeper", "broken", "client", "cursor", "history", "hub", "newcomer", "on_batch", "transport")

    def __init__(
        self, client: Member, cursor: Cursor | None, start: int, history: int, keeper: Keeper, transport: str = ""
    ):
        super().__init__()
        self.client = client
        self.transport = transport
        self.hub = client.hub
        self.cursor = cursor or Cursor(self.hub.epoch, start)
        self.newcomer = cursor is None
        self.history = 0 if cursor else history
        self.broken = False  # the line was lost while this read was open
        self.on_batch: Callable[[Batch], None] | None = None  # whoever counts what readers are given
        self._keeper: Keeper | None = keeper  # until it is closed

    def read(self) -> Batch:
        return self._given(self.hub.read(self.client, self.cursor, history=self.history))

    async def wait(self, hold: float) -> Batch:
        """A newcomer is answered at once: it has a position before its first message."""
        if self.newcomer:
            batch = self.hub.read(self.client, self.cursor, history=self.history)
        else:
            batch = await self.hub.wait(self.client, self.cursor, hold, self)
        return self.answer(batch)

    def answer(self, batch: Batch) -> Batch:
        """Hand out the batch that was waited for; the client asks again in a moment."""
        self._given(batch)
        if self.client.id and not self.ended:
            self.hub.pressure.answered(self.client.id, batch.cursor.seq)
        return batch

    def follow(self, heartbeat: float) -> AsyncGenerator[Batch, None]:
        return self.hub.follow(self.client, self.cursor, heartbeat, self, history=self.history)

    def carry(self, form: Form, write: Callable[[bytes], Any], heartbeat: float) -> Carried:
        """What `follow` does, as a reader that is told by the turn; see log/turn.py. `write` never waits."""
        return Carried(self.hub.turn, self.client, self, form, write, heartbeat)

    def begin(self, one: Carried) -> None:
        """Give what is carried its first batch, and from now on whatever comes."""
        self.hub.pressure.follows(self.client.id)
        most = None if self.history else one.form.most
        one.begin(self.hub.read(self.client, self.cursor, history=self.history, most=most))

    def _given(self, batch: Batch) -> Batch:
        if isinstance(self.client, Client):
            self.client.given(batch)
        return self.give(batch)

    def give(self, batch: Batch) -> Batch:
        """Hand a batch to the client: whoever counts is told of it."""
        if self.on_batch is not None:
            self.on_batch(batch)
        return batch

    def close(self) -> None:
        """The read is over, however it ended. Harmless when repeated."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.closed(self)


def least_missed(readers: list[Reader]) -> Reader:
    """Of these readers of one client, oldest first: the oldest of the transport that has the most of them.

    A dead pipe must not lock its owner out; and where tries of one transport died one after the other, the line of
    another that works is perhaps the oldest of all.
    """
    counts = Counter(reader.transport for reader in readers)
    return max(readers, key=lambda reader: counts[reader.transport])  # the first of those that are equal
