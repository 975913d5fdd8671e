"""Readers without a sid: they see what is for everyone, are nobody, and can be counted by address only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from ..hub import Hub
from ..log.batch import Cursor
from ..protocol.errors import Refused
from ..protocol.pace import Pace
from .reader import Reader


class Nobodies:
    """Their open reads."""

    def __init__(self, hub: Hub, clock: Callable[[], float]) -> None:
        self.hub, self.limits = hub, hub.limits
        self.polls = Pace(hub.limits.poll_rate, hub.limits.poll_burst, "polls", clock)
        self._readers: dict[Reader, str] = {}  # each with the address that it is counted to
        self._from: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Reader]:
        return iter(self._readers)

    def read(self, cursor: Cursor | None, address: str, history: int, paced: bool) -> Reader:
        """Open a read. Refused: too many from this address, or too often."""
        most = self.limits.anonymous_per_address
        if self.limits.per_sid:  # they have none, so all of them share the room that the clients leave
            address, most = "", max(most, self.limits.most_clients - len(self.hub.members))
        if self._from[address] >= most:
            raise Refused("readers", f"{most} readers without a sid are enough", retry=5)
        if paced:
            self.polls.take(f"@{address}", share=most)
        reader = Reader(self.hub.anonymous, cursor, self.hub.end, history, self)
        self._readers[reader] = address
        self._from[address] += 1
        return reader

    def closed(self, reader: Reader) -> None:
        address = self._readers.pop(reader)
        self._from[address] -= 1
        if not self._from[address]:
            del self._from[address]
