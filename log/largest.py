"""The largest of many things that grow and shrink, found without a look at every one."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

STEPS = 8  # to a doubling: what is found is less than a tenth smaller than the largest


class Sized(Hashable, Protocol):
    """A thing that has a size in bytes, and remembers where it stands by that."""

    bytes: int
    size: int  # class of its bytes; -1: it has none
    size_bounds: tuple[float, float]


T = TypeVar("T", bound=Sized)


class Largest(Generic[T]):
    """Things by their bytes. Whoever changes one says so."""

    def __init__(self) -> None:
        self._sizes: dict[int, dict[T, None]] = {}

    def weigh(self, one: T) -> None:
        """It has grown or shrunk."""
        least, less = one.size_bounds
        if least <= one.bytes < less:
            return
        self.discard(one)
        if one.bytes:
            size = one.size = int(math.log2(one.bytes) * STEPS)
            one.size_bounds = (2 ** (size / STEPS), 2 ** ((size + 1) / STEPS))
            self._sizes.setdefault(size, {})[one] = None

    def discard(self, one: T) -> None:
        same = self._sizes.get(one.size, {})
        same.pop(one, None)
        if not same:
            self._sizes.pop(one.size, None)
        one.size, one.size_bounds = -1, (0, 1)

    def classes(self) -> list[list[T]]:
        """All of them, of each size in the order in which they give way."""
        return [[*self._sizes[size]] for size in sorted(self._sizes)]

    def first(self) -> T:
        return next(iter(self._sizes[max(self._sizes)]))
