"""The cap: who makes room for whom when as many clients are known as fit."""

from __future__ import annotations

import itertools
from collections import OrderedDict

from .client import Client
from .handlers import Queues

LOOK = 64  # at so many of those who may make room, then nobody is found


class Cap:
    """The clients whom nobody would miss, in the order in which they ended their last read."""

    def __init__(self, queues: Queues) -> None:
        self.queues = queues
        self._gone: OrderedDict[str, Client] = OrderedDict()  # not here any more
        self._lingering: OrderedDict[str, Client] = (
            OrderedDict()
        )  # here because they read a moment ago, and not reading now
        self._crowds: dict[str | None, int] = {}  # address → clients that were born from there

    def on_birth(self, client: Client) -> None:
        self._crowds[client.address] = self._crowds.get(client.address, 0) + 1

    def on_read(self, client: Client) -> None:
        self._gone.pop(client.id, None)
        self._lingering.pop(client.id, None)

    def on_rest(self, client: Client) -> None:
        self.on_read(client)
        (self._lingering if client.here else self._gone)[client.id] = client

    def on_forgotten(self, client: Client) -> None:
        self.on_read(client)
        if client.address is None:
            return
        left = self._crowds.get(client.address, 0) - 1
        self._crowds[client.address] = left
        if left <= 0:
            del self._crowds[client.address]

    def clear(self) -> None:
        """Nobody is known any more."""
        self._gone.clear()
        self._lingering.clear()
        self._crowds.clear()

    def makes_room(self, address: str) -> Client | None:
        """The client longest gone. One that is here only where it is one of a crowd, and the newcomer of none.

        So who fills the cap from one address, and reads no more, keeps nobody from another one out.
        """
        for client in itertools.islice(self._gone.values(), LOOK):
            if not self.queues.busy(client):
                return client
        crowd = 2 * max(1, self._crowds.get(address, 0))
        for client in itertools.islice(self._lingering.values(), LOOK):
            if not self.queues.busy(client) and self._crowds.get(client.address, 0) > crowd:
                return client
        return None
