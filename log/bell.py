"""A bell: it wakes one reader, or ends it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class Bell:
    """The bell of one reader. It stays rung until it is heard, so no news falls between a read and a wait."""

    __slots__ = ("_rung", "_timer", "_waiter", "at", "ended", "on_ring")

    def __init__(self) -> None:
        self._rung = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.at: float = math.inf  # up to which seq this reader has been given what there is; inf: it does not read
        self.ended: str | None = None  # why this reader must stop
        self.on_ring: Callable[[], None] | None = None  # who is told instead of a coroutine; see log/carried.py

    def ring(self) -> None:
        self._rung = True
        self._wake()

    def end(self, why: str) -> None:
        """Tell this reader to stop, and why."""
        self.ended = self.ended or why
        self.ring()

    async def listen(self, deadline: float) -> None:
        """Wait until it rang, or until `deadline` on the loop's clock; perhaps not so long: look again."""
        if not self._rung:
            # A future of its own: one that readers shared would be cancelled for all when one of them leaves.
            self._waiter = asyncio.get_running_loop().create_future()
            self._set_timer(deadline)
            try:
                await self._waiter
            finally:
                self._waiter = None
        self._rung = False

    def disarm(self) -> None:
        """Stop the clock: nobody listens any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, deadline: float) -> None:
        # An earlier timer stays as it is: in a stream of news it is set once a heartbeat, not once a message.
        if self._timer is None or self._timer.when() > deadline:
            self.disarm()
            self._timer = asyncio.get_running_loop().call_at(deadline, self._time_out)

    def _time_out(self) -> None:
        self._timer = None
        self._wake()

    def _wake(self) -> None:
        if self.on_ring is not None:
            self.on_ring()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
