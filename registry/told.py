"""Told: when an item is applied, whoever logged it, this process does its part of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from ..log.watcher import Watcher
from .arrivals import Arrivals, forget
from .client import Client
from .emits import Emit
from .handlers import Queues

HOLE = 0.25  # of an emit's rate: what comes after a hole runs nothing, but is answered


class Told(Watcher[Client]):
    """The watcher of the clients of one hub."""

    def __init__(self, queues: Queues, arrivals: Arrivals, begin_anew: Callable[[list[Client] | None], None]) -> None:
        """`begin_anew`: what the registry does of it when this process is another, and has perhaps forgotten these."""
        self.queues, self.arrivals, self.begin_anew = queues, arrivals, begin_anew
        self.offered: deque[list[Emit]] = (
            deque()
        )  # that this process has asked for, in this order, and not yet heard of

    def on_loaded(self, client: Client) -> None:
        self.arrivals.cap.on_rest(client)

    def on_held(self, client: Client, *, first: bool, mine: bool) -> None:
        self.arrivals.on_held(client, first=first, mine=mine)

    def on_judged(self, client: Client) -> None:
        self.arrivals.on_judged(client)

    def on_away(self, client: Client, reason: str, *, mine: bool) -> None:
        self.arrivals.on_away(client, reason, mine=mine)

    def on_marked(self, client: Client, code: str, *, mine: bool) -> None:
        for reader in client.readers:
            reader.end(code)
        if mine:
            self.queues.add(client, forget(client.hub, client))

    def on_forgotten(self, client: Client) -> None:
        client.registry.on_forgotten(client)

    def on_claimed(self, client: Client | None, first: int) -> None:
        emits = self.offered.popleft()
        if client is not None:
            for emit in emits:
                if emit.n == first:
                    self.queues.add(client, client.emits.run(emit))
                    first += 1

    def on_touched(self, client: Client, claimed: int = 0, refused: int = 0) -> None:
        client.last_request = client.registry.clock()
        if claimed or refused:  # the log counts for all: who asks everywhere has no more than who asks here
            client.emit_pace.charge(claimed + HOLE * refused, client.registry.clock())

    def on_settled(self, client: Client, n: int, ack: bytes) -> None:
        client.emits.settled(n, ack)

    def on_asked(self, client: Client, seq: int) -> None:
        client.asked(seq)

    def on_replied(self, client: Client, seq: int, data: Any) -> None:
        client.reply(seq, data)

    def on_begun_anew(self, forgotten: list[Client] | None) -> None:
        self.offered.clear()
        self.begin_anew(forgotten)

    def on_inherited(self, client: Client, *, connect: bool) -> None:
        client.last_read = client.registry.clock()  # it may come back: a grace begins
        client.registry.rests(client)
        if connect:
            self.arrivals.connect(client)
