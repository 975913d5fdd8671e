"""The roll: the clients who are here, in the order of coming, counted and leafed through at one cost however many."""

from __future__ import annotations

from bisect import bisect_left


class Roll:
    """Those who are here, of all or of one room; each has a number, and numbers only grow."""

    __slots__ = ("_last", "_numbers", "_order")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # id → its number
        self._order: list[str] = []  # the ids by their numbers
        self._last = 0

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, client: str) -> bool:
        return client in self._numbers

    def add(self, client: str) -> None:
        if client not in self._numbers:
            self._last += 1
            self._numbers[client] = self._last
            self._order.append(client)

    def discard(self, client: str) -> None:
        if client in self._numbers:
            del self._order[self._place(self._numbers[client])]
            del self._numbers[client]

    def numbered(self) -> tuple[int, dict[str, int]]:
        """The last number that there was, and everybody's, in order."""
        return self._last, self._numbers.copy()

    def restore(self, numbers: dict[str, int], last: int = 0) -> None:
        """These were on it, too, after those that are: whoever leafs through it elsewhere goes on here."""
        self._last = max(self._last, last)
        self._numbers |= numbers
        self._order += numbers

    def page(self, after: int, most: int) -> list[tuple[int, str]]:
        """The first `most` whose number is beyond `after`, each with its number. Who stays is never left out."""
        start = self._place(after + 1)
        return [(self._numbers[client], client) for client in self._order[start : start + most]]

    def ids(self) -> list[str]:
        return list(self._order)

    def _place(self, number: int) -> int:
        """The place of the first whose number is this or a larger one."""
        return bisect_left(self._order, number, key=self._numbers.__getitem__)
