"""E3: what does a long poll cost in time, when news comes while it is away?

Question. A long poll answers after one transit, and after three at most (C3): what is the mean between, given how
many messages a = rate · RTT come while it is away? Does an answer that carries one message only collapse at one
message for each round trip (C4)? Is long polling as good as WebSocket with periodic news, as long as one way is
shorter than half a period (C5, Pimentel and Nickerson's sensor at 4 Hz)?

Method. Long polls under four round trips, with batches and with one message an answer, hear the same random feeds
(Poisson) of 2 to 50 messages a second: a from 0.04 to 10. At low rates up to 40 feeds speak to as many rooms, so that
there are chances enough in a short time, and a while passes before anything counts: a queue takes time to get as long
as it will be. Where one message an answer cannot follow (a of 1 and more) the cell is
marked as beyond: it grows as long as one measures. The kink: 4 messages a second, periodic, and one way of 5 to 200
ms. Those with batches and those without listen in different rooms, so that few are answered at once.

Held constant. 100 bytes, keep-alive, one server process for each rate and round, hardly busy.
"""

from __future__ import annotations

from dataclasses import replace

from bench.experiments import Experiment, Group, Run, Step

TRIPS = (0.02, 0.05, 0.1, 0.2)
# messages a second: feeds at once, s measured
RATES = {2.0: (40, 12.0), 5.0: (20, 8.0), 10.0: (16, 8.0), 20.0: (10, 8.0), 50.0: (4, 8.0)}
QUICK_RATES = {5.0: (8, 3.0)}
ONE_WAY = (0.005, 0.025, 0.075, 0.11, 0.12, 0.135, 0.15, 0.18, 0.2)
QUICK_ONE_WAY = (0.025, 0.11, 0.14)
SENSOR = 4.0  # messages a second
SENSORS = 3  # that speak at once, to clients of other delays


def runs(quick: bool) -> list[Run]:
    made = [
        law(rate, rooms, seconds, seed=30 + n, quick=quick)
        for n, (rate, (rooms, seconds)) in enumerate((QUICK_RATES if quick else RATES).items())
    ]
    made.append(kink(QUICK_ONE_WAY if quick else ONE_WAY, 3.0 if quick else 6.5))
    return made if quick else [*made, replace(made[2], twin=True)]


def law(rate: float, rooms: int, seconds: float, seed: int, quick: bool = False) -> Run:
    """The curve of long polling at one rate: with batches everywhere, without where it says something of its own."""
    half = rooms // 2  # in a room of their own few are answered at once
    even, odd = tuple(range(0, rooms, 2)), tuple(range(1, rooms, 2))
    batched = [
        Group(f"longpoll batched rtt={rtt * 1000:g}", "longpoll", clients=half, rtt=rtt, rooms=even) for rtt in TRIPS
    ]
    single = [
        Group(f"longpoll unbatched rtt={rtt * 1000:g}", "longpoll", "unbatched", clients=half, rtt=rtt,
              beyond=rate * rtt >= 0.95, rooms=odd)
        for rtt in TRIPS
        if 0.15 <= rate * rtt <= 2
    ]  # fmt: skip
    level = Group("ws rtt=100", "ws", clients=half, rtt=0.1, rooms=odd)
    step = Step(rate=rate, shape="poisson", seconds=seconds, warm=0.8 if quick else 3.0, slack=1.0)
    return Run("E3", (*batched, *single, level), (step,), rooms=rooms, seed=seed)


def kink(ways: tuple[float, ...], seconds: float) -> Run:
    """Pimentel's sensor."""
    groups = []
    for n, way in enumerate(ways):
        room = (n % SENSORS,)
        late = way >= 0.5 / SENSOR
        said = f"4 Hz d={way * 1000:g}"
        groups += [
            Group(f"longpoll batched {said}", "longpoll", rtt=2 * way, clients=1, rooms=room),
            Group(
                f"longpoll unbatched {said}", "longpoll", "unbatched", rtt=2 * way, clients=1, rooms=room, beyond=late
            ),
            Group(f"ws {said}", "ws", rtt=2 * way, clients=1, rooms=room),
        ]
    return Run("E3", tuple(groups), (Step(rate=SENSOR, seconds=seconds, warm=1.2, slack=1.0),), rooms=SENSORS, seed=39)


EXPERIMENT = Experiment(
    "E3",
    "The law of long polling",
    "What does a long poll cost in time, when news comes while it is away?",
    runs,
    rounds=5,
)
