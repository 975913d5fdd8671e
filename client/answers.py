"""The answers: what an application hears of its emits, and when."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from .acks import Acks
from .alarm import Alarm
from .outbox import Emit
from .reading import Position
from .wire import Ack, EmitError


class Answers:
    """Tells of an ack when the client has read as far, of a failure at once."""

    def __init__(self, position: Position, clock: Callable[[], float]) -> None:
        self._acks = Acks(position)
        self._clock = clock
        self._alarm = Alarm(clock, self.read)

    def done(self, emit: Emit, ack: Ack, late: float) -> None:
        """An emit has its ack. `late`: s the reading may be late besides."""

        def tell() -> None:
            if ack.error:
                self.fail([emit], ack.error.code, ack.error.message)
            elif not emit.done.done():
                emit.done.set_result(ack.data)

        self._acks.add(ack.cursor, tell, self._clock(), late)
        self._alarm.set(self._acks.due)

    def fail(self, emits: Iterable[Emit], code: str, message: str) -> None:
        for emit in emits:
            if not emit.done.done():
                emit.done.set_exception(EmitError(code, message))

    def read(self) -> None:
        """The position moved, or time is up."""
        self._acks.read(self._clock())
        self._alarm.set(self._acks.due)

    def end(self) -> None:
        """Nothing is read any more."""
        self._acks.end()
        self._alarm.set(math.inf)
