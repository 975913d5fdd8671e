"""Timing: how long a first batch is waited for, and when a reading has been silent for too long."""

from __future__ import annotations

import math

from .attempt import Attempt, State
from .rung import Rung

PATIENCE, PATIENCE_MOST = 1.5, 15.0  # s for a first batch; doubled after each failure by time alone
ROUND_TRIPS = 6  # of the smallest seen, where that is longer
FIRST_HOLD = 1.0  # s: the first long poll of a reading is answered soon, for only an answer proves the rung
SILENT_BEATS = 2.5  # heartbeats without a byte
SLACK, SLACK_TRIPS = 2.0, 4  # s, round trips: how much later than its hold an answer may come


class Timing:
    """Deadlines of attempts. `rtt`: the smallest round trip seen, in s."""

    def __init__(self) -> None:
        self.rtt = math.inf

    def patience(self, rung: Rung) -> float:
        """How long a first batch of this rung is waited for, in s."""
        floor = PATIENCE if math.isinf(self.rtt) else max(PATIENCE, ROUND_TRIPS * self.rtt)
        waited = min(floor * 2.0 ** min(rung.late, 8), PATIENCE_MOST)
        return waited + (FIRST_HOLD if rung.name == "longpoll" else 0.0)

    def answer_time(self, least: float) -> float:
        """How long an answer may take that nobody holds back, in s."""
        return least if math.isinf(self.rtt) else max(least, SLACK_TRIPS * self.rtt)

    def limit(self, attempt: Attempt, rung: Rung) -> float:
        """When this attempt has failed by time alone."""
        if attempt.state is State.LATE:
            return attempt.began + max(PATIENCE_MOST, attempt.patience)
        if not attempt.reads:  # a round trip that was measured meanwhile counts
            return attempt.began + max(attempt.patience, self.patience(rung))
        if attempt.rung in ("ws", "sse"):
            return attempt.heard_at + SILENT_BEATS * attempt.beat
        return attempt.heard_at + attempt.beat + self.answer_time(SLACK)

    def half(self, attempt: Attempt, rung: Rung) -> float:
        """When half of the time for a first batch is over."""
        return (attempt.began + self.limit(attempt, rung)) / 2
