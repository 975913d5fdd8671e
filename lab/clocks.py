"""Two clocks: what is planned on the one that never jumps is told to others by the time of day."""

from __future__ import annotations

import time

LOOKS = 5


def ahead() -> float:
    """By how many seconds the time of day is ahead of `time.monotonic()`.

    A process that is stopped between its look at the one and at the other would find too little, so it looks again.
    """
    return max(time.time() - time.monotonic() for _ in range(LOOKS))
