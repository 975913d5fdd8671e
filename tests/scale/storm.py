"""A storm over a cluster: three programs behind a balancer that sticks to nothing, and all that can be struck is.

Everything that is said is heard by everybody, so the truth is short: each client was given each message of the log once
and in order, and where a life of the log was lost, it was told so, once.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.log.redis import Redis
from tests.scale.balancer import balancer
from tests.scale.checker import check
from tests.scale.cluster import Cluster, cluster
from tests.scale.crowd import Client, crowd
from tests.scale.truth import Truth
from tests.stranger.http import DEADLINE

LEASE = 2.0  # s
FROZEN = 3.5  # s: past its lease
AWAY = 1.0  # s for which Redis is away
SEEN = 1.0  # s until the balancer has seen that one is back
CALM = 1.5  # s after all are ready again, at least
LATE = 40.0  # s after which whoever has not come to rest is late, on a busy machine too
SHOWN = 20  # faults that are printed

DEEDS = {
    "nothing": "nothing",
    "kill": "kill -9 of one of three",
    "turn": "all three restarted in turn",
    "freeze": f"one frozen {FROZEN:g} s, lease {LEASE:g} s",
    "kept": f"Redis killed for {AWAY:g} s, its data kept",
    "lost": f"Redis killed for {AWAY:g} s, its data lost",
    "flush": "FLUSHALL",
}
TRANSPORTS = ("ws", "sse", "longpoll", "poll", "auto")


@dataclass
class Row:
    """What was felt from one strike to the next."""

    deed: str
    begin: float
    deliveries: int = 0
    lost: int = 0  # and told to be
    gaps: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    silence: dict[str, float] = field(default_factory=dict)

    @property
    def cells(self) -> list[str]:
        gaps = ", ".join(f"{n} x {name}" for name, n in self.gaps.items()) or "0"
        bad = ", ".join(f"{n} {code}" for code, n in self.answers.items() if code != "ok") or "0"
        silence = " / ".join(f"{self.silence.get(name, 0):.1f}" for name in TRANSPORTS)
        return [DEEDS[self.deed], f"{self.deliveries:,}", str(self.lost), gaps, bad, silence]


@dataclass
class Outcome:
    faults: list[str]
    rows: list[Row]
    emits: int
    lives: int
    places: int  # at which states were compared
    ended: bool = True

    def __str__(self) -> str:
        heads = [
            "struck by",
            "deliveries",
            "lost and told",
            "gaps told",
            "emits not ok",
            "silence " + " / ".join(TRANSPORTS),
        ]
        table = [heads, *(row.cells for row in self.rows)]
        widths = [max(len(row[n]) for row in table) for n in range(len(heads))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        said = f"{self.emits:,} emits, {self.lives} lives of the log, states compared at {self.places} places"
        kinds = Counter(fault.partition(":")[0] for fault in self.faults)
        lines += ["", said, *(f"  {n:6} {kind}" for kind, n in kinds.items())]
        return "\n".join([*lines, *(f"  {fault}" for fault in self.faults[:SHOWN]), f"{len(self.faults)} faults"])


class Storm:
    """One storm. `deeds`: in this order, again and again, until the time is over."""

    def __init__(self, three: Cluster, redis: Redis, luck: random.Random) -> None:
        self.three, self.redis, self.luck = three, redis, luck
        self.truth = Truth(redis)
        self.rows: list[Row] = []
        self.digests: list[dict[str, str]] = []
        self.calm = 0.0  # when nobody began to speak any more: a silence after that is none

    async def rage(self, deeds: Sequence[str], seconds: float) -> None:
        end = time.monotonic() + seconds
        each = seconds / len(deeds)
        for deed in deeds:
            begin = time.monotonic()
            self.rows.append(Row(deed, begin))
            strike: Callable[[], Awaitable[None]] = getattr(self, f"_{deed}")
            await strike()
            for server in self.three.servers:
                await server.ready()
            await asyncio.sleep(max(CALM, min(begin + each, end) - time.monotonic()))

    async def _nothing(self) -> None:
        pass

    async def _kill(self) -> None:
        server = self.luck.choice(self.three.servers)
        await self._note()
        await server.end(signal.SIGKILL)
        await asyncio.sleep(self.luck.random())
        await server.start()

    async def _turn(self) -> None:
        for server in self.three.servers:
            await self._note()
            await server.end(signal.SIGTERM)
            await server.start()
            await asyncio.sleep(SEEN)

    async def _freeze(self) -> None:
        server = self.luck.choice(self.three.servers)
        server.freeze()
        await asyncio.sleep(FROZEN)
        server.thaw()

    async def _kept(self) -> None:
        await self.redis.kill()
        await asyncio.sleep(AWAY)
        await self.redis.start()

    async def _lost(self) -> None:
        await self.truth.read_last()
        await self.redis.kill()
        self.redis.forget()
        await asyncio.sleep(AWAY)
        await self.redis.start()

    async def _flush(self) -> None:
        await self.truth.take()

    async def _note(self) -> None:
        """What states they had: a process that ends takes that along."""
        self.digests += [(await server.control())["digests"] for server in self.three.servers]

    async def settled(self, clients: list[Client]) -> None:
        """Wait until each has heard the last that was said."""
        for server in self.three.servers:
            await server.ready()
        async with asyncio.timeout(LATE):
            while True:
                for client in clients:
                    client.hurry()
                await self.truth.read()
                last = self.truth.last.ids[-1:]
                if all([one.id for one in client.handed if one.seq is not None][-1:] == last for client in clients):
                    return
                await asyncio.sleep(0.2)

    def felt(self, clients: list[Client], told: list[tuple[float, int]]) -> None:
        """Fill the rows."""

        def row(at: float) -> Row:
            return next((one for one in reversed(self.rows) if one.begin <= at), self.rows[0])

        for client in clients:
            before = None
            for one in client.handed:
                if one.seq is None:
                    row(one.at).gaps[one.reason] += 1
                    continue
                row(one.at).deliveries += 1
                if before is not None and one.at <= self.calm:
                    silence = row(one.at).silence
                    silence[client.transport] = max(silence.get(client.transport, 0.0), one.at - before)
                before = one.at
            for said in client.said:
                row(said.at).answers[said.code] += 1
        for at, count in told:
            row(at).lost += count


async def storm(seconds: float, seed: int, deeds: Sequence[str] = (), each: int = 2, pace: float = 2.5) -> Outcome:
    """One storm: `each` so many clients of every kind, each of which speaks `pace` times a second."""
    luck = random.Random(seed)
    order = list(deeds) or ["nothing", *luck.sample([deed for deed in DEEDS if deed != "nothing"], len(DEEDS) - 1)]
    async with (
        Redis(aof=True) as redis,
        cluster(redis.url, "--lease", f"{LEASE:g}", "--patience", "15", servers=3) as three,
    ):
        async with balancer(three.servers) as url:
            return await _storm(Storm(three, redis, luck), crowd(url, each, seed), order, seconds, pace)


async def _storm(storm: Storm, clients: list[Client], deeds: list[str], seconds: float, pace: float) -> Outcome:
    calm, three = asyncio.Event(), storm.three
    living: list[asyncio.Task[Any]] = [asyncio.create_task(client.live()) for client in clients]
    talking = [asyncio.create_task(client.talk(calm, pace)) for client in clients]
    try:
        async with asyncio.timeout(DEADLINE):
            while not all(client.handed for client in clients):
                await asyncio.sleep(0.1)
        await storm.rage(deeds, seconds)
        calm.set()
        storm.calm = time.monotonic()
        async with asyncio.timeout(LATE):
            for talks in talking:
                while not talks.done():
                    for client in clients:
                        client.hurry()
                    await asyncio.wait((talks,), timeout=0.5)
                talks.result()
        late = ""
        try:
            await storm.settled(clients)
        except TimeoutError:
            late = "withheld: all is calm, and somebody has not heard the last"
        await storm._note()
        for client in clients:
            await client.close()
    finally:
        for task in (*living, *talking):
            task.cancel()
        await asyncio.gather(*living, *talking, return_exceptions=True)
    verdict = check(storm.truth, clients, three.did("say"), storm.digests)
    storm.felt(clients, verdict.told)
    places = Counter(place for one in storm.digests for place in one)
    emits = sum(len(client.said) for client in clients)
    compared = sum(times > 1 for times in places.values())
    return Outcome([*([late] if late else []), *verdict.faults], storm.rows, emits, len(storm.truth.lives), compared)
