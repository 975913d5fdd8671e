"""Arrivals: a client is let in or turned away by its `connect` handlers, and leaves by its `disconnect` handlers.

They are announcements, which change nothing of who may read what.
"""

from __future__ import annotations

import asyncio

from ..hub import Hub
from ..protocol.errors import Refuse, Refused
from .cap import Cap
from .client import Client, promise
from .handlers import Queues, handle, log
from .marks import Marks


class Arrivals:
    """The coming and going of the clients of one hub."""

    def __init__(self, hub: Hub, queues: Queues, cap: Cap, marks: Marks) -> None:
        self.hub, self.queues, self.cap, self.marks = hub, queues, cap, marks

    def arrive(self, client: Client) -> None:
        client.here = True
        if not client.readers:
            self.cap.on_rest(client)
        client.arrival = promise()
        self.queues.add(client, self._connect(client, client.arrival))

    async def arrived(self, client: Client) -> None:
        """Wait until the client is let in. Refused: a `connect` handler turned it away."""
        if client.arrival is not None:
            await asyncio.shield(client.arrival)

    async def _connect(self, client: Client, arrival: asyncio.Future[None]) -> None:
        try:
            await self._announce(client, "connect")
        except Refuse as refusal:
            await self._turn_away(client, Refused("refused", str(refusal) or "turned away"), let_in=arrival.done())
        finally:  # whatever the handler did to this task: nobody waits for ever
            if not arrival.done() and client.refused is not None:
                arrival.set_exception(client.refused)
            elif not arrival.done():
                arrival.set_result(None)
            if client.arrival is arrival:  # else it has gone, and come again
                client.arrival = None

    async def _turn_away(self, client: Client, refused: Refused, *, let_in: bool) -> None:
        """It is nobody; what is queued for it finds `refused` and does nothing."""
        if let_in:  # its reads were answered: whichever it comes with next must hear of this
            self.marks.add(client.id, refused.code, refused.message)
        client.refused = refused
        client.here = False
        client.ask_no_more()
        client.fail(refused)
        for reader in client.readers:
            reader.end("refused")
        await self.hub.forget(client)

    async def _announce(self, client: Client, event: str, *data: str) -> None:
        """`connect` or `disconnect`. A handler that fails or hangs keeps nobody out. Refuse: it says so itself."""
        if client.refused is not None:
            return
        try:
            async with asyncio.timeout(self.hub.limits.handler_seconds):
                await handle(self.hub, client, event, *data)
        except Refuse:
            if event == "connect":
                raise
        except Exception:
            log.exception("the handler of %r failed", event)

    def depart(self, client: Client, reason: str) -> None:
        """The client is not here any more. Rooms, counter and acks are kept: a shorter silence loses nothing."""
        if client.here:
            client.here = False
            client.ask_no_more()
            if not client.readers:
                self.cap.on_rest(client)
            self.queues.add(client, self._announce(client, "disconnect", reason))
