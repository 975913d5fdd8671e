"""How late the generator itself is: what it measures is no better than that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bench.load.cells import nearest

TICK = 0.005  # s between two looks
EARLY = 0.001  # s: uvloop's timers know whole ms, and ring up to one too soon


class Lag:
    """How late this process's own loop is: a clock that should ring every few milliseconds.

    A look that was missed counts as what it would have seen, so that a stall weighs as long as it lasts: a message that
    arrives at any time in it is late by as much. A ring that comes too soon is none.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.loop, self.clock = asyncio.get_running_loop(), clock
        self.late: list[float] = []
        self._due = clock()
        self._tick()

    def _tick(self) -> None:
        now = self.clock()
        while self._due <= now:
            self.late.append(now - self._due)
            self._due += TICK
        self._timer = self.loop.call_later(max(self._due - now, EARLY), self._tick)

    def since(self, mark: int) -> tuple[float, float]:
        """p99 and p99.9, in s."""
        late = sorted(self.late[mark:])
        return nearest(late, 0.99) or 0.0, nearest(late, 0.999) or 0.0

    def stop(self) -> None:
        self._timer.cancel()
