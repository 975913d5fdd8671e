"""The roll: the clients who are here, in the order of coming, counted and leafed through at one cost however many."""

from __future__ import annotations

from bisect import bisect_left


class Roll:
    """Those who are here, of all or of one room; each has a number, and numbers only grow."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # id → its number
        self._order: list[tuple[int, str]] = []
        self._last = 0

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, client: str) -> bool:
        return client in self._numbers

    def add(self, client: str) -> None:
        if client not in self._numbers:
            self._last += 1
            self._numbers[client] = self._last
            self._order.append((self._last, client))

    def discard(self, client: str) -> None:
        number = self._numbers.pop(client, None)
        if number is not None:
            del self._order[bisect_left(self._order, (number, ""))]

    def page(self, after: int, most: int) -> list[tuple[int, str]]:
        """The first `most` whose number is beyond `after`, each with its number. Who stays is never left out."""
        start = bisect_left(self._order, (after + 1, ""))
        return self._order[start : start + most]

    def ids(self) -> list[str]:
        return [client for _number, client in self._order]
