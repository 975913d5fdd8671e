"""E14: when the server is full, what grows with the number of clients, and what with time?

Question. E4 has 300 clients and steps of a second. Is what it finds a matter of these two? How late is a long poll
where each answer waits its turn among N (C10), and how late a frame for each message, after a second, three and six?

Method. The feed of E4, to 100, 1,000 and 3,000 clients, at 30,000 and 150,000 deliveries a second for all of them:
below what the server can do, and where an answer for each message is more than that. (A hundred clients hear 100,000
at most: a feed says 1,000 messages a second.) Then 300 clients at 300,000 deliveries a second, for 1, 3 and 6 s, once
by long polling and once by a frame for each message. The same of Socket.IO on Node and of nchan, by long polling:
what belongs to a transport is the same there, what belongs to a server is not.

Held constant. As in E4.
"""

from __future__ import annotations

from dataclasses import replace

from bench.experiments import Experiment, Run, Step
from bench.experiments.e4 import KINDS, kind

CLIENTS = (100, 1_000, 3_000)
LOADS = (30_000.0, 150_000.0)  # deliveries a second
FASTEST = 1_000.0  # messages a second that a feed says
WARM = 0.4  # s of the same load, before what is measured
FULL = 300  # clients of E4, where it is full
WINDOWS = (1.0, 3.0, 6.0)  # s
OTHERS = ("socket.io", "nchan")
QUICK_WINDOWS = (0.5,)


def runs(quick: bool) -> list[Run]:
    if quick:
        return [crowded("longpoll", "ours", CLIENTS[0], quick), lasting("ws", "per-message", quick)]
    kinds = [one for one in KINDS if one[0] != "poll"]
    many = [crowded(*one, clients, quick) for clients in CLIENTS for one in kinds]
    twin = replace(crowded("longpoll", "ours", CLIENTS[1], quick), twin=True)
    return [*many, twin, lasting("longpoll", "ours", quick), lasting("ws", "per-message", quick)]


def crowded(transport: str, variant: str, clients: int, quick: bool, server: str = "ours") -> Run:
    """So many clients of a kind, at both loads."""
    steps = tuple(
        Step(rate=min(FASTEST, load / clients), seconds=0.6 if quick else 1.5, warm=WARM, slack=1.0) for load in LOADS
    )
    return Run("E14", (kind(transport, variant, server, clients),), steps, server=server, sweep=True)


def lasting(transport: str, variant: str, quick: bool) -> Run:
    """A full server, for longer and longer."""
    steps = tuple(
        Step(rate=FASTEST, seconds=seconds, warm=WARM, slack=1.0) for seconds in (QUICK_WINDOWS if quick else WINDOWS)
    )
    return Run("E14", (kind(transport, variant, "ours", FULL),), steps, sweep=True)


def peers(quick: bool) -> list[Run]:
    return [crowded("longpoll", server, clients, quick, server) for server in OTHERS for clients in CLIENTS]


EXPERIMENT = Experiment(
    "E14",
    "A full server, over clients and over time",
    "When the server is full, what grows with the number of clients, and what with time?",
    runs,
    rounds=5,
    peers=peers,
    peer_rounds=2,
)
