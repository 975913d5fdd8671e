"""Acks: an ack counts when the client has read what the handler said, so one's own broadcast comes first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from .reading import Position

READ_ON = 1.0  # s an ack waits for the reading to come so far


class Waiting(NamedTuple):
    cursor: str | None
    until: float
    run: Callable[[], None]


class Acks:
    """The acks that came before their messages."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: deque[Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, position: Position, cursor: str | None, late: float, run: Callable[[], None]) -> None:
        """Run when the client has read as far as `cursor`, or when that took too long; `late` s longer on a poll."""
        self._waiting.append(Waiting(cursor, self._clock() + READ_ON + late, run))
        self.read(position)

    def read(self, position: Position) -> None:
        """The position moved, or time is up: those that are due run. None overtakes an earlier one."""
        self.stop()
        now = self._clock()
        while self._waiting:
            cursor, until, run = self._waiting[0]
            if cursor is not None and not position.reached(cursor) and until > now:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(until - now, self.read, position)
                return
            self._waiting.popleft()
            run()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """Nothing will be read any more: run them all."""
        self.stop()
        while self._waiting:
            self._waiting.popleft().run()
