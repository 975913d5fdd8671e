"""Logs of a test's own: one whose items are brought to others, and one that several hubs share, each in its time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tests.state import state_of
from transport_fallback.hub import Hub
from transport_fallback.log.items import Item
from transport_fallback.protocol.errors import unready
from transport_fallback.protocol.limits import Limits


class Copies:
    """A hub, and others that are brought its items and nothing else: at equal places they must be equal."""

    def __init__(self, limits: Limits, clock: Callable[[], float], count: int = 2) -> None:
        self.hub = Hub(limits, clock=clock)
        self.items: list[Item] = []
        # Of the hub that writes, by place, as it was when the item of that place was applied:
        self.states, apply = [state_of(self.hub)], self.hub.apply

        def applied(*item: Any) -> Any:
            self.items.append(through_the_wire(Item(*item)))
            told = apply(*item)
            self.states.append(state_of(self.hub))
            return told

        self.hub.apply = applied  # type: ignore[method-assign, assignment]
        self.others = [Hub(limits, epoch=self.hub.epoch, clock=no_clock) for _ in range(count)]

    def bring(self, which: int, most: int) -> None:
        """A group of what was logged since comes to one of them."""
        hub = self.others[which]
        for item in self.items[hub.place : hub.place + most]:
            hub.apply(*item)
        assert state_of(hub) == self.states[hub.place]

    def bring_all(self) -> None:
        for which in range(len(self.others)):
            self.bring(which, len(self.items))


def no_clock() -> float:
    raise AssertionError("applying an item asks no clock")


class Shared:
    """A log of several hubs. Nothing is applied before `deliver` says so: in groups, here sooner than there."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.items: list[Item] = []
        self.ends: list[End] = []

    def end(self, process: str) -> Callable[[Hub], End]:
        """What a hub that is a process of this name is given as its log."""

        def joined(hub: Hub) -> End:
            self.ends.append(End(self, hub, process))
            return self.ends[-1]

        return joined

    def deliver(self, *processes: str, until: int | None = None) -> None:
        """Apply what is logged, up to a place, in these processes, or in all."""
        for end in self.ends:
            if not processes or end.process in processes:
                end.deliver(len(self.items) if until is None else until)


class End:
    """The log as one process has it."""

    def __init__(self, log: Shared, hub: Hub, process: str) -> None:
        self.log, self.hub, self.process = log, hub, process
        self._waiting: dict[int, asyncio.Future[Any]] = {}  # by place
        self.processes = 1
        self.alone, self.ready, self.stale, self.failed = False, True, False, False

    def now(self) -> int:
        return int(self.log.clock() * 1000)

    async def open(self) -> None:
        pass

    async def leave(self) -> str | None:
        return None

    async def look(self, epoch: str, within: float) -> None:
        pass

    async def close(self) -> None:
        pass

    def note(self, kind: str, *fields: Any, tail: bytes = b"") -> None:
        self._log(kind, fields, tail)

    def _log(self, kind: str, fields: tuple[Any, ...], tail: bytes) -> int:
        items = self.log.items
        item = Item(len(items) + 1, self.process, kind, fields, tail, int(self.log.clock() * 1000))
        items.append(through_the_wire(item))
        return item.place

    async def append(self, kind: str, *fields: Any, tail: bytes = b"", within: float | None = None) -> Any:
        place = self._log(kind, fields, tail)
        waits = self._waiting[place] = asyncio.get_running_loop().create_future()
        return await waits

    async def tip(self, within: float | None = None) -> None:
        until = len(self.log.items)
        await asyncio.sleep(0)  # to ask takes a round trip, in which others may log
        self.deliver(until)

    def rename(self, name: str) -> None:
        """It was declared gone by the others, and begins as another."""
        self.process = name
        self._fail()
        self.hub.on_renamed()

    def empty(self, name: str) -> None:
        """What it has applied is not what the log says: all of it comes again."""
        self.process = name
        self._fail()
        epoch = self.hub.epoch
        self.hub.on_emptied()
        self.hub.epoch = epoch  # as the first item of a real one says

    def _fail(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for waits in waiting.values():
            if not waits.done():
                waits.set_exception(unready("nobody will know"))

    def deliver(self, until: int) -> None:
        while self.hub.place < until:
            item = self.log.items[self.hub.place]
            applied = self.hub.apply(*item)
            if item.place in self._waiting:
                self._waiting.pop(item.place).set_result(applied)


def through_the_wire(item: Item) -> Item:
    """An item as another process reads it: nothing in it is an object that only its sender has."""
    fields: list[Any] = json.loads(json.dumps(item.fields))
    return item._replace(fields=tuple(fields))
