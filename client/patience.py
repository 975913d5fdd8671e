"""Patience: how long a way up may leave things unanswered."""

from __future__ import annotations

import math
from collections.abc import Callable

ANSWER = 1.5  # s until a way is given up, or 4 round trips
MOST = 16  # how many times longer a handler that was found alive may take


class Patience:
    """`answer_time(least)`: how long an answer may take that nobody holds back, in s."""

    def __init__(self, answer_time: Callable[[float], float]) -> None:
        self._answer_time = answer_time
        self._factor = 1
        self._calm = -math.inf  # when a way was given up last: the next has its time from then on

    @property
    def of_a_ping(self) -> float:
        return self._answer_time(ANSWER)

    def ends(self, since: float) -> float:
        """When a way is given up that has left something unanswered since then."""
        return max(since, self._calm) + self._answer_time(ANSWER) * self._factor

    def start_anew(self, now: float) -> None:
        """A way was given up."""
        self._calm = now

    def grow(self) -> None:
        """Only a handler is slow."""
        self._factor = min(MOST, self._factor * 2)

    def shrink(self) -> None:
        """Something has its ack."""
        self._factor = 1
