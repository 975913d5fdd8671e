"""Acks: an ack counts when the client has read what the handler said, so one's own broadcast comes first."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from .reading import Position

READ_ON = 1.0  # s an ack is held until the reading has come so far


class Held(NamedTuple):
    cursor: str | None
    until: float
    run: Callable[[], None]


class Acks:
    """The acks that came before their messages."""

    def __init__(self, position: Position) -> None:
        self._position = position
        self._held: deque[Held] = deque()

    @property
    def due(self) -> float:
        """When the next has been held long enough; infinity: none is held."""
        return self._held[0].until if self._held else math.inf

    def add(self, cursor: str | None, run: Callable[[], None], now: float, late: float = 0.0) -> None:
        """Run when the client has read as far as `cursor`, or when that took too long; `late` s longer on a poll."""
        self._held.append(Held(cursor, now + READ_ON + late, run))
        self.read(now)

    def read(self, now: float) -> None:
        """The position moved, or time is up: those that are due run. None overtakes an earlier one."""
        while self._held:
            cursor, until, run = self._held[0]
            if cursor is not None and not self._position.reached(cursor) and until > now:
                return
            self._held.popleft()
            run()

    def end(self) -> None:
        """Nothing is read any more: they all run."""
        while self._held:
            self._held.popleft().run()
