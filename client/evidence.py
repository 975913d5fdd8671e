"""Evidence: a failure counts only if a lower rung proved, during the failed rung's own life, that the way was open.

An outage of everything is held against none, also not by what arrives when it is over:

- What gave no first batch in time failed alone if a lower rung delivered in the later half of that time, in which it
  would have come itself. Where nothing is to be expected in that half, a witness is asked at its beginning.
- What broke failed alone if a lower reading spans it: one that had passed when the failed one began (for one that had
  passed: when it was last heard) and has stood unbroken since, until a witness, asked at once, is answered. What was
  open before and after may have been closed between: only a line that stands tells otherwise. A poll stands while
  none of its requests fails.

A witness is one request more, answered at once. Whom nobody lower read beside is not judged; its next attempt is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from .pipe import Pipe
from .sentences import Part


class Failure(NamedTuple):
    """A rung that broke, while it waits for its witness."""

    rung: str
    spans: set[int]  # the numbers of the pipes that span it
    what: list[Part]


class Evidence:
    """What the lower rungs bring. Pipes are ranked: `lower` are those below the one that failed."""

    def __init__(self) -> None:
        self._delivered: dict[str, float] = {}  # when each rung last did
        self._waiting: list[Failure] = []
        self.asks = False  # for a witness

    def heard(self, rung: str, now: float) -> None:
        self._delivered[rung] = now

    def in_time(self, lower: Iterable[str], half: float) -> str | None:
        """The lower rung that delivered since half of the time, None: the way may have been closed."""
        return next((rung for rung in lower if self._delivered.get(rung, -math.inf) >= half), None)

    def broke(self, pipe: Pipe, lower: Iterable[Pipe], what: list[Part]) -> None:
        """One broke: a witness is asked, if a lower one spans it."""
        since = pipe.began if pipe.passed is None else pipe.heard
        spans = {other.number for other in lower if other.passed is not None and other.passed <= since}
        if spans:
            self._waiting.append(Failure(pipe.rung, spans, what))
            self.asks = True

    def gone(self, number: int) -> None:
        """This pipe stands no more: what only it spans was perhaps an outage of everything."""
        for failure in self._waiting:
            failure.spans.discard(number)
        self._waiting = [failure for failure in self._waiting if failure.spans]

    def answered(self) -> list[Failure]:
        """A witness was answered: the failures that are proven by that."""
        proven, self._waiting = self._waiting, []
        return proven

    def forget(self) -> None:
        self._waiting.clear()
        self.asks = False
