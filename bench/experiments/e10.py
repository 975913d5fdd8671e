"""E10: how many bytes does a message cost, as a browser asks for it, through TLS and over HTTP/2?

Question. What is left of a poll's heads when HPACK has seen them before (C19)? What is the ratio of 2010 today, with a
browser's heads, over HTTP/1.1 and HTTP/2, with TLS's records around everything? What does TLS itself add (C23)?

Method. The heads of a real Chromium are caught once and replayed by the generator: over HTTP/1.1 as they were, over
HTTP/2 by a library whose table is kept as a browser keeps its own. Between it and the server stands nginx, and in a
second run HAProxy, each with TLS. Bytes of the application are counted before they are encrypted, those on the socket
by the kernel. First nobody speaks, so that polls are empty; then a message comes as often as a poll.

Held constant. 4 messages a second of 20 and 1,000 bytes, no delay, one connection for each client, no cookies.
"""

from __future__ import annotations

from bench.experiments import Experiment, Group, Run, Step

RATE = 4.0
STEPS = (
    Step(rate=0, seconds=1.5, warm=0.6),
    Step(rate=RATE, size=20, seconds=1.5, warm=0.5),
    Step(rate=RATE, size=1_000, seconds=1.5, warm=0.5),
)
FRONTS = ("nginx-tls", "haproxy-tls")


def runs(quick: bool) -> list[Run]:
    if quick:
        return []
    return [Run("E10", groups(front), STEPS, front=front) for front in FRONTS]


def groups(front: str) -> tuple[Group, ...]:
    made = [
        Group(
            f"{kind} HTTP/{1.1 if http == 1 else 2}",
            kind,
            clients=2,
            interval=1 / RATE if kind == "poll" else None,
            mode="rate" if kind == "poll" else None,
            http=http,
            heads=True,
        )
        for http in (1, 2)
        for kind in ("poll", "longpoll", "sse")
    ]
    return (*made, Group("ws HTTP/1.1", "ws", clients=2, heads=True))


EXPERIMENT = Experiment(
    "E10",
    "Heads, as a browser sends them",
    "How many bytes does a message cost with a browser's heads, over HTTP/1.1 and HTTP/2, through TLS?",
    runs,
    rounds=2,
)
