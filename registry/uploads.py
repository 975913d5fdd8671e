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
        client, log = self.clients.find(sid) or await self.clients.known(sid), self.hub.log
        if not log.ready:
            raise unready()
        replied = self._reply(client, upload) if upload.replies else []
        claims = None if client is None else client.claims
        expected = 1 if claims is None else claims.expected
        count = fresh(upload.emits, expected)
        answers: list[bytes | None] | None
        try:
            if len(upload.emits) > self.limits.window:  # no client has more without an ack, and each costs a look
                raise Refused("window", f"an upload holds {self.limits.window} emits at most", retry=0.5)
            if count:
                self._admit(count, 0 if claims is None else len(claims.open))
            if count and client is None:
                client = await self.clients.bear(sid, address)
                self.clients.arrivals.arrive(client)
            if client is None:
                return [*replied, *(hole(emit.n, 1) for emit in upload.emits)]
            beyond = 0 if count == len(upload.emits) else holes(upload.emits, expected + count - 1)
            client.emit_pace.take(count + HOLE * beyond, self.clients.clock(), "emits")
            ns = [emit.n for emit in upload.emits]
            if count or beyond or (claims is not None and claims.keeps(upload.acked)):
                if not log.ready:  # while it was born
                    raise unready()
                # Others may be asked for the same elsewhere: who was first says the log.
                self.told.offered.append(upload.emits)
                answers = await log.append("c", client.id, ns, upload.acked, within=WITHIN)
            else:  # repeats alone change nothing: nobody else need know
                answers = [] if claims is None else [claims.answer(n) for n in ns]
            if answers is None and client.refused is not None:
                raise Refused("refused", client.refused)
        except Refused as refused:
            refused.acks = [{"seq": reply.seq} for reply in upload.replies]
            raise
        if answers is None:
            return [*replied, *(hole(n, 1) for n in ns)]
        return [*replied, *map(client.emits.ack, ns, answers)]

    def _reply(self, client: Client | None, upload: Upload) -> list[Ack]:
        """Hand replies on: never behind an emit, nor for its sake refused, for a handler may be waiting."""
        for reply in upload.replies:
            if client is not None and reply.seq in client.unreplied:
                self.hub.log.note("y", client.id, reply.seq, reply.data)
        return [b'{"seq":%d}' % reply.seq for reply in upload.replies]

    def _admit(self, count: int, unfinished: int) -> None:
        """Refused: more emits than the window allows."""
        if self.clients.draining:
            raise Refused("draining", "the server is stopping", retry=1)
        if unfinished + count > self.limits.window:
            raise Refused("window", f"{self.limits.window} emits may be unfinished", retry=0.5)
