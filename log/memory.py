"""The log in memory: it belongs to one process, and applies an item where it is appended, without waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .state import State

ALONE = "alone"  # the name of the only process there is


class Memory:
    """Nothing is kept of an item but what it did: nobody else will ever ask for it."""

    __slots__ = ("hub",)

    process = ALONE
    processes = 1
    alone = ready = True
    stale = failed = False

    def __init__(self, hub: State[Any]) -> None:
        self.hub = hub

    def now(self) -> int:
        return int(self.hub.clock() * 1000)

    async def open(self) -> None:
        """It is open."""

    async def append(self, kind: str, *fields: Any, tail: bytes = b"", within: float | None = None) -> Any:
        hub = self.hub
        return hub.apply(hub.place + 1, ALONE, kind, fields, tail, int(hub.clock() * 1000))

    def note(self, kind: str, *fields: Any, tail: bytes = b"") -> None:
        hub = self.hub
        hub.apply(hub.place + 1, ALONE, kind, fields, tail, int(hub.clock() * 1000))

    async def tip(self, within: float | None = None) -> None:
        """It is here."""

    async def look(self, epoch: str, within: float) -> None:
        """It is nowhere else."""

    async def leave(self) -> None:
        """Nobody goes on for it."""

    async def close(self) -> None:
        """What is in memory stays there: the same application may be served again."""
