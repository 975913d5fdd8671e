"""E11: how many of a page's streams and polls get through over HTTP/2, and does a WebSocket share their connection?

Question. Over HTTP/2 a browser needs one connection to a host: is the limit of six gone, and what is the next one
(C20)? Do WebSockets go through that connection, too (C22, RFC 8441)?

Method. As in E9, a page in a real Chromium opens clients of one kind, now through nginx and through HAProxy with TLS,
which speak HTTP/2 to it: eight, twenty, and more than a hundred, which is where proxies stop by default. The server is
asked how many it holds, the kernel how many connections the page has to the proxy; one more request is timed; a
message is said, and those who heard it are counted.

Held constant. One tab, one host, no delay; each kind in a profile of its own. Both proxies at their defaults: nginx
tells a browser that it takes 128 streams at once, HAProxy 100. Of the two, only HAProxy offers to take a WebSocket
as a stream (it lets Chromium know by a setting); nginx does not.
"""

from __future__ import annotations

from bench.experiments import Experiment, Group, Run, Step

MANY = 150  # more than either takes by default
KINDS = {
    "nginx-tls": (("sse", 8), ("sse", 20), ("longpoll", 8), ("sse", MANY), ("ws", 8)),
    "haproxy-tls": (("sse", 8), ("sse", MANY), ("ws", 8)),
}


def runs(quick: bool) -> list[Run]:
    if quick:
        return []
    step = Step(rate=1, seconds=1.0, warm=0.0)
    return [
        Run(
            "E11",
            tuple(Group(f"{clients} of {kind}", kind, clients=clients, hold=20, http=2) for kind, clients in kinds),
            (step,),
            browser=True,
            front=front,
        )
        for front, kinds in KINDS.items()
    ]


EXPERIMENT = Experiment(
    "E11",
    "Past six connections",
    "How many streams of a page does HTTP/2 let through, and do WebSockets share its connection?",
    runs,
    rounds=1,
)
