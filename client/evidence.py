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

from .attempt import Attempt
from .sentences import Part


class Failure(NamedTuple):
    """A rung that broke, while it waits for its witness."""

    rung: str
    spans: set[int]  # the numbers of the attempts that span it
    what: list[Part]


class Evidence:
    """What the lower rungs bring. Rungs are ranked: `lower` are those below the one that failed."""

    def __init__(self) -> None:
        self._delivered: dict[str, float] = {}  # when each rung last did
        self._waiting: list[Failure] = []
        self._asked: set[int] = set()  # attempts of whose time half is over
        self.asks = False  # for a witness

    def heard(self, rung: str, now: float) -> None:
        self._delivered[rung] = now

    def in_time(self, lower: Iterable[str], half: float) -> str | None:
        """The lower rung that delivered since half of the time, None: the way may have been closed."""
        return next((rung for rung in lower if self._delivered.get(rung, -math.inf) >= half), None)

    def broke(self, attempt: Attempt, lower: Iterable[Attempt], what: list[Part]) -> None:
        """One broke: a witness is asked, if a lower one spans it. It convicts a rung once, however often that broke."""
        since = attempt.began if attempt.passed_at is None else attempt.heard_at
        spans = {other.number for other in lower if other.passed_at is not None and other.passed_at <= since}
        if spans and all(failure.rung != attempt.rung for failure in self._waiting):
            self._waiting.append(Failure(attempt.rung, spans, what))
            self.asks = True

    def asked(self, number: int) -> bool:
        return number in self._asked

    def half(self, number: int, *, quiet: bool) -> None:
        """Half of the time of this attempt is over. `quiet`: the one in use may bring nothing in the other half."""
        self._asked.add(number)
        self.asks = self.asks or quiet

    def gone(self, number: int) -> None:
        """This attempt stands no more: what only it spans was perhaps an outage of everything."""
        self._asked.discard(number)
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
