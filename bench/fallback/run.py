"""One run: a client on its way through one network, looked at until it has settled."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

from bench.fallback.rows import HEAL, HEARS, STRIKE, Row, Run, Span, Told, measured, missed
from bench.fallback.servers import Feed
from bench.peers import socketio
from transport_fallback.client.socket import io
from transport_fallback.lab.network.gateway import Gateway
from transport_fallback.lab.network.proxies import proxy

MOST = 60.0  # s a run may take after its start, its strike or its heal
LOOK = 0.02  # s between two looks at a client
UNLIVED = 10.0  # s a strike waits for ws beyond its time
HISTORY = 5  # messages; presence news is among them
LIFE = ("connect", "disconnect", "switch", "reconnect")


@contextlib.asynccontextmanager
async def our_client(url: str, heartbeat: float, speaks: bool) -> AsyncIterator[Told]:
    told = Told(time.monotonic())
    client = io(url, heartbeat=heartbeat, history=HISTORY)

    def hear(data: Any) -> None:
        if "n" in data:
            told.heard.append((time.monotonic(), data["n"]))

    async def look() -> None:
        spoken = time.monotonic()
        while True:
            told.uses(client.transport, time.monotonic())
            if speaks and time.monotonic() >= spoken + 1.0:
                spoken = time.monotonic()
                client.emit("c2s", {"said": "hello"})
            await asyncio.sleep(LOOK)

    client.on("s2c", hear)
    for event in LIFE:
        client.on(event, lambda: told.uses(client.transport, time.monotonic()))
    async with client:
        looking = asyncio.create_task(look())
        try:
            yield told
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            told.decisions = [f"{note.at - told.began:.3f} {note.text}" for note in client.decisions]


class Watch:
    """Strikes and heals the network in its time, and knows when a client has settled."""

    def __init__(self, row: Row, gateway: Gateway | None, told: Told, settle: float, seed: int) -> None:
        self.row, self.gateway, self.told, self.settle, self.seed = row, gateway, told, settle, seed
        self.struck: float | None = None
        self.healed: float | None = None

    @property
    def origin(self) -> float:
        """From when times count."""
        return self.healed or self.struck or self.told.began

    async def look_on(self) -> Span:
        while True:
            now = time.monotonic()
            self._change(now)
            if self._settled(now) or now >= self.origin + MOST:
                came = self.gateway.came if self.gateway and self.healed else []
                asked = next((at for at in came if at >= self.origin), None)
                return Span(self.origin, now, self.struck, self.healed, asked)
            await asyncio.sleep(LOOK)

    def _change(self, now: float) -> None:
        row, lived = self.row, now - self.told.began
        if self.gateway is None:
            return
        if row.struck and self.struck is None:
            if lived >= STRIKE and (self.told.using in ("ws", "websocket") or lived >= STRIKE + UNLIVED):
                self.gateway.change(row.network, self.seed)
                self.struck = now
        elif row.dark and self.healed is None and now >= self.origin + HEAL:
            self.gateway.change("direct")
            self.healed = now

    def _settled(self, now: float) -> bool:
        row, told = self.row, self.told
        if told.using is None or (row.struck and self.struck is None) or (row.dark and self.healed is None):
            return False
        if not told.heard or now >= told.heard[-1][0] + HEARS:
            return False
        return now >= max(told.changes[-1][0], self.origin + row.event) + self.settle


@dataclass(frozen=True)
class Result:
    who: str
    row: Row
    seed: int
    run: Run
    missed: list[str]
    decisions: list[str]
    changes: list[tuple[float, str | None]]


async def ran(who: str, row: Row, seed: int, server: str, feed: Feed | None, chosen: argparse.Namespace) -> Result:
    """One client through one row."""
    gateway = None if row.proxy else Gateway("direct" if row.struck else row.network, server, seed=seed)
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(gateway or proxy(row.network, to=server))
        if who == "ours":
            client = our_client(url, chosen.heartbeat, row.speaks)
        else:
            client = socketio.client(url, "first" if who == "socketio-ws" else "default", row.speaks)
        async with client as told:
            span = await Watch(row, gateway, told, chosen.settle, seed).look_on()
    if feed:
        span = Span(**{**asdict(span), "hitch": feed.hitch(told.began, span.ended)})
    run = measured(told, span, chosen.settle)
    changes = [(round(at - told.began, 3), transport) for at, transport in told.changes]
    broken = missed(row, run) if who == "ours" else []
    return Result(who, row, seed, run, broken, told.decisions, changes)
