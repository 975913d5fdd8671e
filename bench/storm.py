"""The reconnect storm: everybody is dropped at once. How hard do they knock, and how soon are they back?

    python -m bench.storm                             10,000 clients; the server is back at once, and after 30 s
    python -m bench.storm --outage 60 --seconds 180   another outage
    python -m bench.storm --svg storm.svg --json storm.json --docs

Ours is `client.ladder.Ladder` itself under fake time, in two cases: drained (the server says goodbye with 1012) and
gone (it says nothing). The others are their own formulas. An attempt is one connection or request: ours counts each one
that is opened, also the better rung tried once a lower one reads; the others count one for each try, the least it is.

The model: all are dropped in the same instant, from a WebSocket. What knocks before the server is back is refused, what
knocks later is served, however many they are: nothing here gets worse because all come at once. So no client feels
another one, and each is played by itself. Every answer, refusals too, takes 50 ms.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import platform
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import docs
from bench.storm_figure import Panel, figure
from transport_fallback.client.ladder import FIRST_HOLD, Attempt, End, Ladder, Open, Shut

RTT = 0.05  # s: an answer, also a refusal
DROP = 60.0  # s of life on a proven WebSocket before the drop
BIN = 0.1  # s
Chance = Callable[[], float]


@dataclass
class Life:
    """One client after the drop: when it knocked, and when it was back, in s."""

    knocks: list[float] = field(default_factory=list)
    back: float = math.inf


# ---- ours


class Client:
    """The real ladder under fake time, before a server that is there or is not."""

    def __init__(self, chance: Chance, outage: float) -> None:
        self.ladder = Ladder(chance=chance)
        self.outage = outage
        self.now = 0.0
        self.life = Life()
        self.pipes: dict[int, tuple[Attempt, bool]] = {}  # what it holds open, and whether the server took it
        self.coming: list[tuple[float, int]] = []  # when something is to come, and by which pipe

    def play(self, end: End, seconds: float) -> Life:
        """Come to a proven WebSocket, lose it, and find the way back."""
        self.ladder.start(self.now)
        self._obey()
        self._run(DROP, settle=False)
        if not self._settled():
            raise RuntimeError("the ladder was not on ws when the server dropped it")
        (number,) = self.pipes
        del self.pipes[number]
        self.now = DROP
        self.ladder.ended(number, end, self.now)
        self._obey()
        self._run(DROP + seconds, settle=True)
        return self.life

    def _run(self, until: float, *, settle: bool) -> None:
        while not (settle and self._settled()):
            arrival = self.coming[0][0] if self.coming else math.inf
            at = max(self.now, min(arrival, self.ladder.due))
            if at >= until:
                return
            self.now = at
            if arrival <= at:
                self._arrives(heapq.heappop(self.coming)[1])
            else:
                self.ladder.tick(at)
            self._obey()
            if self.ladder.due <= self.now:  # time goes on, whatever the ladder asks for
                self.now += 0.001

    def _arrives(self, number: int) -> None:
        if number not in self.pipes:
            return
        pipe, taken = self.pipes[number]
        if not taken:
            del self.pipes[number]
            return self.ladder.ended(number, End("lost", "refused"), self.now)
        if self.now > DROP:
            self.life.back = min(self.life.back, self.now - DROP)
        self.ladder.opened(number, self.now)
        self.ladder.heard(number, self.now)
        heapq.heappush(self.coming, (self.now + max(pipe.beat, BIN), number))

    def _obey(self) -> None:
        for decision in self.ladder.decisions():
            if isinstance(decision, Open):
                pipe, since = decision.attempt, self.now - DROP
                self.pipes[pipe.number] = pipe, since < 0 or since >= self.outage
                if since >= 0:
                    self.life.knocks.append(since)
                # Nothing was said meanwhile: then a first long poll is held for a moment before it is answered.
                hold = FIRST_HOLD if pipe.rung == "longpoll" and self.pipes[pipe.number][1] else 0.0
                heapq.heappush(self.coming, (self.now + RTT + hold, pipe.number))
            elif isinstance(decision, Shut):
                self.pipes.pop(decision.attempt.number, None)

    def _settled(self) -> bool:
        """It reads by ws and by nothing else: there is nothing more to decide."""
        return [pipe.rung for pipe, taken in self.pipes.values() if taken and pipe.reads] == ["ws"] and (
            len(self.pipes) == 1
        )


def drained(chance: Chance, outage: float, seconds: float) -> Life:
    return Client(chance, outage).play(End("leave", "the server leaves", code=1012), seconds)


def gone(chance: Chance, outage: float, seconds: float) -> Life:
    return Client(chance, outage).play(End("lost", "the line broke", code=1006), seconds)


# ---- the others: s to wait before each attempt, counted from the drop or from the last refusal


def socketio(chance: Chance) -> Iterator[float]:
    """1 s doubling, give or take up to half, and only then cut at 5 s: from the fifth on it is 5 s for everybody."""
    for attempt in range(1000):
        delay, luck = 1000.0 * 2.0 ** min(attempt, 64), chance()
        jitter = math.floor(luck * 0.5 * delay)
        yield math.floor(min(delay + (jitter if int(luck * 10) % 2 else -jitter), 5000.0)) / 1000


def centrifuge(chance: Chance) -> Iterator[float]:
    """0.5 s and full jitter over 0.5 s doubling, cut at 20 s."""
    for attempt in range(1000):
        yield min(20.0, 0.5 + chance() * min(20.0, 0.5 * 2.0 ** min(attempt, 31)))


def phoenix(_chance: Chance) -> Iterator[float]:
    """A fixed ladder, and its last rung for ever."""
    yield from (0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.0)
    while True:
        yield 5.0


def signalr(_chance: Chance) -> Iterator[float]:
    """A fixed ladder of four, then it gives up."""
    yield from (0.0, 2.0, 10.0, 30.0)


Delays = Callable[[Chance], Iterator[float]]
Policy = Callable[[Chance, float, float], Life]


def waits(delays: Delays) -> Policy:
    """A client that waits, knocks, and waits again when it is refused."""

    def live(chance: Chance, outage: float, seconds: float) -> Life:
        life, now = Life(), 0.0
        for delay in delays(chance):
            now += delay
            if now >= seconds:
                break
            life.knocks.append(now)
            if now >= outage:
                life.back = now + RTT
                break
            now += RTT
        return life

    return live


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


# ---- the storm


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


# ---- what is shown


def table(storms: list[Storm]) -> str:
    """Markdown, one table for each outage."""
    lines = []
    for outage in sorted({one.outage for one in storms}):
        came = "at once" if outage == 0 else f"after {outage:g} s"
        lines += [f"{storms[0].clients:,} clients, the server is back {came}:", ""]
        lines += [
            "| | peak in 0.1 s | peak in 1 s | peak in 0.1 s once it is back | attempts | 50 % back | 99 % back |"
        ]
        lines += ["|---|---:|---:|---:|---:|---:|---:|"]
        for one in storms:
            if one.outage == outage:
                peaks = f"{one.peak_bin:,} | {one.peak_second:,} | {one.peak_back:,} | {one.attempts:,}"
                lines.append(f"| {one.who} | {peaks} | {_s(one.half)} | {_s(one.most)} |")
        lines.append("")
    return "\n".join(lines)


def markdown(storms: list[Storm], seed: int) -> str:
    """The tables of docs/fallback.md."""
    about = f'Measured on {time.strftime("%Y-%m-%d")}, seed {seed}; "back" counts from the server\'s return.'
    return f"{about}\n\n{table(storms).rstrip()}"


def _s(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


def _after(seconds: float | None) -> str:
    return "never" if seconds is None else f"after {_s(seconds)}"


def panels(storms: list[Storm]) -> list[Panel]:
    """One column for each outage, one row for each policy."""
    return [
        Panel(
            name=one.who,
            outage=one.outage,
            span=6.0 if one.outage == 0 else 2 * one.outage,
            rates={number * BIN: count / BIN for number, count in one.bins.items()},
            width=BIN,
            said=f"once back: peak {one.peak_back:,} in 0.1 s, 99 % served {_after(one.most)}",
            ours=one.who.startswith("ours"),
        )
        for one in storms
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=120.0, help="played after the drop")
    parser.add_argument("--outage", type=float, nargs="+", default=[0.0, 30.0], metavar="S")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/fallback.md")
    options = parser.parse_args()
    if options.clients < 1 or min(options.outage) < 0 or options.seconds <= max(options.outage):
        parser.error("at least one client, and more seconds than the outage lasts")
    began = time.perf_counter()
    storms = [
        storm(who, options.clients, outage, options.seconds, options.seed)
        for outage in options.outage
        for who in EVERYBODY
    ]
    took = time.perf_counter() - began
    print(table(storms))
    print(f"50 % and 99 % back: counted from the server's return. Played in {took:.1f} s, seed {options.seed}.")
    if options.svg:
        options.svg.write_text(figure(panels(storms), options.clients), encoding="utf-8")
    if options.json:
        how = {"clients": options.clients, "seconds": options.seconds, "seed": options.seed, "rtt": RTT, "bin": BIN}
        report = {**how, "python": platform.python_version(), "storms": [asdict(one) for one in storms]}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if options.docs:
        print(docs.put("storm", markdown(storms, options.seed), docs.DOCS / "fallback.md"))


if __name__ == "__main__":
    main()
