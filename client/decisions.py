"""Decisions: what the ladder wants done, and the sentences that say why."""

from __future__ import annotations

from typing import Any, NamedTuple

from .pipe import Pipe
from .sentences import Part


class Open(NamedTuple):
    pipe: Pipe


class Shut(NamedTuple):
    pipe: Pipe


class Tell(NamedTuple):
    event: str
    detail: dict[str, Any]


Decision = Open | Shut | Tell


class Note(NamedTuple):
    """One line of the decision log: English, and the parts it is made of."""

    at: float
    text: str
    parts: list[Part]
