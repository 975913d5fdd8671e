"""Memory: the part of connections that have gone goes back to the system.

A connection and what serves it know each other, so Python frees them only when it looks for such circles, which it does
seldom; and what is freed in the middle of the heap, the C library keeps for the next one who asks (malloc_trim(3)).
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import time
from collections.abc import Callable

from .doors import Doors

EVERY = 5.0  # s between two looks
LEAST = 100  # connections that must have gone, for a search


def settle() -> None:
    """Leave out of every search the objects that are here when the program begins: they stay until it ends.

    A search before would find some 25 kB that nobody needs, and take a twentieth of the start.
    """
    gc.freeze()


def trim() -> None:
    """Give the system what is free, where the C library can do that."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Memory:
    """The time to look. A search costs as much as is here: it is made when as many have gone as are."""

    def __init__(self, doors: Doors, clock: Callable[[], float] = time.monotonic) -> None:
        self.doors, self.clock = doors, clock
        self._next = clock() + EVERY
        self._gone = 0  # connections, up to the last search

    def look(self) -> None:
        now = self.clock()
        if now < self._next:
            return
        self._next = now + EVERY
        if self.doors.gone - self._gone >= max(LEAST, len(self.doors)):
            self._gone = self.doors.gone
            gc.collect()
        trim()
