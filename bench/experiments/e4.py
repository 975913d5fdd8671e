"""E4: what happens under load, up to saturation and past it?

Question. Does long polling with batches beat a WebSocket that writes each message by itself, once the server cannot
follow (C10)? Does a WebSocket that writes once for all that came in a turn of the loop win everywhere? Is SSE as good
(C9)? What does a delivery cost the server (C8)?

Method. 300 clients of one kind hear one feed, whose rate goes up in ten steps, from 900 to 300,000 deliveries a
second for all of them; the slow steps last longer, for a percentile of few messages is chance. The feed goes on its
plan, whatever the server can do: what a server cannot follow grows late, and late counts from the planned time. A
message that has not come when the waiting ends counts as that late. Of push transports every sixth client is a probe
that times each message, the others are sinks that count bytes and look for the last message; of poll and long poll
all ask, and 50 time. One server process for each kind and round; the steps go up within it.

The generator answers long polls itself; it needs a fifth of its core for that, and the server all of its own, so no
ballast is given to the server.

Held constant. 100 bytes, no delay, no compression; server and generator each on a core of its own. A turn of the loop
hands on all that is due when it begins, for every kind alike.
"""

from __future__ import annotations

from dataclasses import replace

from bench.experiments import Experiment, Group, Run, Step

CLIENTS, PROBES = 300, 50
# messages a second: s measured
FULL = (100.0, 250.0, 375.0, 500.0, 625.0, 750.0, 1000.0)
RATES = {3.0: 6.0, 10.0: 3.0, 30.0: 2.0} | dict.fromkeys(FULL, 1.0)
PEER_RATES = dict(list(RATES.items())[:7])
QUICK_RATES = dict.fromkeys((10.0, 100.0, 1000.0), 0.6)
KINDS = (("poll", "ours"), ("longpoll", "ours"), ("sse", "ours"), ("ws", "per-message"), ("ws", "ours"))
NAMES = {("ws", "per-message"): "ws per message", ("ws", "ours"): "ws coalesced"}


def runs(quick: bool) -> list[Run]:
    made = [one(transport, variant, quick) for transport, variant in KINDS]
    return made if quick else [*made, replace(made[-1], twin=True)]


def one(transport: str, variant: str, quick: bool, server: str = "ours") -> Run:
    """One kind of client under all loads."""
    steps = tuple(
        Step(rate=rate, seconds=seconds, warm=0.3 if quick else 0.4, slack=1.0)
        for rate, seconds in (QUICK_RATES if quick else RATES if server == "ours" else PEER_RATES).items()
    )
    return Run("E4", (kind(transport, variant, server, CLIENTS),), steps, server=server, sweep=True)


def kind(transport: str, variant: str, server: str, clients: int) -> Group:
    """So many clients of one kind."""
    polls = transport == "poll"
    return Group(
        NAMES.get((transport, variant), transport) if server == "ours" else f"{server} {transport}",
        transport,
        variant,
        clients=clients,
        probes=PROBES,
        interval=1.0 if polls else None,
        mode="rate" if polls else None,
        hold=None if server != "ours" or transport != "longpoll" else 20,
    )


def peers(quick: bool) -> list[Run]:
    socketio = [
        one(transport, name, quick, name)
        for name in ("python-socketio", "socket.io")
        for transport in ("longpoll", "ws")
    ]
    return [*socketio, *(one(transport, "nchan", quick, "nchan") for transport in ("longpoll", "sse", "ws"))]


EXPERIMENT = Experiment(
    "E4",
    "Load, to saturation and past it",
    "Past saturation, does batched long polling beat a frame for each message, and does coalescing win everywhere?",
    runs,
    rounds=5,
    peers=peers,
    peer_rounds=2,
)
