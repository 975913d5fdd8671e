"""Backpressure: how far emitting may run ahead of those who read.

An audience keeps its last messages only, and a loop that emits without ever waiting lets nobody read: it would trim
what readers who are well have not had a chance to take. So after some messages `emit` lets them read first.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from ..protocol.limits import Limits
from .audience import Audience
from .bell import Bell
from .carried import Carried

TURNS = 10  # of the event loop: a reader that took nothing in so many waits for its line to take more, and not for us
MOST_TURNS = 60  # in all, before emitting goes on
PATIENCE = 0.05  # s that emitting waits for those who were answered and ask again over the network
ROUND_TRIP = 0.25  # s after its answer in which a client is expected to ask again


class Backpressure:
    """The readers who may be behind, and when emitting waits for them."""

    def __init__(self, limits: Limits) -> None:
        self.messages = max(1, min(limits.keep_messages // 4, limits.batch_messages))
        self.bytes = limits.stream_bytes
        self.spare = limits.keep_messages // 2  # so many messages behind, nothing is lost to a reader yet
        self._asking: OrderedDict[str, tuple[int, float]] = OrderedDict()  # id → it was answered up to this seq, when

    def answered(self, client: str, seq: int) -> None:
        """This client has what it asked for, and is on its way to ask for more."""
        now = time.monotonic()
        self._asking.pop(client, None)  # so that the dictionary is in order of time
        self._asking[client] = (seq, now)
        self._forget(now)

    def follows(self, client: str) -> None:
        """It does not ask any more: it reads on a stream."""
        self._asking.pop(client, None)

    def due(self, audience: Audience) -> bool:
        return audience.unread >= self.messages or audience.unread_bytes >= self.bytes

    async def ease(
        self, audience: Audience, bells: Callable[[], Iterable[Bell | Carried]], hears: Callable[[str], bool]
    ) -> None:
        """Let the readers of an audience read: those on a line as far as it takes it, the others for a moment."""
        turn = audience.turn = audience.turn or asyncio.Lock()
        async with turn:  # several who emit at the same time wait in the same order
            if self.due(audience):
                if audience.last.seq:
                    await self._streams(audience.last.seq, bells())
                    await self._askers(audience.seq_before(self.spare), hears)
                audience.unread = audience.unread_bytes = 0

    async def _streams(self, seq: int, bells: Iterable[Bell | Carried]) -> None:
        """A reader whose line is full is left behind: nobody waits for it."""
        behind = {bell: bell.at for bell in bells if bell.at < seq}
        for turn in range(1, MOST_TURNS + 1):
            if not behind:
                return
            await asyncio.sleep(0)
            if turn % TURNS:
                behind = {bell: at for bell, at in behind.items() if bell.at < seq}
            else:
                behind = {bell: bell.at for bell, at in behind.items() if at < bell.at < seq}

    async def _askers(self, seq: int, hears: Callable[[str], bool]) -> None:
        """A client that asks again and again needs a round trip each time."""
        deadline = time.monotonic() + PATIENCE
        while (now := time.monotonic()) < deadline:
            self._forget(now)
            if not any(answered < seq and hears(client) for client, (answered, _at) in self._asking.items()):
                return
            await asyncio.sleep(0.001)

    def _forget(self, now: float) -> None:
        while self._asking:
            client, (_seq, at) = next(iter(self._asking.items()))
            if at > now - ROUND_TRIP:
                return
            del self._asking[client]
