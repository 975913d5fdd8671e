"""An alarm: one timer that can be set anew."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class Alarm:
    """Rings at a time of `clock`, in s."""

    def __init__(self, clock: Callable[[], float], ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self, at: float) -> None:
        """Ring at this time, and at no other; infinity: not at all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at < math.inf:
            wait = max(0.0, at - self._clock())
            self._timer = asyncio.get_running_loop().call_later(wait, self._ring)
