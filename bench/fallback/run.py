"""One run: a client on its way through one network, looked at until it has settled."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bench.fallback.clients import Client, warm
from bench.fallback.rows import HEAL, HEARS, STRIKE, Row, Run, Span, Told, measured, missed
from bench.fallback.servers import Feed
from bench.fallback.who import OURS
from transport_fallback.lab.network.gateway import Gateway
from transport_fallback.lab.network.proxies import proxy

LOOK = 0.02  # s between two looks at a client
UNLIVED = 10.0  # s a strike waits for ws beyond its time
FINE = 15.0  # s: what is not settled so long after its beginning is told in s, and not in ms


@dataclass(frozen=True)
class Plan:
    """One run to be made: whose client, how tuned, through what."""

    who: str
    tuning: str
    row: Row
    seed: int
    settle: float
    most: float  # s from its start, its strike or its heal to its end
    command: list[str]  # of the client


class Watch:
    """Strikes and heals the network in its time, and knows when a client has settled."""

    def __init__(self, plan: Plan, gateway: Gateway | None, told: Told, client: Client) -> None:
        self.plan, self.row, self.gateway, self.told, self.client = plan, plan.row, gateway, told, client
        self.struck: float | None = None
        self.healed: float | None = None

    @property
    def origin(self) -> float:
        """From when times count."""
        return self.healed or self.struck or self.told.began

    async def look_on(self, waits: Callable[[], None]) -> Span:
        """Look on to the end; `waits` is called once nothing is timed to the ms any more."""
        while True:
            now = time.monotonic()
            self.client.living()
            self._change(now)
            if self._settled(now) or now >= self.origin + self.plan.most:
                came = self.gateway.came if self.gateway and self.healed else []
                asked = next((at for at in came if at >= self.origin), None)
                return Span(self.origin, now, self.struck, self.healed, asked)
            if now >= self.origin + FINE and not self._to_come:
                waits()
            await asyncio.sleep(LOOK)

    @property
    def _to_come(self) -> bool:
        """Whether the network has yet to strike or to heal."""
        return (self.row.struck and self.struck is None) or (self.row.dark and self.healed is None)

    def _change(self, now: float) -> None:
        row, lived = self.row, now - self.told.began
        if self.gateway is None:
            return
        if row.struck and self.struck is None:
            if lived >= STRIKE and (self.told.using in ("ws", "websocket") or lived >= STRIKE + UNLIVED):
                self.gateway.change(row.network, self.plan.seed)
                self.struck = now
        elif row.dark and self.healed is None and now >= self.origin + HEAL:
            self.gateway.change("direct")
            self.healed = now

    def _settled(self, now: float) -> bool:
        row, told = self.row, self.told
        if told.using is None or self._to_come:
            return False
        if not told.heard or now >= told.heard[-1][0] + HEARS:
            return False
        return now >= max(told.changes[-1][0], self.origin + row.event) + self.plan.settle


@dataclass(frozen=True)
class Result:
    who: str
    tuning: str
    row: Row
    seed: int
    run: Run
    missed: list[str]
    decisions: list[str]
    changes: list[tuple[float, str | None]]


async def ran(plan: Plan, server: str, feed: Feed | None, waits: Callable[[], None] = lambda: None) -> Result:
    """One client through one row: it is ready before the network is there, since that counts from its beginning, too.

    OSError, TimeoutError: the client did not become ready, or ended by itself.
    """
    row = plan.row
    gateway = None if row.proxy else Gateway("direct" if row.struck else row.network, server, seed=plan.seed)
    async with warm(plan.command) as client, contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(gateway or proxy(row.network, to=server))
        told = client.go(url)
        span = await Watch(plan, gateway, told, client).look_on(waits)
        if feed:
            span = Span(**{**asdict(span), "hitch": feed.hitch(told.began, span.ended)})
        run = measured(told, span, plan.settle)
        changes = [(round(at - told.began, 3), transport) for at, transport in told.changes]
        broken = missed(row, run) if plan.who == OURS else []
    return Result(plan.who, plan.tuning, row, plan.seed, run, broken, told.decisions, changes)
