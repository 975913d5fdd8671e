"""The ways up: a ws that reads, or POST, which is always there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from .closings import answered, broke
from .http import Answer
from .ladder import End
from .office import Office
from .outbox import WINDOW, Emit, Outbox, Reply
from .run import Run
from .wire import Ack, Acked, Outcome, decode

POSTS = 3  # requests that may wait for their answers, the given-up ones included


class WsWay:
    """The ws that reads, as a way up."""

    name = "ws"

    def __init__(self, run: Run) -> None:
        self.run = run
        self.deaf = False  # it was given up, until it is heard again
        self.silent = False  # it did not answer a ping either
        self._bests: dict[int, list[int]] = {}  # by n, of each time it went up: the highest n that had an ack then

    def send(self, outbox: Outbox, now: float) -> None:
        """Send all that may go."""
        while self.run.up is not None:
            replies, emits = outbox.take_replies(now), outbox.take(now)
            if not emits and not replies:
                return
            for emit in emits:
                self._bests.setdefault(emit.n, []).append(outbox.best)
            if replies:
                self.run.up.put_nowait(outbox.upload([], replies))
            if emits:
                self.run.up.put_nowait(outbox.upload(emits))

    def best(self, n: int) -> int:
        """The highest n with an ack when n went up here. Its answers come in the order it was sent."""
        bests = self._bests.get(n, [])
        best = bests.pop(0) if bests else 0
        if not bests:
            self._bests.pop(n, None)
        return best

    async def ping(self) -> bool:
        """Whether it is open; done when all that went up before has been read."""
        if self.run.up is None:
            return False
        await self.run.ping()
        return True


class Flight(NamedTuple):
    """One POST under way."""

    emits: list[Emit]
    best: int  # the highest n with an ack when it went


Landed = Callable[[Flight, list[Ack], End | None], None]


class PostWay:
    """POST, one request with emits at a time. `landed` is told what came of each."""

    name = "POST"

    def __init__(self, office: Office, landed: Landed) -> None:
        self.current: Flight | None = None  # the one with emits, unless it was given up
        self._office = office
        self._landed = landed
        self._flights = set[asyncio.Task[None]]()

    def send(self, outbox: Outbox, now: float, most: int = WINDOW) -> None:
        """Send what may go: at most so many emits."""
        # A reply never waits behind an emit: the handler of that emit may be waiting for it.
        if replies := outbox.take_replies(now):
            self._begin(Flight([], outbox.best), outbox, replies)
        if self.current is not None or len(self._flights) >= POSTS:
            return
        if emits := outbox.take(now, most):
            self.current = Flight(emits, outbox.best)
            self._begin(self.current, outbox, [])

    def _begin(self, flight: Flight, outbox: Outbox, replies: list[Reply]) -> None:
        task = self._office.spawn(self._fly(flight, outbox.upload(flight.emits, replies)))
        self._flights.add(task)
        task.add_done_callback(self._flights.discard)

    async def _fly(self, flight: Flight, body: bytes) -> None:
        acks, failure = list[Ack](), None
        try:
            answer, text = await self._office.requests.post(body)
            acks, failure = _acks(answer, text)
        except (OSError, EOFError, ValueError) as error:
            failure = broke(error)
        self._landed(flight, acks, failure)

    async def ping(self) -> bool:
        return (await self._office.requests.hello())[0].status == 200

    def hang_up(self) -> None:
        """Wait for none of them any more."""
        for task in self._flights:
            task.cancel()
        self.current = None


def _acks(answer: Answer, text: bytes) -> tuple[list[Ack], End | None]:
    """What a POST was answered. Some acks may come with a refusal: a reply is taken where the emits are not."""
    try:
        if answer.status == 200:
            return decode(text, Acked).acks, None
        acks = decode(text, Outcome).acks
    except End:
        acks = []
    return acks, answered(answer.status, text, answer.retry_after)
