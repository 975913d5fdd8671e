"""E1: how many bytes does a message cost on each transport?

Question. What is left of 871 bytes against 2 (C6)? What do frames, events, chunks and heads add, from 20 B to 64 kB
(C7)?

Method. One client of each kind hears a periodic feed; every byte it writes and reads is counted, head, payload and
framing apart, and the TCP segments with them. Beside it the request and the answer of the paper are replayed as they
were printed: 716 and 193 bytes of heads, 21 of payload, and a frame of 21 bytes for each on a WebSocket. Polls come
as often as messages, as in the paper; also four times as seldom. And the other way
(C16): clients emit 10 messages a second in frames, or in a POST each, under a round trip of 100 ms; the server notes
when it hears them.

Held constant. 4 messages a second, no delay, keep-alive, no compression. The heads of our requests are the least
there can be (a browser adds some 400 bytes to each), those of our answers what every browser gets.
"""

from __future__ import annotations

from bench.experiments import Experiment, Group, Run, Step

RATE = 4.0
SIZES = (20, 125, 1_000, 16_000, 64_000)
QUICK_SIZES = (20, 1_000)


def runs(quick: bool) -> list[Run]:
    steps = tuple(
        Step(rate=RATE, size=size, seconds=1.5 if quick else 2.0, warm=0.5)
        for size in (QUICK_SIZES if quick else SIZES)
    )
    ours = (
        Group("poll as often as messages", "poll", clients=2, interval=1 / RATE, mode="rate"),
        Group("poll four times as seldom", "poll", clients=4, interval=4 / RATE, mode="rate"),
        Group("longpoll", "longpoll", clients=2),
        Group("sse", "sse", clients=2),
        Group("ws", "ws", clients=2),
    )
    paper = (
        Group("the paper's poll", "poll", "kaazing", clients=2, interval=1 / RATE, mode="rate"),
        Group("the paper's ws", "ws", "kaazing", clients=2, interval=1 / RATE),
    )
    way_up = tuple(
        Group(f"{said} up", transport, clients=2, rtt=0.1, direction="up")
        for said, transport in (("POST", "poll"), ("ws", "ws"))
    )
    emits = Run("E1", way_up, (Step(rate=10.0, size=20, seconds=1.5, warm=0.6),))
    made = [
        emits,
        Run("E1", ours, steps),
        Run("E1", paper, (Step(rate=RATE, size=21, seconds=1.5 if quick else 3.0),), server="kaazing"),
    ]
    return made if quick else [*made, Run("E1", ours, steps[:2], twin=True)]


def peers(quick: bool) -> list[Run]:
    steps = tuple(Step(rate=RATE, size=size, seconds=3.0, warm=0.5) for size in (20, 1_000))
    return [
        Run(
            "E1",
            (
                Group(f"{name} polling", "longpoll", name, clients=2),
                Group(f"{name} ws", "ws", name, clients=2),
            ),
            steps,
            server=name,
        )
        for name in ("python-socketio", "socket.io")
    ]


EXPERIMENT = Experiment(
    "E1",
    "Bytes for each message",
    "How many bytes does a message cost on each transport?",
    runs,
    rounds=5,
    peers=peers,
    peer_rounds=1,
)
