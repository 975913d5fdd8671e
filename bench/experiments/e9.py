"""E9: how many of a page's connections does a browser let through?

Question. A browser opens six connections to a host over HTTP/1.1: does the seventh event stream starve, and the seventh
long poll, while WebSockets are counted apart (C17)? What becomes of an ordinary request beside them?

Method. A page in a real Chromium opens eight clients of one kind, and nobody speaks. The server is asked how many of
them it holds; the page, how long it waits for one request more. Then a message is said, and those who have heard it
within a second are counted: parked long polls that are answered make room for those who waited, a stream never does.

Held constant. One tab, one host, HTTP/1.1, no delay; each kind in a profile of its own, which shares no connections
with the others.
"""

from __future__ import annotations

from bench.experiments import Experiment, Group, Run, Step

CLIENTS = 8
KINDS = ("longpoll", "sse", "ws")


def runs(quick: bool) -> list[Run]:
    if quick:
        return []
    groups = tuple(Group(f"eight of {kind}", kind, clients=CLIENTS, hold=20) for kind in KINDS)
    return [Run("E9", groups, (Step(rate=1, seconds=1.0, warm=0.0),), browser=True)]


EXPERIMENT = Experiment(
    "E9",
    "Six connections",
    "How many connections to a host does a browser let through, and what becomes of the others?",
    runs,
    rounds=2,
)
