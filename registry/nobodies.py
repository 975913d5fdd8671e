"""Readers without a sid: they see what is for everyone, are nobody, and can be counted by address only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..hub import Hub
from ..log.batch import Cursor
from ..protocol.errors import Refused
from ..protocol.pace import Pace
from .reader import Reader


class Nobodies:
    """Their open reads, by address."""

    def __init__(self, hub: Hub, clock: Callable[[], float]) -> None:
        self.hub, self.limits = hub, hub.limits
        self.polls = Pace(hub.limits.poll_rate, hub.limits.poll_burst, "polls", clock)
        self._readers: dict[str, dict[Reader, None]] = {}

    def __iter__(self) -> Iterator[Reader]:
        return (reader for readers in self._readers.values() for reader in readers)

    def read(self, cursor: Cursor | None, address: str, history: int, paced: bool) -> Reader:
        """Open a read. Refused: too many from this address, or too often."""
        most = self.limits.anonymous_per_address
        if self.limits.per_sid:  # they have none, so all of them share the room that the clients leave
            address, most = "", max(most, self.limits.most_clients - len(self.hub.members))
        readers = self._readers.get(address, {})
        if len(readers) >= most:
            raise Refused("readers", f"{most} readers without a sid are enough", retry=5)
        if paced:
            self.polls.take(f"@{address}", share=most)

        def release() -> None:
            del readers[reader]
            if not readers:
                del self._readers[address]

        reader = Reader(self.hub.anonymous, cursor, self.hub.end, history, release)
        self._readers.setdefault(address, readers)[reader] = None
        return reader
