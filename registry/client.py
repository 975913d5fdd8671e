"""A client: one page or program, as the log knows it, and with what only this process does for it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, Protocol

from ..hub import Hub, Member, speaking
from ..log.audience import Where
from ..log.batch import Batch, Cursor
from ..log.bell import Bell
from ..protocol.errors import Refused
from ..protocol.pace import Bucket
from .emits import Emits


class Registry(Protocol):
    """The clients of one hub, as far as one of them must know."""

    clock: Callable[[], float]

    def dismiss(self, client: Client, code: str, message: str) -> None: ...

    def rests(self, client: Client) -> None: ...

    def on_forgotten(self, client: Client) -> None: ...


class Client(Member):
    """The record of one client: what the log knows of it, and what only this process does."""

    __slots__ = (
        "_emit_pace",
        "_emits",
        "_polls",
        "address",
        "arrival",
        "asks",
        "broken",
        "grace",
        "last_read",
        "last_request",
        "noted",
        "owed",
        "readers",
        "registry",
        "told",
        "verdict",
    )

    def __init__(self, registry: Registry, hub: Hub, client: str) -> None:
        super().__init__(hub, client)
        self.registry = registry
        self.arrival: asyncio.Future[None] | None = None  # until it is let in, if somebody reads here
        self.readers: tuple[Bell, ...] = ()  # oldest first
        self.grace = hub.limits.grace
        self.last_read = 0.0  # when its last read ended
        self.last_request = 0.0
        self.noted = ""  # what this process has logged of its presence last, where that is not applied yet
        self.told = -math.inf  # when it was logged last that it lives, though it was not here
        self.verdict: tuple[int, str | None] | None = None  # of its `connect`: the stay and why not; not applied yet
        self.broken = False  # its last read ended with the line
        self.owed: Cursor | None = None  # where a cut batch ended: going on from there costs no poll
        self.address: str | None = None  # from where it was born, if here
        self.asks: dict[int, asyncio.Future[Any]] = {}  # by seq of the message that asks
        # Made when they are needed, for most clients only listen:
        self._polls: Bucket | None = None
        self._emit_pace: Bucket | None = None
        self._emits: Emits | None = None

    @property
    def polls(self) -> Bucket:
        """The pace of its polls."""
        limits = self.hub.limits
        self._polls = self._polls or Bucket(limits.poll_rate, limits.poll_burst, self.registry.clock())
        return self._polls

    @property
    def emit_pace(self) -> Bucket:
        limits = self.hub.limits
        self._emit_pace = self._emit_pace or Bucket(limits.emit_rate, limits.emit_burst, self.registry.clock())
        return self._emit_pace

    @property
    def emits(self) -> Emits:
        self._emits = self._emits or Emits(self)
        return self._emits

    def given(self, batch: Batch) -> Batch:
        """It was given this batch. Where that was cut short, going on from there costs no poll."""
        if batch.more:
            self.owed = batch.cursor
            self.hub.pressure.answered(self.id, batch.cursor.seq)
        return batch

    async def ask(self, event: str, data: Any = None, *, timeout: float = 5) -> Any:
        """Emit to this client alone and return what it replies. TimeoutError: no reply within `timeout` seconds.

        LookupError: it is not here, or leaves before it replies. Asked by its own `connect` handler, the client is let
        in at once, with what was emitted until then: nobody can answer what has not reached it.
        """
        if not self.here:
            raise LookupError(f"client {self.id} is not here")
        seq = await self.hub.say(Where(client=self.id), event, data, ack=True)
        try:
            answer = self.asks.get(seq)
            if answer is None or not self.here:  # it has left while the hub let others read first
                raise LookupError(f"client {self.id} is not here")
            if speaking.get() == self.id and self.judged < self.stay:
                self.hub.log.note("k", self.id, self.stay, None)
            async with asyncio.timeout(timeout):
                return await answer
        finally:
            self.asks.pop(seq, None)

    def asked(self, seq: int) -> None:
        """A message that asks was logged: from now on somebody may reply."""
        self.asks[seq] = promise()

    def let_in(self) -> None:
        """Its `connect` handlers are waited for no longer."""
        if self.arrival is not None and not self.arrival.done():
            self.arrival.set_result(None)
        self.arrival = None

    def fail(self, error: Refused) -> None:
        """Answer so whatever it emitted and was not answered yet."""
        if self._emits is not None:
            self._emits.fail(error)

    def stop(self, error: Refused) -> None:
        """Answer so whoever waits for something that is done here."""
        self.fail(error)
        if self.arrival is not None and not self.arrival.done():
            self.arrival.set_exception(error)

    def ask_no_more(self) -> None:
        """It has left: nobody waits for its replies any more."""
        for answer in self.asks.values():
            if not answer.done():
                answer.set_exception(LookupError(f"client {self.id} has left"))

    def reply(self, seq: int, data: Any) -> None:
        """The first reply counts; a late or unknown one is answered all the same, so that it is not repeated."""
        answer = self.asks.get(seq)
        if answer is not None and not answer.done():
            answer.set_result(data)

    def close(self, reason: str = "turned out") -> None:
        """Turn this client out: its readers end, and every further request of its sid is refused `kicked`."""
        current = self.hub.members.get(self.id)  # forgotten and come back, it is another record
        self.registry.dismiss(current if isinstance(current, Client) else self, "kicked", reason)


def promise() -> asyncio.Future[Any]:
    """A future that nobody need wait for: what it fails with is no error of the program."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda future: future.cancelled() or future.exception())
    return future
