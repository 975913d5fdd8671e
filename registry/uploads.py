"""Uploads: what clients send up is admitted whole, or refused whole; each emit is claimed, each reply handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..hub import WITHIN
from ..log.claims import hole
from ..protocol.errors import Refused, unready
from .emits import Ack, Upload, fresh, holes
from .told import HOLE, Told

if TYPE_CHECKING:
    from .client import Client
    from .clients import Clients


class Uploads:
    """The way up of the clients of one hub."""

    def __init__(self, clients: Clients, told: Told) -> None:
        self.clients, self.told = clients, told
        self.hub, self.limits = clients.hub, clients.limits

    async def take(self, sid: str | None, upload: Upload, address: str) -> list[Ack]:
        """Take an upload. Returns the acks of replies and emits, in order. Refused: the emits, but not the replies.

        Refused `unready`: none of them, or it is not known yet whether the emits are claimed; repeated, they are one.
        """
        if sid is None:
            raise Refused("no_sid", "who emits needs a sid")
        client = self.clients.find(sid) or await self.clients.known(sid)
        if not self.hub.log.ready:
            raise unready()
        for reply in upload.replies:  # never behind an emit, nor for its sake refused: a handler may be waiting
            if client is not None and reply.seq in client.unreplied:
                self.hub.log.note("y", client.id, reply.seq, reply.data)
        replied: list[Ack] = [b'{"seq":%d}' % reply.seq for reply in upload.replies]
        try:
            return [*replied, *await self._emits(client, sid, upload, address)]
        except Refused as refused:
            refused.acks = [{"seq": reply.seq} for reply in upload.replies]
            raise

    async def _emits(self, client: Client | None, sid: str, upload: Upload, address: str) -> list[Ack]:
        """The acks of the emits, or the promises of them."""
        claims = None if client is None else client.claims
        expected = 1 if claims is None else claims.expected
        count = fresh(upload.emits, expected)
        beyond = 0
        if len(upload.emits) > self.limits.window:  # no client has more without an ack, and each costs a look
            raise Refused("window", f"an upload holds {self.limits.window} emits at most", retry=0.5)
        if count:
            self._admit(count, 0 if claims is None else len(claims.open))
        if count and client is None:
            client = await self.clients.bear(sid, address)
            self.clients.arrivals.arrive(client)
        if client is None:
            return [hole(emit.n, 1) for emit in upload.emits]
        beyond = holes(upload.emits, expected + count - 1)
        client.emit_pace.take(count + HOLE * beyond, self.clients.clock(), "emits")
        ns = [emit.n for emit in upload.emits]
        answers: list[bytes | None] | None
        if count or beyond or (claims is not None and claims.keeps(upload.acked)):
            if not self.hub.log.ready:
                raise unready()
            # Others may be asked for the same elsewhere: who was first says the log.
            self.told.offered.append(upload.emits)
            answers = await self.hub.log.append("c", client.id, ns, upload.acked, within=WITHIN)
        else:  # repeats alone change nothing: nobody else need know
            answers = [] if claims is None else [claims.answer(n) for n in ns]
        if answers is None:
            if client.refused is not None:
                raise Refused("refused", client.refused)
            return [hole(n, 1) for n in ns]
        return [*map(client.emits.ack, ns, answers)]

    def _admit(self, count: int, unfinished: int) -> None:
        """Refused: more emits than the window allows."""
        if self.clients.draining:
            raise Refused("draining", "the server is stopping", retry=1)
        if unfinished + count > self.limits.window:
            raise Refused("window", f"{self.limits.window} emits may be unfinished", retry=0.5)
