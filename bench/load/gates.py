"""Validity gates: a cell that they refuse is void, with a sentence that says why, and its figures are not reported.

Where a sweep goes past saturation, the gates of the server's pace do not apply: there its lateness and what it did not
deliver in time are the result, which `late` and `saturated` tell. All others hold everywhere: a message that was passed
over by the next one is lost at any load.

The generator's own lag is judged by its p99: a window of a second has two hundred looks at it, whose p99.9 would be the
worst of them. What has no latencies is not voided for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PACE = 0.995  # of what was planned to be said
CPU = 0.80  # of its core the generator may use
LAG = 0.001  # s: what the generator's own loop may be late, beyond the millisecond to which a timer is exact
LAG_SHARE = 0.05  # of the median latency, where that is more
TAIL_SHARE = 0.25  # of the 99th percentile, in a sweep, where that is what is judged
GRAIN = 0.001  # s
WAITED = 0.05  # of the time, that the server could have run but for something else on its core
LATE, LATE_SHARE = 0.005, 0.10  # s, or of the median: what a server with time to spare may be late to speak


@dataclass
class Facts:
    """What the gates look at. Times in s."""

    clients: int
    connected: int
    sent: int = 0  # messages that were due in the window
    planned: int = 0
    said: int = 0  # of the planned ones, those that somebody heard
    lost: int = 0  # messages that some client never heard
    repeated: int = 0
    late: int = 0  # not heard within the slack
    faults: list[str] = field(default_factory=list)
    lag: float = 0.0  # p99 of the generator's
    timed: bool = True  # latencies are the result
    cpu: float = 0.0  # the generator's share of its core
    p50: float | None = None
    p99: float | None = None
    server_lag: float | None = None  # p99 of the server's, from the planned time to the log
    waited: float | None = None  # the share of the time the server waited for its core; None: nobody can tell
    loses: bool = False  # this variant is known to lose messages
    repeats: bool = False
    beyond: bool = False  # the load may be past saturation
    spoken: bool = True  # there was a feed
    cut: bool = False  # lines are cut on purpose


DISTURBED = (
    "the generator was late",
    "the server spoke",
    "the server waited",
    "the generator used",
    "the reference work",
)  # what a busy machine does to a cell


def disturbed(void: str | None) -> bool:
    """Whether a cell is void because something else was running, so that it is worth another try."""
    return void is not None and void.startswith(DISTURBED)


def judge(facts: Facts) -> str | None:
    """None: the cell stands. Otherwise the sentence that voids it."""
    if facts.connected < facts.clients:
        why = f": one {facts.faults[0]}" if facts.faults else ""
        return f"only {facts.connected} of {facts.clients} clients were connected{why}"
    if facts.faults:
        more = f" (and {len(facts.faults) - 1} more)" if len(facts.faults) > 1 else ""
        return f"a client {facts.faults[0]}{more}"
    if facts.cpu > CPU:
        return f"the generator used {facts.cpu:.0%} of its core: what was measured may be its own"
    if facts.timed and facts.p50 is not None and facts.p50 < 0:
        return f"messages came {-facts.p50 * 1000:.1f} ms before they were due (median): the clocks differ"
    tail = TAIL_SHARE * (facts.p99 or 0.0) if facts.beyond else 0.0
    bound = GRAIN + max(LAG, LAG_SHARE * (facts.p50 or 0.0), tail)
    if facts.timed and facts.lag > bound:
        return f"the generator was late by {facts.lag * 1000:.1f} ms (p99): more than {bound * 1000:.1f} ms"
    if facts.timed and facts.waited is not None and facts.waited > WAITED:
        return f"the server waited for its core {facts.waited:.0%} of the time: something else ran there"
    late = GRAIN + max(LATE, LATE_SHARE * (facts.p50 or 0.0))
    if facts.timed and not facts.beyond and facts.server_lag is not None and facts.server_lag > late:
        return f"the server spoke {facts.server_lag * 1000:.1f} ms late (p99), with time to spare"
    return _heard(facts) if facts.spoken else None


def _heard(facts: Facts) -> str | None:
    if facts.repeated and not facts.repeats:
        return f"{facts.repeated} messages were repeated"
    if facts.lost and not facts.loses:
        return f"{facts.lost} messages were lost"
    if facts.beyond:
        return None
    if facts.late and not facts.loses:
        return f"{facts.late} messages had not arrived when the time was up"
    if facts.said < PACE * facts.planned:
        return f"the server said {facts.said} of {facts.planned} messages: under {PACE:.1%} of the plan"
    return None
