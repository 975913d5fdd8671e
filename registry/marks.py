"""Marks: who said `bye` or was turned out, so that a late request does not bear it again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from ..protocol.errors import Refused

MOST = 50_000  # some 20 MB; a stranger may say `bye` of sids that never were


class Marks:
    """Ids that are refused for a while."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds, self.clock = seconds, clock
        # id → code, message, until; in order of `until`; a dict is slow to give its first when others were before it
        self._marks: OrderedDict[str, tuple[str, str, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._marks)

    def add(self, client: str, code: str, message: str) -> None:
        """Refuse every request of this client for a while."""
        self._marks.pop(client, None)
        self._marks[client] = (code, message, self.clock() + self.seconds)
        if len(self._marks) > MOST:
            self._marks.popitem(last=False)

    def check(self, client: str) -> None:
        """Refused: this client has left."""
        if client in self._marks:
            code, message, _until = self._marks[client]
            raise Refused(code, message)

    def sweep(self) -> None:
        """All last equally long: the oldest go first."""
        now = self.clock()
        while self._marks:
            client, (_code, _message, until) = next(iter(self._marks.items()))
            if now < until:
                return
            del self._marks[client]
