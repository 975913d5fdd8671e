"""An alarm that rings to a tenth of a millisecond: the loop's own timers know milliseconds only.

Linux has such clocks as files (timerfd_create(2)). Where there is none, the loop's timer rings, a millisecond off.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import sys
import time
from collections.abc import Callable

EARLY = 0.0005  # s: a loop's timer fires up to 1 ms late, never early; so that it is right in the mean
ABSOLUTE = 1  # TFD_TIMER_ABSTIME
TIMES = struct.Struct("=qqqq")  # itimerspec: how often again, and when, each in s and ns
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Alarm:
    """Calls `ring` when it is due. There is one due time: setting it again moves it."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self.ring = ring
        self.loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._clock = -1
        if LIBC is not None:
            self._clock = LIBC.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
            if self._clock >= 0:
                self.loop.add_reader(self._clock, self._rung)

    def set(self, due: float) -> None:
        """`due` is of time.monotonic(), in s. What is past rings at once, in another turn of the loop."""
        if self._clock >= 0:
            whole, part = divmod(max(1, round(due * 1e9)), 10**9)
            LIBC.timerfd_settime(self._clock, ABSOLUTE, TIMES.pack(0, 0, whole, part), None)  # type: ignore[union-attr]
        else:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_later(max(0.0, due - time.monotonic() - EARLY), self.ring)

    def _rung(self) -> None:
        try:
            os.read(self._clock, 8)
        except BlockingIOError:  # it was set again meanwhile
            return
        self.ring()

    def close(self) -> None:
        """It rings no more. Harmless when repeated."""
        clock, self._clock = self._clock, -1
        if clock >= 0:
            self.loop.remove_reader(clock)
            os.close(clock)
        if self._timer is not None:
            self._timer.cancel()
