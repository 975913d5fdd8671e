"""Due: things, each with the time of the next look at it. A look touches those that are due, however many wait."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Due(Generic[K]):
    """Things, each with the time at which it may be due; the earliest time said of a thing is the one that counts."""

    def __init__(self) -> None:
        self._entries: dict[K, tuple[float, int, K]] = {}
        self._heap: list[tuple[float, int, K]] = []  # of these, and of some that count no more
        self.first = math.inf  # when one may be due, at the earliest
        self._numbers = itertools.count()  # two things due at one time need no order of their own

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, thing: K, at: float) -> None:
        entry = self._entries.get(thing)
        if entry is None or at < entry[0]:
            self._entries.pop(thing, None)  # so that they stand in the order of their numbers
            entry = self._entries[thing] = (at, next(self._numbers), thing)
            heapq.heappush(self._heap, entry)
            self.first = self._heap[0][0]
            self._tidy()

    def discard(self, thing: K) -> None:
        self._entries.pop(thing, None)
        self._tidy()

    def clear(self) -> None:
        self._entries.clear()
        self._heap.clear()
        self.first = math.inf

    def take(self, now: float) -> list[K]:
        """The things that are due by now. They are not waited for any more until they are added again."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)
            thing = entry[2]
            if self._entries.get(thing) is entry:
                del self._entries[thing]
                due.append(thing)
        self.first = self._heap[0][0] if self._heap else math.inf
        return due

    def entries(self) -> list[tuple[float, int, K]]:
        """All that wait, each with its time and its number, in the order in which they were added."""
        return [*self._entries.values()]

    def _tidy(self) -> None:
        """Things discarded are not kept until their time: when they are more than half of all, they go."""
        if len(self._heap) > 2 * len(self._entries) + 64:
            self._heap = [*self._entries.values()]
            heapq.heapify(self._heap)
