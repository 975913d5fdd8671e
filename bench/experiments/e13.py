"""E13: what do a proxy and TLS add to each transport?

Question. TLS is said to take less than 1 % of the processor, 10 kB of memory a connection and 2 % of the traffic (C23).
And what does a message cost the proxy, beside what it costs the server?

Method. 60 clients of a kind, two in each of 30 rooms, hear 4 messages a second at random times through nginx without
TLS, through nginx with TLS and through HAProxy with TLS, polls and streams by HTTP/2 where there is TLS, as browsers
do. The processor time of the proxy is that of its one process. WebSockets go through nginx without TLS, too: what TLS
adds is the difference. For memory, 200 idle ones come through nginx, with TLS and without.

Held constant. 100 bytes, no delay, the proxy on the server's core, every client with a connection of its own.
"""

from __future__ import annotations

from dataclasses import replace

from bench.experiments import Experiment, Group, Run, Step

ROOMS = 30  # few are answered at once: a generator that is kept busy would be late
STEP = Step(rate=4.0, shape="poisson", seconds=1.5, warm=0.4, slack=1.0)
IDLE = Step(rate=0, seconds=0.5, warm=0.3)
BEHIND = {
    "nginx": ("ws",),
    "nginx-tls": ("poll", "longpoll", "sse", "ws"),
    "haproxy-tls": ("longpoll", "sse", "ws"),
}


def runs(quick: bool) -> list[Run]:
    if quick:
        return []
    made = [one(kind, front, STEP) for front, kinds in BEHIND.items() for kind in kinds]
    return [*made, replace(one("ws", "nginx-tls", STEP), twin=True)]


def once(quick: bool) -> list[Run]:
    """Memory, which a second round would not change."""
    return [] if quick else [one("ws", front, IDLE, idle=True) for front in ("nginx", "nginx-tls")]


def one(kind: str, front: str, step: Step, idle: bool = False) -> Run:
    clients = 200 if idle else 60
    group = Group(
        f"{kind}{' idle' if idle else ''} through {front}",
        kind,
        clients=clients,
        interval=0.5 if kind == "poll" else None,
        mode="rate" if kind == "poll" else None,
        http=2 if front.endswith("tls") and kind != "ws" else 1,
    )
    return Run("E13", (group,), (step,), front=front, idle=idle, rooms=1 if idle else ROOMS)


EXPERIMENT = Experiment(
    "E13",
    "Behind a proxy with TLS",
    "What do a proxy and TLS add to each transport, in time, processor and memory?",
    runs,
    rounds=5,
    once=once,
)
