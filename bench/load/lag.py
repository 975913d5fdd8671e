"""How late the generator itself is: what it measures is no better than that."""

from __future__ import annotations

import asyncio
import time

from bench.load.cells import nearest

TICK = 0.005  # s between two looks


class Lag:
    """How late this process's own loop is: a clock that should ring every few milliseconds."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.late: list[float] = []
        self._due = time.monotonic()
        self._tick()

    def _tick(self) -> None:
        now = time.monotonic()
        self.late.append(now - self._due)
        while self._due <= now:
            self._due += TICK
        self._timer = self.loop.call_later(self._due - now, self._tick)

    def since(self, mark: int) -> tuple[float, float]:
        """p99 and p99.9, in s."""
        late = sorted(self.late[mark:])
        return nearest(late, 0.99) or 0.0, nearest(late, 0.999) or 0.0

    def stop(self) -> None:
        self._timer.cancel()
