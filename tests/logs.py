"""Logs of a test's own: one that remembers its items, and one that several hubs share, each as far as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from transport_fallback.hub import Hub
from transport_fallback.log.items import Item
from transport_fallback.log.memory import Memory


class Remembering(Memory):
    """The log in memory, and all that was ever logged there."""

    __slots__ = ("items",)

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self.items: list[Item] = []
        apply = hub.apply

        def applied(*item: Any) -> Any:
            self.items.append(through_the_wire(Item(*item)))
            return apply(*item)

        hub.apply = applied  # type: ignore[method-assign, assignment]


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

    def note(self, kind: str, *fields: Any, tail: bytes = b"") -> int:
        items = self.log.items
        item = Item(len(items) + 1, self.process, kind, fields, tail, int(self.log.clock() * 1000))
        items.append(through_the_wire(item))
        return item.place

    async def append(self, kind: str, *fields: Any, tail: bytes = b"") -> Any:
        place = self.note(kind, *fields, tail=tail)
        waits = self._waiting[place] = asyncio.get_running_loop().create_future()
        return await waits

    async def tip(self) -> None:
        self.deliver(len(self.log.items))

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
