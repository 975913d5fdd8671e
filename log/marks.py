"""Marks: who said `bye` or was turned out, so that a late request does not bear it again."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator

from ..protocol.errors import Refused

MOST = 50_000  # some 20 MB; a stranger may say `bye` of sids that never were


class Marks:
    """Ids that are refused for a while."""

    def __init__(self, seconds: float) -> None:
        self.ms = seconds * 1000
        self.first = math.inf  # when the oldest is over
        # id → code, message, until; in order of `until`; a dict is slow to give its first when others were before it
        self._marks: OrderedDict[str, tuple[str, str, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._marks)

    def __iter__(self) -> Iterator[tuple[str, tuple[str, str, float]]]:
        return iter(self._marks.items())

    def add(self, client: str, code: str, message: str, at: int) -> None:
        """Refuse every request of this client for a while, from this time on in ms since 1970."""
        self._marks.pop(client, None)
        self._marks[client] = (code, message, at + self.ms)
        self.first = min(self.first, at + self.ms)
        if len(self._marks) > MOST:
            self._marks.popitem(last=False)

    def restore(self, client: str, code: str, message: str, until: float) -> None:
        """Refuse this client for as long as it was to be."""
        self._marks[client] = (code, message, until)
        self.first = min(self.first, until)

    def check(self, client: str) -> None:
        """Refused: this client has left."""
        if client in self._marks:
            code, message, _until = self._marks[client]
            raise Refused(code, message)

    def sweep(self, now: int) -> None:
        """All last equally long: the oldest go first."""
        while self._marks:
            client, (_code, _message, until) = next(iter(self._marks.items()))
            if now < until:
                self.first = until
                return
            del self._marks[client]
        self.first = math.inf
