"""A house: processes that share one log, each a hub with its clients in this program.

Nothing that one of them logs is applied anywhere before the log is told to deliver it; so what comes together, and what
comes late, is the test's choice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from tests.logs import End, Shared
from tests.state import state_of
from transport_fallback.hub import Hub, Refuse
from transport_fallback.log.batch import Cursor
from transport_fallback.protocol.limits import Limits
from transport_fallback.registry.client import Client
from transport_fallback.registry.clients import Clients
from transport_fallback.registry.emits import Emit, Upload
from transport_fallback.registry.reader import Reader


class Process:
    """One of them, with what its handlers were told."""

    def __init__(self, house: House, name: str, limits: Limits) -> None:
        self.house, self.name = house, name
        self.hub = Hub(limits, epoch="e", clock=lambda: house.now, log=house.log.end(name))
        self.clients = Clients(self.hub, clock=lambda: house.now)
        self.hub.on("connect")(self.connected)
        self.hub.on("disconnect")(self.left)
        self.hub.on("count")(self.counted)
        self.hub.on("ask")(self.asked)

    async def connected(self, client: Client) -> None:
        self.house.life.append((self.name, "connect"))
        await self.house.gate(f"connect at {self.name}")
        if self.house.refuses:
            raise Refuse("no")

    async def left(self, client: Client, reason: str) -> None:
        self.house.life.append((self.name, reason))

    async def counted(self, client: Client, n: int) -> str:
        self.house.ran.append((self.name, n))
        await self.house.gate(f"{n} at {self.name}")
        self.house.done.append((self.name, n))
        return self.name

    async def asked(self, client: Client, what: str) -> Any:
        return await client.ask("question", what)

    @property
    def log(self) -> End:
        assert isinstance(self.hub.log, End)
        return self.hub.log

    def read(self, sid: str, cursor: str | None = None) -> Coroutine[Any, Any, Reader]:
        return self.clients.read(sid, Cursor.parse(cursor) if cursor else None)

    async def emit(self, sid: str, *ns: int, event: str = "count", acked: int = 0) -> list[dict[str, Any]]:
        acks = await self.clients.take(sid, Upload([Emit(n, event, n) for n in ns], [], acked), "")
        return [json.loads(ack if isinstance(ack, bytes) else await ack) for ack in acks]


class House:
    """The processes, their log, their time, and what holds their handlers up."""

    def __init__(self, count: int = 2, **limits: Any) -> None:
        self.now = 1000.0
        self.log = Shared(lambda: self.now)
        self.gates: dict[str, asyncio.Event] = {}
        self.refuses = False
        self.life: list[tuple[str, str]] = []
        self.ran: list[tuple[str, int]] = []  # handlers that were begun
        self.done: list[tuple[str, int]] = []  # and those that came to their end
        self.processes = [Process(self, name, Limits(**limits)) for name in ("one", "two", "three")[:count]]

    async def gate(self, name: str) -> None:
        if name in self.gates:
            await self.gates[name].wait()

    def close(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())

    async def turns(self, *names: str) -> None:
        """Let everybody do what it can; what is logged is delivered in these processes, or in all."""
        for _ in range(30):
            self.log.deliver(*names)
            await asyncio.sleep(0)

    async def all(self, *jobs: Coroutine[Any, Any, Any]) -> list[Any]:
        """Begin these together, before anything is delivered, and see them through."""
        tasks = [asyncio.ensure_future(job) for job in jobs]
        await asyncio.sleep(0)
        await self.turns()
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def after(self, seconds: float) -> None:
        self.now += seconds
        for process in self.processes:
            process.clients.sweep()
        await self.turns()

    def same(self) -> None:
        first, *others = (state_of(process.hub) for process in self.processes)
        assert all(other == first for other in others)

    def known(self, process: Process) -> Client:
        (client,) = process.hub.members.values()
        assert isinstance(client, Client)
        return client
