"""A crew: the clients of one group, how they come, how they come back, and what they have counted."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from itertools import compress
from operator import not_

from bench.experiments import PEERS, Group, Run
from bench.load import foreign, http2, packed, up
from bench.load.clients import KINDS, Deflate, Poll
from bench.load.fronts import trusting
from bench.load.heads import Heads
from bench.load.script import load
from bench.load.sinks import Sinks
from bench.load.wire import Client, Counts, Ear, Lane, Way
from bench.peers import engineio, kaazing, nchan

RETRY = 0.5  # s: the first pause of those who come back without chance
MOST_RETRY = 30.0  # s
SPREAD = 3.0  # s over which those with chance come back first


class Crew:
    """The clients of one group."""

    def __init__(
        self,
        group: Group,
        run: Run,
        host: str,
        port: int,
        prefix: str,
        lanes: dict[float, Lane],
        *,
        secure: bool = False,
        heads: Heads | None = None,
    ) -> None:
        self.group, self.run = group, run
        self.loop = asyncio.get_running_loop()
        self.luck = random.Random(f"{run.seed} {group.name}")
        self.way = Way(
            host,
            port,
            prefix + group.base,
            rtt=group.rtt,
            every=group.interval,
            mode=group.mode,
            hold=group.hold,
            heartbeat=group.heartbeat,
            cursor=group.cursor,
            tls=trusting("h2" if group.http == 2 else "http/1.1") if secure else None,
            heads=heads if group.heads else None,
        )
        self.ears = [Ear() for _ in range(run.rooms)]
        kind, timing = kind_of(group, run.script), evenly(group.probes or group.clients, group.clients)
        self.clients: list[Client] = []
        self.rooms: list[int] = []  # of each client
        for n in range(group.clients):
            room = group.room(n, run.rooms)
            witness = room not in self.rooms and told_when(group)
            client = kind(self.way, self.ears[room], probe=timing[n], witness=witness)
            if group.rtt:
                for way in (-group.rtt, group.rtt):
                    lanes[way] = lanes.get(way) or Lane(group.rtt / 2)
                client.delayed(lanes[-group.rtt], lanes[group.rtt])
            self.clients.append(client)
            self.rooms.append(room)
        self.probes = list(compress(self.clients, timing))  # a server serves in the order of coming: some of all of it
        self.probed = list(compress(self.rooms, timing))  # the room of each
        self.others = list(compress(self.clients, map(not_, timing)))
        self.sinks: Sinks | None = None
        self.connected = 0
        self.cutting: list[asyncio.TimerHandle] = []

    # ---- coming

    async def connect(self) -> None:
        """All come, spread over the time between two polls or over half a second, and each hears its first batch."""
        between = (self.group.interval or 0.0) + (self.group.rtt if self.group.mode == "delay" else 0.0)
        spread = between or min(0.5, self.group.clients * 0.002)
        spread = max(spread, self.group.clients * 0.001)
        offset = self.luck.random() / max(1, len(self.clients))
        began = self.loop.time()
        coming = []
        for n, client in enumerate(self.clients):
            await asyncio.sleep(began + (n + offset) * spread / len(self.clients) - self.loop.time())
            coming.append(self.loop.create_task(client.connect()))
        await asyncio.gather(*coming)
        patience = 10.0 + len(self.clients) / 100 + 8 * self.group.rtt
        await asyncio.wait([client.opened for client in self.clients], timeout=patience)
        self.connected = sum(client.opened.done() and not client.opened.cancelled() for client in self.clients)
        if self.others and self.group.transport in ("sse", "ws") and self.way.tls is None:
            self.sinks = Sinks(self.loop)
            for client in self.others:
                if client.transport is not None:
                    self.sinks.adopt(client)

    def move(self, port: int) -> None:
        """They come to another port."""
        for client in self.clients:
            client.way = replace(client.way, port=port)

    def keep_coming(self) -> None:
        """From now on a lost line is no fault: who loses it comes back, as its kind does."""
        group = self.group
        for client in self.clients:
            if group.cut is not None:
                client.return_after = lambda _tries: group.offline
            elif group.retry == "phase":
                assert isinstance(client, Poll)
                client.return_after = client.until_its_tick
            elif group.retry is not None:
                client.return_after = self.pause

    def pause(self, tries: int) -> float:
        """s to wait before knocking again."""
        if self.group.retry == "fixed":
            return self.group.interval or RETRY * 2.0 ** min(tries, 3)
        if tries == 0:
            return self.luck.random() * max(SPREAD, self.group.interval or 0.0)
        return self.luck.random() * min(MOST_RETRY, RETRY * 2.0**tries)

    def cut_now_and_then(self) -> None:
        """Break each line every so often, one after the other."""
        assert self.group.cut is not None
        for n, client in enumerate(self.clients):
            at = self.loop.time() + self.group.cut * (n + 0.5) / len(self.clients)
            self.cutting.append(self.loop.call_at(at, self._cut, client, len(self.cutting), at))

    def _cut(self, client: Client, n: int, at: float) -> None:
        assert self.group.cut is not None
        client.cut()
        self.cutting[n] = self.loop.call_at(at + self.group.cut, self._cut, client, n, at + self.group.cut)

    def stop_cutting(self) -> None:
        for timer in self.cutting:
            timer.cancel()
        self.cutting = []

    def close(self) -> None:
        self.stop_cutting()
        if self.sinks is not None:
            self.sinks.close()
        for client in self.clients:
            client.close()

    # ---- counting

    def counted(self) -> Counts:
        """Of all clients together; those that only count bytes did what the probes did."""
        total = Counts()
        several = [client.counted() for client in (self.probes if self.sinks else self.clients)]
        for one in fields(Counts):
            setattr(total, one.name, sum(getattr(counts, one.name) for counts in several))
        return total

    def faults(self) -> list[str]:
        lost = self.sinks.lost if self.sinks else []
        return [fault for client in self.clients for fault in client.faults] + lost


def evenly(some: int, many: int) -> list[bool]:
    """Some of many, evenly; the first is one of them."""
    return [n * some // many != (n - 1) * some // many for n in range(many)]


def kind_of(group: Group, script: str | None = None) -> Callable[..., Client]:
    if script is not None:
        return partial(foreign.KINDS[group.transport], script=load(script))
    if group.direction == "up":
        return up.KINDS[group.transport]  # type: ignore[no-any-return]
    if group.variant == "deflate":
        return Deflate
    if group.variant == "compressed":
        return packed.KINDS[group.transport]
    if group.http == 2:
        return http2.KINDS[group.transport]
    if group.variant in ("python-socketio", "socket.io"):
        return engineio.KINDS[group.transport]
    if group.variant == "nchan":
        return nchan.KINDS[group.transport]
    if group.variant == "kaazing":
        return kaazing.KINDS[group.transport]
    return KINDS[group.transport]


def told_when(group: Group) -> bool:
    """Whether a message says when the server logged it."""
    return group.variant not in (*PEERS, "kaazing")
