"""Replicas: processes of one log whose state is a hub's, and which begin with a snapshot where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable
from typing import Any

from redis.asyncio.connection import ConnectionPool

from tests.log.processes import LEASE, until
from transport_fallback.hub import Hub
from transport_fallback.log.snapshot.loading import load
from transport_fallback.log.snapshot.writing import chunks
from transport_fallback.log.streams.here import Here
from transport_fallback.log.streams.keeper import Keeper
from transport_fallback.log.streams.line import Line
from transport_fallback.log.streams.newest import begin
from transport_fallback.log.streams.pending import Pending
from transport_fallback.log.streams.scripts import Command, Keys, Terms
from transport_fallback.log.streams.upkeep import MENDED
from transport_fallback.log.streams.wire import Wire, pool
from transport_fallback.protocol.limits import DEFAULTS, Limits

SIZE = 512  # bytes of a chunk: so few that there are many of them
LOOK = 0.01  # s


class Reading(Wire):
    """A connection that can be kept from asking for more."""

    def __init__(self, pool: ConnectionPool, deadline: float, goes_on: asyncio.Event) -> None:
        super().__init__(pool, deadline)
        self.goes_on = goes_on

    async def send(self, commands: Iterable[Command]) -> None:
        await self.goes_on.wait()
        await super().send(commands)


class Replica:
    """`async with Replica(url) as replica`. `items`: of so many a snapshot is made, where it is this one's task."""

    def __init__(self, url: str, *, items: int = 50, limits: Limits = DEFAULTS, lease: float = LEASE) -> None:
        self.pool = pool(url, lease)
        self.terms = Terms(Keys.of("lab"), "", lease)
        self.limits, self.items = limits, items
        self.here, self.pending = Here(), Pending()
        self.line: Line | None = None
        self.keeper: Keeper | None = None
        self.told: list[str] = []
        self.loaded: list[int] = []  # the places of the snapshots with which it began
        self.applied: list[int] = []  # the places of the items that it read
        self.reads = asyncio.Event()  # it reads on while this is set
        self.reads.set()
        self.emptied()
        self.told.clear()

    def emptied(self) -> None:
        self.told.append("emptied")
        self.hub = Hub(self.limits, epoch="none")
        # A log that begins says so. It is nothing to a state that has no word for it.
        self.hub._acts.setdefault("e", lambda *_item: None)

    def apply(self, place: int, *item: Any) -> Any:
        self.applied.append(place)
        return self.hub.apply(place, *item)

    def load(self, made: list[bytes]) -> None:
        load(self.hub, made)
        self.loaded.append(self.hub.place)

    def make(self) -> Generator[bytes, None, None]:
        return chunks(self.hub, SIZE)

    async def __aenter__(self) -> Replica:
        self._task = asyncio.create_task(self._run())
        arrived = asyncio.create_task(self.here.arrived.wait())
        await asyncio.wait((self._task, arrived), return_when=asyncio.FIRST_COMPLETED)
        arrived.cancel()
        if self._task.done():
            self._task.result()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait((self._task,))

    async def _run(self) -> None:
        while True:
            try:
                await self._live()
            except* MENDED:
                if not self.here.arrived.is_set():
                    raise
            await asyncio.sleep(0.02)

    async def _live(self) -> None:
        made = [Reading(self.pool, self.terms.lease, self.reads), *(Wire(self.pool, self.terms.lease) for _ in "123")]
        line = Line((made[0], made[1], made[2]), self.terms, self.here, self.pending)
        keeper = Keeper(made[3], self.terms.keys, self.here, self.make, items=self.items, look=LOOK)
        try:
            await line.connect()
            await keeper.connect()
            await line.come(lambda: self.told.append("renamed"), self.emptied)
            if not self.here.place:
                await begin(line.reading, self.terms.keys, self.here, self.load)
            self.line, self.keeper = line, keeper
            line.news.set()
            async with asyncio.TaskGroup() as tasks:
                for work in (line.read(self.apply), line.send(), line.answer(), line.beat(), keeper.run()):
                    tasks.create_task(work)
        finally:
            self.line = self.keeper = None
            line.give_back()
            for wire in made:
                await wire.close()

    # ---- what it says

    def note(self, kind: str, *fields: Any, tail: bytes = b"") -> None:
        self.pending.add(self.here.process, kind, fields, tail)
        if self.line is not None:
            self.line.news.set()

    async def say(self, *kinds: tuple[Any, ...]) -> None:
        """These, and wait until all are applied here."""
        for kind, *fields in kinds:
            self.note(kind, *fields, tail=b'"event":"e","data":1,"from":null,"room":null' if kind == "m" else b"")
        await until(lambda: not len(self.pending))

    async def reaches(self, other: Replica) -> None:
        await until(lambda: self.here.place >= other.here.place)


def births(first: int, count: int) -> list[tuple[Any, ...]]:
    """So many clients are born, enter a room, and something is said: four items each."""
    return [
        item
        for n in range(first, first + count)
        for item in (
            ("b", f"client{n}", "5e" * 32),
            ("j", f"client{n}", f"room{n % 3}"),
            ("h", f"client{n}"),
            ("m", f"room{n % 3}", None, None, False),
        )
    ]
