"""E2: how old is news, given the round trip and the interval?

Question. Is the mean of short polling half an interval and half a round trip, or half an interval and a whole one?
Both are said (C1). Does a long poll answer after one transit (C3)? How many polls are empty (C2)? Is a WebSocket as
fast as bare TCP (C14)?

Method. Eight kinds of clients listen at once, those of one round trip to feeds of their own, in one server that is
hardly busy: the same batches in lines over bare TCP, WebSocket, SSE, long polling, and short polling every 0.25 s and
every 1 s, on absolute deadlines (`setInterval`) and so long after the answer (`setTimeout`). Pollers come spread evenly
over their interval, so that each message finds all phases. The round trip is put in by the client: 0, 20, 50, 100 and
200 ms.

Held constant. 4 messages a second at random times (Poisson) in each of 24 rooms, 100 bytes, keep-alive, one server
process for each run.
"""

from __future__ import annotations

from dataclasses import replace

from bench.experiments import Experiment, Group, Run, Step

TRIPS = ((0.0, 0.05, 0.2), (0.02, 0.1))  # s; those in a row together
QUICK_TRIPS = ((0.02, 0.1),)
POLLERS = 20  # of each kind
ROOMS = 24


def runs(quick: bool) -> list[Run]:
    step = Step(rate=4.0, shape="poisson", seconds=2.5 if quick else 8.0, warm=1.2, slack=2.0)
    made = [
        Run("E2", together(trips), (step,), rooms=ROOMS, seed=10 + n)
        for n, trips in enumerate(QUICK_TRIPS if quick else TRIPS)
    ]
    return made if quick else [*made, replace(made[-1], twin=True)]


def together(trips: tuple[float, ...]) -> tuple[Group, ...]:
    """Those of each round trip in rooms of their own, so that few are answered at once."""
    return tuple(
        group
        for n, rtt in enumerate(trips)
        for group in groups(rtt, tuple(room for room in range(ROOMS) if room % len(trips) == n))
    )


def groups(rtt: float, rooms: tuple[int, ...]) -> list[Group]:
    said = f"rtt={rtt * 1000:g}"
    push = [
        Group(f"{kind} {said}", kind, clients=len(rooms), rtt=rtt, rooms=rooms)
        for kind in ("tcp", "ws", "sse", "longpoll")
    ]
    polls = [
        Group(
            f"poll-{mode} T={every:g} {said}",
            "poll",
            clients=POLLERS,
            interval=every,
            mode=mode,
            rtt=rtt,
            rooms=rooms,
        )
        for mode in ("rate", "delay")
        for every in (0.25, 1.0)
    ]
    return push + polls


EXPERIMENT = Experiment(
    "E2",
    "Latency against round trip and interval",
    "How old is news when it arrives, given the round trip and the interval between two polls?",
    runs,
    rounds=5,
    quick_rounds=1,
)
