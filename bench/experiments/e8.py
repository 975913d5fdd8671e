"""E8: the herd, when a server is restarted.

Question. Does a mass reconnect make clients knock all at once, and again and again all at once (C18)? What does
chance in the pause change?

Method. Clients are connected; the server is told to end, as for an update, and started again in its place. Who loses
the line comes back after half a second, one, two and then four (pollers after their interval), or after a pause drawn
between nought and as much (the first up to three seconds); or, as with `setInterval`, a poller asks again when its next
tick is due, which the drop does not move. Connections that are tried are counted in tenths of a
second from the drop, and how long after the server's return all are back.

Held constant. 300 clients, nobody speaks. The pauses are the bench's own; what the project's ladder does, under
assumptions, is played by `python -m bench.storm`.
"""

from __future__ import annotations

from bench.experiments import Experiment, Group, Run, Step

CLIENTS = 300
MANNERS = {"fixed": "without chance", "jitter": "with chance", "phase": "on its own ticks"}


def runs(quick: bool) -> list[Run]:
    kinds = ("ws",) if quick else ("poll", "longpoll", "ws")
    made = [one(kind, retry, quick) for kind in kinds for retry in ("fixed", "jitter")]
    return made if quick else [*made, one("poll", "phase", quick)]


def one(kind: str, retry: str, quick: bool) -> Run:
    group = Group(
        f"{kind} {MANNERS[retry]}",
        kind,
        clients=100 if quick else CLIENTS,
        interval=1.0 if kind == "poll" else None,
        mode="rate" if kind == "poll" else None,
        retry=retry,
    )
    return Run("E8", (group,), (Step(rate=0, seconds=0.0, warm=0.5),), restart=True)


EXPERIMENT = Experiment(
    "E8",
    "The herd",
    "When a server is restarted, how hard do its clients knock, and how soon are they back?",
    runs,
    rounds=1,
)
