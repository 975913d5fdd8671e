"""Decisions: what the ladder wants done, and the sentences that say why."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from .attempt import Attempt
from .sentences import Part, sentence

KEPT = 500  # lines of the decision log


class Open(NamedTuple):
    attempt: Attempt


class Shut(NamedTuple):
    attempt: Attempt


class Tell(NamedTuple):
    """One event of the life cycle, for the application."""

    event: str
    detail: dict[str, Any]


class Note(NamedTuple):
    """One line of the decision log: English, and the parts it is made of."""

    at: float
    text: str
    parts: list[Part]


Decision = Open | Shut | Tell | Note


class Decisions:
    """What was decided, in order, until it is taken."""

    def __init__(self) -> None:
        self.notes: deque[Note] = deque(maxlen=KEPT)
        self._out: list[Decision] = []

    def add(self, decision: Decision) -> None:
        self._out.append(decision)

    def tell(self, event: str, **detail: Any) -> None:
        self._out.append(Tell(event, detail))

    def say(self, now: float, *parts: Part) -> None:
        note = Note(now, sentence(list(parts)), list(parts))
        self.notes.append(note)
        self._out.append(note)

    def take(self) -> list[Decision]:
        out, self._out = self._out, []
        return out
