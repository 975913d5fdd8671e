"""Endings: what is read and run here ends, because this process stops, is cut off from the log, or is another now."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..log.claims import error
from ..protocol.errors import Refused, unready
from .client import Client

if TYPE_CHECKING:
    from .clients import Clients


class Endings:
    """The endings of the clients of one hub."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self.hub, self.limits = clients.hub, clients.limits

    async def drain(self) -> None:
        """Answer who waits, end the streams, finish what was claimed; say goodbye, or let another process go on."""
        self.end_reads("draining")
        if self.hub.log.alone:
            self._depart()
        else:
            with contextlib.suppress(Refused):  # who was known to have gone by now is said to have, here
                await self.hub.log.tip(self.limits.drain_seconds / 6)
        await self._finish(self.limits.drain_seconds * 2 / 3)
        if not self.hub.log.alone and await self._was_last():
            self.clients.tasks.ended = False
            self._depart()
            with contextlib.suppress(Refused):
                await self.hub.log.tip(self.limits.drain_seconds / 6)  # what they left is applied, and runs
            await self._finish(self.limits.drain_seconds / 6)

    def end_reads(self, why: str) -> None:
        """End whatever is read here."""
        for client in self.clients.all():
            for reader in client.readers:
                reader.end(why)
        for anonymous in self.clients.nobodies:
            anonymous.end(why)

    def _depart(self) -> None:
        for client in self.clients.all():
            self.clients.arrivals.depart(client, "server closing")

    async def _finish(self, seconds: float) -> None:
        """Let what was claimed run for so long, and answer the rest."""
        try:
            await self.clients.tasks.wait(seconds)
        finally:
            stopped = Refused("draining", "the server stopped before this was answered", retry=1)
            for client in self.clients.all():
                client.stop(stopped)
            await self.clients.tasks.end()
            self._abandon()

    def _abandon(self) -> None:
        """Answer what was claimed and cannot run any more: its n is used, and whoever serves next must know."""
        for client in self.clients.all():
            claimed = [] if client.claims is None else list(client.claims.open.items())
            for n in [n for n, (by, _stay) in claimed if by == self.hub.process]:
                client.emits.answer(n, error(n, "handler_failed", "the server stopped"))

    async def _was_last(self) -> bool:
        """Leave the log to another process, which goes on with the clients of this one. True: there is none."""
        try:
            return await self.hub.log.leave() is None
        except Refused:  # the log is not reached: whoever reaches it notices when the lease is over
            return False

    def begin_anew(self, forgotten: list[Client] | None) -> None:
        """This process is another from now on: what ran here is its heir's, or nobody's.

        `forgotten`: those whom it knew, if all is read anew.
        """
        self.clients.queues.drop()
        if forgotten is not None:
            for anonymous in self.clients.nobodies:
                anonymous.end("unready")
        for client in forgotten or ():
            for reader in client.readers:
                reader.end("unready")
            client.stop(unready())
            client.ask_no_more()
        for client in self.clients.all():
            client.noted = ""
            if client.readers:
                self.clients.arrivals.arrive(client)
