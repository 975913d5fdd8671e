"""A storm: a crowd of one kind, dropped at once, and what its server sees of it."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass

from bench.storm.others import Policy, centrifuge, phoenix, signalr, socketio, waits
from bench.storm.ours import BIN, drained, gone


@dataclass(frozen=True)
class Who:
    """Whose way back it is, where it is written, and how it goes."""

    name: str
    source: str
    policy: Policy


EVERYBODY = (
    Who("ours, drained (1012)", "client/ladder.py", drained),
    Who("ours, gone without a word", "client/ladder.py", gone),
    Who("Socket.IO 4.8", "socket.io-client lib/contrib/backo2.ts, lib/manager.ts", waits(socketio)),
    Who("centrifuge-js 5.7", "centrifuge-js src/utils.ts, src/centrifuge.ts", waits(centrifuge)),
    Who("Phoenix", "phoenix assets/js/phoenix/socket.js, assets/js/phoenix/timer.js", waits(phoenix)),
    Who(
        "SignalR, if asked to reconnect",
        "aspnetcore src/SignalR/clients/ts/signalr/src/DefaultReconnectPolicy.ts",
        waits(signalr),
    ),
)


@dataclass
class Storm:
    """What a server sees of one crowd."""

    who: str
    source: str
    clients: int
    outage: float
    bins: dict[int, int]  # attempts by tenth of a second
    attempts: int
    peak_bin: int  # most attempts in 0.1 s
    peak_second: int  # most attempts in a second of the clock
    peak_back: int  # most attempts in 0.1 s, of those that reach a living server
    half: float | None  # s from the server's return until so many are back; None: they never are
    most: float | None  # the same for 99 of 100
    never: int  # not back in the time that was played


def storm(who: Who, clients: int, outage: float, seconds: float, seed: int) -> Storm:
    """Drop them all, and count."""
    luck = random.Random(f"{seed} {who.name} {outage}")
    bins: Counter[int] = Counter()
    seconds_of: Counter[int] = Counter()
    backs = []
    for _ in range(clients):
        life = who.policy(luck.random, outage, seconds)
        backs.append(life.back)
        for at in life.knocks:
            # Sums of tenths fall a hair short of the whole: the hair belongs to the next bin.
            bins[math.floor(at / BIN + 1e-6)] += 1
            seconds_of[math.floor(at + 1e-6)] += 1
    backs.sort()
    first = math.floor(outage / BIN + 1e-6)

    def until(share: float) -> float | None:
        at = backs[math.ceil(share * clients) - 1]
        return None if math.isinf(at) else at - outage

    return Storm(
        who=who.name,
        source=who.source,
        clients=clients,
        outage=outage,
        bins=dict(sorted(bins.items())),
        attempts=bins.total(),
        peak_bin=max(bins.values(), default=0),
        peak_second=max(seconds_of.values(), default=0),
        peak_back=max((count for number, count in bins.items() if number >= first), default=0),
        half=until(0.5),
        most=until(0.99),
        never=sum(math.isinf(at) for at in backs),
    )
