"""Beats: calls of many, each at about its time. Those that are due at about the same share one timer of the event loop.

A timer of the loop takes half a kB, and each of thousands of lines that are silent has two.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextvars import Context
from itertools import islice

PARTS = 64  # of a wait: by one of them a call may come later
AT_ONCE = 8  # calls in one turn of the loop


class Beat:
    """One call that is to come."""

    __slots__ = ("_call", "_slot")

    def __init__(self, call: Callable[[], object], slot: dict[Beat, None]) -> None:
        self._call, self._slot = call, slot
        slot[self] = None

    def cancel(self) -> None:
        """Harmless when it has come, or when repeated."""
        self._slot.pop(self, None)

    def __call__(self) -> None:
        if self in self._slot:  # else another of them has cancelled it
            del self._slot[self]
            self._call()


class Beats:
    """The calls of one server, or of one log."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._slots: dict[tuple[float, int], dict[Beat, None]] = {}
        self._context = Context()  # a call is nobody's word

    def at(self, when: float, wait: float, call: Callable[[], object]) -> Beat:
        """Call at this time of the loop's clock, or a 64th of `wait` later: that is how long such calls wait in all."""
        loop, part = asyncio.get_running_loop(), wait / PARTS
        if loop is not self._loop:  # the timers ended with the other
            self._loop, self._slots = loop, {}
        key = part, math.ceil(when / part)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = {}
            loop.call_at(key[1] * part, self._ring, key, context=self._context)
        return Beat(call, slot)

    def _ring(self, key: tuple[float, int]) -> None:
        self._some(iter([*self._slots.pop(key, ())]))

    def _some(self, left: Iterator[Beat]) -> None:
        """Call some of those who are due; whoever came together is due together, and others want something, too."""
        assert self._loop is not None
        told = 0
        for beat in islice(left, AT_ONCE):
            told += 1
            self._loop.call_soon(beat, context=self._context)  # each by itself: one that fails keeps no other from it
        if told == AT_ONCE:
            self._loop.call_soon(self._some, left, context=self._context)
