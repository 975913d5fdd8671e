"""Arrivals: a client is let in or turned away by its `connect` handlers, and leaves by its `disconnect` handlers.

They are announcements, which change nothing of who may read what. Of all processes in which it reads one runs them.
"""

from __future__ import annotations

import asyncio
import contextlib

from ..hub import Hub
from ..protocol.errors import Refuse, Refused
from .cap import Cap
from .client import Client, promise
from .handlers import Queues, handle, log


async def forget(hub: Hub, client: Client) -> None:
    """Forget it now, or where the log is not reached when it is looked at next."""
    with contextlib.suppress(Refused):
        await hub.forget(client)


class Arrivals:
    """The coming and going of the clients of one hub."""

    def __init__(self, hub: Hub, queues: Queues, cap: Cap) -> None:
        self.hub, self.queues, self.cap = hub, queues, cap

    def arrive(self, client: Client) -> None:
        """Somebody reads as this client here."""
        if not client.here or client.judged < client.stay:  # its `connect` is run first, here or elsewhere
            if client.arrival is None or client.arrival.done():
                client.arrival = promise()
        elif self.hub.process in client.held:
            return
        if self.hub.process not in client.held and client.noted != "h":
            client.noted = "h"
            self.hub.log.note("h", client.id)

    async def arrived(self, client: Client) -> None:
        """Wait until the client is let in. Refused: a `connect` handler turned it away."""
        if client.arrival is not None:
            await asyncio.shield(client.arrival)

    def depart(self, client: Client, reason: str) -> None:
        """Nobody reads as it here any more. Rooms, counter and acks are kept: a shorter silence loses nothing."""
        if self.hub.process in client.held and client.noted != "a":
            client.noted = "a"
            self.hub.log.note("a", client.id, reason)

    # ---- what follows of it

    def on_held(self, client: Client, *, first: bool, mine: bool) -> None:
        if mine and client.noted == "h":
            client.noted = ""
        if mine and not client.readers:  # they were quicker than the log
            client.registry.rests(client)
        elif not client.readers:
            self.cap.on_rest(client)
        if first and mine:
            self.connect(client)
        elif client.judged >= client.stay:
            client.let_in()

    def connect(self, client: Client) -> None:
        """Run its `connect`, in its turn: before the emits that wait for it, where a process is gone that ran it."""
        stay, process = client.stay, self.hub.process
        if client.claims is not None and client.emits.wait_here:
            client.emits.precede(lambda: self._connect(client, stay, process))
        else:
            self.queues.add(client, self._connect(client, stay, process))

    async def _connect(self, client: Client, stay: int, process: str) -> None:
        refusal: str | None = None
        if process != self.hub.process:
            return
        try:
            await self._announce(client, "connect")
        except Refuse as refuse:
            refusal = str(refuse) or "turned away"
        finally:  # whatever the handler did to this task: nobody waits for ever
            # Where this process has ended, or is another by now, it is not judged: whoever goes on runs this again.
            if not self.queues.ended and process == self.hub.process:
                self._judge(client, stay, refusal)
        if refusal is not None:
            await forget(self.hub, client)

    def _judge(self, client: Client, stay: int, refusal: str | None) -> None:
        if self.hub.members.get(client.id) is client:
            if refusal is not None or client.judged < stay:
                client.verdict = (stay, refusal)
                self.hub.log.note("k", client.id, stay, refusal)
        else:
            self._judge_forgotten(client, stay, refusal)

    def _judge_forgotten(self, client: Client, stay: int, refusal: str | None) -> None:
        """It was forgotten meanwhile: only who waits here must know."""
        if refusal is not None:
            return self._turn_away(client, Refused("refused", refusal))
        client.judged = max(client.judged, stay)
        client.let_in()
        if client.claims is not None:
            client.emits.look()

    def on_forgotten(self, client: Client) -> None:
        """What was logged of it and is not applied by now never will be."""
        if client.verdict is not None:
            self._judge_forgotten(client, *client.verdict)
        elif client.custodian != self.hub.process and client.judged < client.stay:  # its `connect` runs elsewhere
            self._turn_away(client, Refused("gone", "this client has left"))
            if client.claims is not None:
                client.claims.open.clear()
        elif client.judged >= client.stay:  # else its `connect` runs here
            client.let_in()
        if client.claims is not None:
            client.emits.forgotten()

    def on_judged(self, client: Client) -> None:
        client.verdict = None
        if client.refused is not None:
            self._turn_away(client, Refused("refused", client.refused))
        elif client.judged >= client.stay:
            client.let_in()
        if client.claims is not None:
            client.emits.look()

    def _turn_away(self, client: Client, refused: Refused) -> None:
        """It is nobody; what is queued for it finds `refused` and does nothing."""
        client.ask_no_more()
        client.fail(refused)
        for reader in client.readers:
            reader.end("refused")
        if client.arrival is not None and not client.arrival.done():
            client.arrival.set_exception(refused)

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

    def on_away(self, client: Client, reason: str, *, mine: bool) -> None:
        client.ask_no_more()
        if not client.readers:
            self.cap.on_rest(client)
        if mine:
            self.queues.add(client, self._announce(client, "disconnect", reason))
