"""E5: what does a client cost that hears nothing?

Question. How much memory does the server keep for an idle client of each kind (C13), and how much of a core do a
thousand of them take with heartbeats, or with polls (C8)?

Method. A fresh server; some clients come and go first, so that none is charged for what a process does once. Then 200
or 1,000 come and stay. Memory is what the process has written and shares with nobody (Private_Dirty), before and
after; the slope over the number of clients is the cost of one. The processor time is that of three seconds. Whose the
memory is, Python counts itself, once, in a server that is told to: by the code that asked for it and still holds it.

Held constant. A heartbeat every 3 s where the client may choose (our default is 15), polls every second, no
compression but in the cells named for it. What the kernel keeps for a connection is not in it.
"""

from __future__ import annotations

from dataclasses import replace

from bench.experiments import Experiment, Group, Run, Step

COUNTS = (200, 1000)
STEP = Step(rate=0, seconds=3.0, warm=0.5)
QUICK = Step(rate=0, seconds=1.0, warm=0.3)


def runs(quick: bool) -> list[Run]:
    made = [one(kind, n, quick) for kind in ("poll", "longpoll", "sse", "ws") for n in ((200,) if quick else COUNTS)]
    twin = replace(made[-1], twin=True)
    return made if quick else [*made, twin, *(one("ws", n, quick, "deflate") for n in COUNTS)]


def once(quick: bool) -> list[Run]:
    """Whose the memory is: counted by Python itself, for as many."""
    return [] if quick else [one(kind, COUNTS[-1], quick, "traced") for kind in ("poll", "longpoll", "sse", "ws")]


def one(kind: str, clients: int, quick: bool, server: str = "ours") -> Run:
    """Of those that compress, only the memory is asked for."""
    group = Group(
        f"{kind} N={clients}" if server == "ours" else f"{server} {kind} N={clients}",
        kind,
        server,
        clients=clients,
        interval=1.0 if kind == "poll" else None,
        mode="rate" if kind == "poll" else None,
        hold=20 if kind == "longpoll" and server in ("ours", "traced") else None,
        heartbeat=3 if kind in ("sse", "ws") and server in ("ours", "deflate", "traced") else None,
    )
    return Run("E5", (group,), (QUICK if quick or server == "deflate" else STEP,), server=server, idle=True)


def peers(quick: bool) -> list[Run]:
    kinds = {"python-socketio": ("longpoll", "ws"), "socket.io": ("longpoll", "ws"), "nchan": ("longpoll", "sse", "ws")}
    return [one(kind, COUNTS[-1], quick, server) for server, several in kinds.items() for kind in several]


EXPERIMENT = Experiment(
    "E5",
    "What an idle client costs",
    "How much memory and processor time does a client take that hears nothing?",
    runs,
    rounds=3,
    peers=peers,
    peer_rounds=1,
    once=once,
)
