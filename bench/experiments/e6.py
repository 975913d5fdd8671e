"""E6: what is lost when lines break?

Question. Does a client that comes back without saying where it was lose what was said meanwhile, and one with a
cursor nothing (C15)? Does streaming lose what long polling does not (C12)?

Method. Each client's line is cut every 15 s, one client after the other; it stays away for 2 s and comes back, as in
AnyCable's comparison: with its cursor, or as a new client, as with libraries that keep nothing for who was away.
Counted in 30 s, two cuts for each, are the messages that were heard of those that were said, and those heard twice;
latency counts from the planned time, also of what came after a return. The other libraries run with their defaults
(Socket.IO can keep state for who comes back, if it is told to).

Held constant. 10 messages a second, periodic, 100 bytes, no delay.
"""

from __future__ import annotations

from dataclasses import replace

from bench.experiments import Experiment, Group, Run, Step

CLIENTS = 20
CUT, OFFLINE = 15.0, 2.0  # s
QUICK_CUT, QUICK_OFFLINE = 3.0, 0.5


def runs(quick: bool) -> list[Run]:
    groups = tuple(
        Group(
            f"{transport} {'with a cursor' if cursor else 'without'}",
            transport,
            clients=8 if quick else CLIENTS,
            cursor=cursor,
            cut=QUICK_CUT if quick else CUT,
            offline=QUICK_OFFLINE if quick else OFFLINE,
            interval=0.5 if transport == "poll" else None,
            mode="rate" if transport == "poll" else None,
        )
        for transport in ("poll", "longpoll", "sse", "ws")
        for cursor in (True, False)
    )
    made = Run("E6", groups, (step(quick),))
    return [made] if quick else [made, replace(made, twin=True)]


def step(quick: bool) -> Step:
    return Step(rate=10.0, seconds=4.0 if quick else 2 * CUT, warm=0.5, slack=2.0)


def peers(quick: bool) -> list[Run]:
    return [
        Run(
            "E6",
            tuple(
                Group(f"{name} {transport}", transport, name, clients=CLIENTS, cursor=False, cut=CUT, offline=OFFLINE)
                for transport in ("longpoll", "ws")
            ),
            (step(quick),),
            server=name,
        )
        for name in ("python-socketio", "socket.io")
    ]


EXPERIMENT = Experiment(
    "E6",
    "Disconnects",
    "What is lost when lines break, with a cursor and without?",
    runs,
    rounds=2,
    peers=peers,
    peer_rounds=1,
)
