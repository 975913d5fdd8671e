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
# Objects more, for a search of the youngest; of these searches, for one of the next kind; and of those, for one of all.
SEARCHES = 1_000, 25, 1_000


def settle() -> None:
    """Let Python search seldom by itself. For a program of its own: in another's, that is not ours to say.

    What is here when the program begins stays until it ends, and no search has to look at it. A search of all else
    costs 0.07 ms for each connection, and Python makes one whenever some hundreds more have come: thousands who come
    together would stand still for 0.4 s again and again. `Memory` searches when enough have gone. A search of
    the youngest is of few: nobody is served until it is over.
    """
    gc.freeze()
    gc.set_threshold(*SEARCHES)


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
