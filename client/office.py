"""The office: what the way up needs of the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from .ladder import End
from .outbox import Emit
from .requests import Requests
from .run import Run
from .sentences import Part
from .wire import Ack


class Office(Protocol):
    """Times are in s."""

    clock: Callable[[], float]
    chance: Callable[[], float]
    requests: Requests

    def spawn(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]: ...
    def answer_time(self, least: float) -> float: ...
    def say(self, *parts: Part) -> None: ...

    def done(self, emit: Emit, ack: Ack) -> None:
        """An emit has its ack."""

    def fail(self, emits: Iterable[Emit], code: str, message: str) -> None:
        """These have none, and never will."""

    def forgotten(self) -> None:
        """The server no longer knows this sid."""

    def unwanted(self, end: End) -> None:
        """The server does not want this client, whatever carries it."""

    def doubt(self, run: Run) -> None:
        """What went up by a ws has no answer."""

    def alive(self, run: Run) -> None:
        """It answers all the same: only a handler is slow."""

    def deaf(self, run: Run) -> None:
        """Nothing goes up by a ws that still comes down."""
