"""Clients: who the readers are, and whether they are here.

A client is one page or program. Its sid is its secret; its id is public and the same on every server. It is born by its
first reading request or its first emit, here while it reads, gone when it has not for a while, forgotten later.
"""

from __future__ import annotations

import contextlib
import hmac
import time
from collections.abc import Callable

from ..hub import WITHIN, Hub
from ..log.batch import Cursor
from ..log.due import Due
from ..protocol.codec import SAFE_INTEGER
from ..protocol.errors import Refused, unready
from ..protocol.pace import Pace
from .arrivals import Arrivals, forget
from .cap import Cap
from .client import Client
from .emits import Upload
from .endings import Endings
from .handlers import Queues, Tasks
from .identity import identity
from .nobodies import Nobodies
from .reader import Reader, least_missed
from .told import Told
from .uploads import Uploads

LIVES = 60.0  # s: so often at most it is logged that a client lives which is not here
CLASS = 5  # times as many new sids from one address, where a class stands behind it: 500 at once


class Clients:
    """The clients of one hub: sid → record."""

    def __init__(self, hub: Hub, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.hub = hub
        self.limits = hub.limits
        self.clock = clock
        self.draining = False
        self.tasks = Tasks()
        self.queues = Queues(self.tasks)
        self._due: Due[str] = Due()  # ids of those who may have gone, or may be forgotten, when nobody asks
        self._cap = Cap(self.queues)
        self._births = Pace(self.limits.sid_rate, self.limits.sid_burst, "new clients", clock)
        self.arrivals = Arrivals(hub, self.queues, self._cap)
        self.nobodies = Nobodies(hub, clock)
        self.endings = Endings(self)
        told = Told(self.queues, self.arrivals, self._begin_anew)
        hub.register(lambda client: Client(self, hub, client), told)
        self.take = Uploads(self, told).take

    # ---- reading

    async def read(
        self,
        sid: str | None,
        cursor: Cursor | None,
        *,
        address: str = "",
        history: int = 0,
        grace: float | None = None,
        paced: bool = False,
        transport: str = "",
    ) -> Reader:
        """Open a read, and bear the client if it is new. Close what this returns. Refused: who may not read now."""
        if self.draining:
            raise Refused("draining", "the server is stopping", retry=1)
        if self.hub.log.stale:
            raise unready()
        if cursor is not None:
            await self.hub.reach(cursor)
            # It stays beyond the end, whatever is logged until this read is answered:
            if cursor.epoch == self.hub.epoch and cursor.seq > self.hub.end:
                cursor = cursor._replace(seq=SAFE_INTEGER)
        if sid is None:
            return self.nobodies.read(cursor, address, history, paced)
        client = await self.known(sid)
        if client is None:
            client = await self.bear(sid, address)
        elif paced and (cursor is None or cursor != client.owed):
            client.polls.take(1, self.clock(), "polls")
        if not (client.here or self.hub.log.ready):
            raise unready()
        starts = cursor is not None and client.start is not None and not client.started
        reader = self.open(client, cursor, history, grace, transport)
        try:
            await self.arrivals.arrived(client)
            if cursor is not None and cursor.seq < client.born and not client.was_led(cursor.seq):
                await self.hub.log.tip(WITHIN)  # another process may have told it so just now
            elif starts and self.hub.log.ready:
                with contextlib.suppress(Refused):
                    await self.hub.log.tip(WITHIN)  # what it reads next without a cursor, elsewhere, is after that
            if reader.ended in ("gone", "kicked"):
                raise Refused(reader.ended, "this client has left")
            if reader.ended == "unready":
                raise unready()
        except BaseException:
            reader.close()
            raise
        if self.hub.members.get(client.id) is client:
            return reader
        reader.close()  # it was forgotten elsewhere as it came back here: it is born again
        return await self.read(
            sid, cursor, address=address, history=history, grace=grace, paced=paced, transport=transport
        )

    def open(self, client: Client, cursor: Cursor | None, history: int, grace: float | None, transport: str) -> Reader:
        """One more read of this client. The position is fixed here, before its `connect` handlers run."""
        if cursor is not None:
            self.starts(client)
        elif client.start is None:
            client.start = self.hub.end
        reader = Reader(client, cursor, client.start or 0, history, self, transport)
        client.grace = self.limits.grace if grace is None else grace
        client.readers = (*client.readers, reader)
        self._cap.on_read(client)
        going_on = [one for one in client.readers if isinstance(one, Reader) and not one.ended]
        if len(going_on) > self.limits.readers:
            least_missed(going_on).end("crowded")
        self.arrivals.arrive(client)
        return reader

    def starts(self, client: Client) -> None:
        """It reads with a cursor."""
        if client.start is not None and not client.started:
            self.hub.log.note("s", client.id)
        client.start = None

    def closed(self, reader: Reader) -> None:
        client = reader.client
        assert isinstance(client, Client)
        client.readers = tuple(one for one in client.readers if one is not reader)
        client.last_read = client.last_request = self.clock()
        client.broken = reader.broken
        if not client.readers:
            self.rests(client)

    # ---- who is who

    def find(self, sid: str) -> Client | None:
        """The client with this sid. Refused: no sid at all, or one that has left."""
        client_id, secret = identity(sid)
        self.hub.marks.check(client_id)
        client = self.hub.members.get(client_id)
        if not isinstance(client, Client):
            return None
        if not hmac.compare_digest(client.secret, secret):
            raise Refused("bad_sid", "this sid is taken")
        client.last_request = self.clock()
        if client.custodian != self.hub.process:
            self._lives(client)
        return client

    def _lives(self, client: Client) -> None:
        """A request has come of a client that another process sees to: once in a while that must know."""
        if not client.here and client.last_request >= client.told + LIVES:
            client.told = client.last_request
            self.hub.log.note("t", client.id)

    async def known(self, sid: str) -> Client | None:
        """The same, but nobody is called unknown before all is applied that was logged by now."""
        client = self.find(sid)
        if client is None:
            await self.hub.log.tip(WITHIN)
            client = self.find(sid)
        return client

    def find_again(self, client: Client) -> Client | None:
        """A client whose sid was checked before, if it is still known. Refused: it has left."""
        self.hub.marks.check(client.id)
        if self.hub.members.get(client.id) is not client:
            return None
        client.last_request = self.clock()
        if client.custodian != self.hub.process:
            self._lives(client)
        return client

    async def bear(self, sid: str, address: str) -> Client:
        """The client of a sid that nobody knows yet. Refused: too many come from there, or are here."""
        if not self.hub.log.ready:
            raise unready()
        self._knock(address)
        await self._make_room(address)
        await self.hub.bear(*identity(sid))
        client = self.find(sid)
        if client is None:
            raise Refused("gone", "this client has left")
        if client.address is None:  # else two of its requests came together
            client.last_read = self.clock()
            client.address = address
            self._cap.on_birth(client)
            self.rests(client)
        return client

    def _knock(self, address: str) -> None:
        """Refused: so many new sids a second from one address; a class behind one may be a school."""
        self._births.take(address, share=CLASS if self.limits.per_sid else 1)

    async def _make_room(self, address: str) -> None:
        """At the cap the client longest gone is forgotten first."""
        if len(self.hub.members) >= self.limits.most_clients:
            client = self._cap.makes_room(address)
            if client is None:
                raise Refused("full", "as many clients as fit are here", retry=5)
            self.arrivals.depart(client, "silence")
            await self.hub.forget(client)

    def rests(self, client: Client) -> None:
        """Nobody reads as this client: time will tell. Nothing more is kept of one that is forgotten already."""
        if self.hub.members.get(client.id) is not client:
            return
        self._cap.on_rest(client)
        self._due.add(client.id, self.clock() + client.grace)

    def on_forgotten(self, client: Client) -> None:
        self.arrivals.on_forgotten(client)
        self._due.discard(client.id)
        self._cap.on_forgotten(client)

    def all(self) -> list[Client]:
        return [client for client in self.hub.members.values() if isinstance(client, Client)]

    # ---- leaving

    def dismiss(self, client: Client, code: str, message: str) -> None:
        """It leaves now, by its own word (`gone`) or by ours (`kicked`). Emits already claimed run on."""
        for reader in client.readers:  # also of one that is forgotten already
            reader.end(code)
        if client.noted == code and self.hub.members.get(client.id) is client:
            return
        client.noted = code
        self.hub.log.note("g", client.id, code, message)

    async def bye(self, sid: str, upload: Upload, address: str) -> None:
        """The client leaves now; the emits it brings are claimed first."""
        client = await self.known(sid)
        if not self.hub.log.ready:
            raise unready()
        if client is None:
            self._knock(address)
            return self.hub.log.note("g", identity(sid)[0], "gone", "this client said bye")
        try:
            await self.take(sid, upload, address)
        finally:
            self.dismiss(client, "gone", "this client said bye")

    def sweep(self) -> None:
        """Do what time alone brings about: grace over, forgotten, marks and messages too old. Call it often."""
        # While this process stops, nobody goes: whoever goes on for it gives each a grace.
        for client_id in [] if self.draining else self._due.take(self.clock()):
            client = self.hub.members.get(client_id)
            if isinstance(client, Client) and not client.readers:
                self._look_at(client, self.clock())
        self._births.sweep()
        self.nobodies.polls.sweep()
        self.hub.sweep()
        if self.hub.log.stale:  # this process may be the only one that is cut off: nobody must wait here
            self.endings.end_reads("unready")

    def _look_at(self, client: Client, now: float) -> None:
        """Nobody has read as this client for a while."""
        if now >= client.last_read + client.grace:
            self.arrivals.depart(client, "transport close" if client.broken else "silence")
        here = self.hub.process in client.held
        if not here and client.custodian != self.hub.process:
            return  # another process sees to it
        due = client.last_read + client.grace if here else self._forgotten_at(client)
        if now >= due and not self.queues.busy(client):
            self.queues.add(client, self._forget(client))
        self._due.add(client.id, due)  # if it is busy, or has come back, the next look tells

    def _forgotten_at(self, client: Client) -> float:
        return max(client.last_read + client.grace, client.last_request) + self.limits.forget_after

    async def _forget(self, client: Client) -> None:
        # It may have come back while this waited for its turn.
        if not client.here and not client.readers and self.clock() >= self._forgotten_at(client):
            await forget(self.hub, client)

    def begin(self) -> None:
        """Serve, after a drain too: another server begins, or another event loop."""
        self.draining = self.tasks.ended = False

    async def drain(self) -> None:
        """Before the server stops: answer who waits, end the streams, finish what was claimed, say goodbye."""
        self.draining = True
        await self.endings.drain()

    def _begin_anew(self, forgotten: list[Client] | None) -> None:
        if forgotten is not None:
            self._due.clear()
            self._cap.clear()
        self.endings.begin_anew(forgotten)
