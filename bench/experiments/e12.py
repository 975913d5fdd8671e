"""E12: what does compression save on the wire, and what does it cost the server?

Question. It is said to save more than four fifths of the traffic, and to cost processor time and memory (C21). How
much of each, for messages of which size, and what where nothing can be saved?

Method. WebSockets compress each message for each client (permessage-deflate, as uvicorn sets it up: a window of 4 KiB
that is kept from message to message); events and the answers to long polls are compressed by nginx (gzip at its
defaults), which stands before the server with TLS in all cells. Each has its double without compression in the same
round. Messages are filled with prose from this project's documentation, and with random bytes in base64. The processor
time is that of server and proxy together. For memory, 200 clients come and hear nothing.

Held constant. 10 clients that hear 10 messages a second over HTTP/1.1; WebSockets are told each by itself in all
cells, for what is compressed for each cannot be written once for all.
"""

from __future__ import annotations

from typing import Literal

from bench.experiments import Experiment, Group, Run, Step

Filling = Literal["x", "prose", "noise"]

SIZES = (100, 1_000, 16_000)
FILLINGS: tuple[Filling, ...] = ("prose", "noise")
KINDS = ("longpoll", "sse", "ws")
IDLE = ("sse", "ws")
CLIENTS, MANY = 10, 200


def runs(quick: bool) -> list[Run]:
    if quick:
        return []
    steps = tuple(
        Step(rate=10.0, size=size, filling=filling, seconds=0.8, warm=0.3) for filling in FILLINGS for size in SIZES
    )
    return [one(kind, packs, steps) for kind in KINDS for packs in (False, True)]


def once(quick: bool) -> list[Run]:
    """Memory, which a second round would not change."""
    step = Step(rate=0, seconds=0.5, warm=0.3)
    return [] if quick else [one(kind, packs, (step,), MANY) for kind in IDLE for packs in (False, True)]


def one(kind: str, packs: bool, steps: tuple[Step, ...], clients: int = CLIENTS) -> Run:
    """Clients of one kind. A WebSocket is compressed by the server, all else by the proxy."""
    group = Group(
        f"{kind} {'compressed' if packs else 'plain'}{' idle' if clients == MANY else ''}",
        kind,
        "compressed" if packs else "asgi" if kind == "ws" else "ours",
        clients=clients,
        hold=20 if kind == "longpoll" else None,
    )
    server = group.variant if kind == "ws" else "ours"
    front = "nginx-gzip" if packs and kind != "ws" else "nginx-tls"
    return Run("E12", (group,), steps, server=server, front=front, idle=clients == MANY)


EXPERIMENT = Experiment(
    "E12",
    "Compressed",
    "What does compression save on the wire, and what does it cost in processor time and memory?",
    runs,
    rounds=2,
    once=once,
)
