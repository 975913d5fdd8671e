"""Clients: who the readers are, and whether they are here.

A client is one page or program. Its sid is its secret; its id is public and the same on every server. It is born by its
first reading request or its first emit, here while it reads, gone when it has not for a while, forgotten later.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

from ..hub import Hub, Member, speaking
from ..log.batch import Batch, Cursor
from ..log.bell import Bell
from ..log.due import Due
from ..log.log import Where
from ..protocol.codec import SAFE_INTEGER
from ..protocol.errors import Refuse, Refused
from ..protocol.pace import Bucket, Pace
from .cap import Cap
from .emits import Ack, Emits, Reply, Upload, fresh, hole, holes
from .handlers import Queue, Tasks, handle, log
from .marks import Marks
from .results import Kept

CLASS = 5  # times as many new sids from one address, where a class stands behind it: 500 at once
HOLE = 0.25  # of an emit's rate: it runs nothing, but is answered
SID = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)  # 128 random bits in base64url


class Reader(Bell):
    """One read in progress: who reads, from where; and the bell that wakes or ends it."""

    def __init__(self, client: Member, cursor: Cursor | None, start: int, history: int, release: Callable[[], None]):
        super().__init__()
        self.client = client
        self.hub = client.hub
        self.cursor = cursor or Cursor(self.hub.epoch, start)
        self.newcomer = cursor is None
        self.history = 0 if cursor else history
        self.broken = False  # the line was lost while this read was open
        self.on_batch: Callable[[Batch], None] | None = None  # whoever counts what readers are given
        self._release: Callable[[], None] | None = release

    def read(self) -> Batch:
        return self._given(self.hub.read(self.client, self.cursor, history=self.history))

    async def wait(self, hold: float) -> Batch:
        """A newcomer is answered at once: it has a position before its first message."""
        if self.newcomer:
            batch = self.read()
        else:
            batch = self._given(await self.hub.wait(self.client, self.cursor, hold, self))
        if self.client.id and not self.ended:
            self.hub.pressure.answered(self.client.id, batch.cursor.seq)
        return batch

    def follow(self, heartbeat: float) -> AsyncGenerator[Batch, None]:
        return self.hub.follow(self.client, self.cursor, heartbeat, self, history=self.history)

    def _given(self, batch: Batch) -> Batch:
        if batch.more and isinstance(self.client, Client):
            self.client.owed = batch.cursor
            self.hub.pressure.answered(self.client.id, batch.cursor.seq)
        return self.told(batch)

    def told(self, batch: Batch) -> Batch:
        """This batch goes to the client now."""
        if self.on_batch is not None:
            self.on_batch(batch)
        return batch

    def close(self) -> None:
        """The read is over, however it ended. Harmless when repeated."""
        release, self._release = self._release, None
        if release:
            release()


class Client(Member):
    """The record of one client: what the log knows of it, and what only this process does."""

    def __init__(self, registry: Clients, hub: Hub, client: str) -> None:
        super().__init__(hub, client)
        self.registry = registry
        self.secret = b""  # SHA-256 of the sid, to tell two sids with one id apart
        self.since = int(hub.clock() * 1000)  # ms: when the hub first saw it
        self.start: int | None = None  # where a newcomer starts until it has read with a cursor
        self.arrival: asyncio.Future[None] | None = None  # done when it is let in: its `connect` handlers ran
        self.refused: Refused | None = None  # what they turned it away with
        self.readers: list[Reader] = []  # oldest first
        self.grace = hub.limits.grace
        self.last_read = 0.0  # when its last read ended
        self.last_request = 0.0
        self.broken = False  # its last read ended with the line
        self.owed: Cursor | None = None  # where a cut batch ended: going on from there costs no poll
        self.address = ""  # from where it was born
        now, limits = registry.clock(), hub.limits
        self.polls = Bucket(limits.poll_rate, limits.poll_burst, now)
        self.emit_pace = Bucket(limits.emit_rate, limits.emit_burst, now)
        self.queue = Queue(registry.tasks)
        self.emits = Emits(self, self.queue, registry.results)
        self.asks: dict[int, asyncio.Future[Any]] = {}  # by seq of the message that asks

    async def ask(self, event: str, data: Any = None, *, timeout: float = 5) -> Any:
        """Emit to this client alone and return what it replies. TimeoutError: no reply within `timeout` seconds.

        LookupError: it is not here, or leaves before it replies. Asked by its own `connect` handler, the client is let
        in at once, with what was emitted until then: nobody can answer what has not reached it.
        """
        if not self.here:
            raise LookupError(f"client {self.id} is not here")
        seq = await self.hub.say(Where(client=self.id), event, data, ack=True)
        if not self.here:  # it has left while the hub let others read first
            raise LookupError(f"client {self.id} is not here")
        answer = self.asks[seq] = promise()
        if speaking.get() == self.id and self.arrival is not None and not self.arrival.done():
            self.arrival.set_result(None)
        try:
            async with asyncio.timeout(timeout):
                return await answer
        finally:
            del self.asks[seq]

    def ask_no_more(self) -> None:
        """It has left: nobody waits for its replies any more."""
        for answer in self.asks.values():
            if not answer.done():
                answer.set_exception(LookupError(f"client {self.id} has left"))

    def reply(self, reply: Reply) -> None:
        """The first reply counts; a late or unknown one is answered all the same, so that it is not repeated."""
        answer = self.asks.get(reply.seq)
        if answer is not None and not answer.done():
            answer.set_result(reply.data)

    def close(self, reason: str = "turned out") -> None:
        """Turn this client out: its readers end, and every further request of its sid is refused `kicked`."""
        current = self.hub.members.get(self.id)  # forgotten and come back, it is another record
        self.registry.dismiss(current if isinstance(current, Client) else self, "kicked", reason)

    def forgotten(self) -> None:
        self.registry.forgotten(self)


class Clients:
    """The clients of one hub: sid → record."""

    def __init__(self, hub: Hub, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.hub = hub
        self.limits = hub.limits
        self.clock = clock
        self.draining = False
        self.tasks = Tasks()
        self.results = Kept()
        self._marks = Marks(self.limits.forget_after, clock)
        self._due: Due[str] = Due()  # ids of those who may have gone, or may be forgotten, when nobody asks
        self._cap = Cap()
        self._births = Pace(self.limits.sid_rate, self.limits.sid_burst, "new clients", clock)
        self._polls = Pace(self.limits.poll_rate, self.limits.poll_burst, "polls", clock)
        self._nobodies: dict[str, dict[Reader, None]] = {}  # open reads without a sid, by address
        hub.register(lambda client: Client(self, hub, client))

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
    ) -> Reader:
        """Open a read, and bear the client if it is new. Close what this returns. Refused: who may not read now."""
        if self.draining:
            raise Refused("draining", "the server is stopping", retry=1)
        if cursor is not None and cursor.epoch == self.hub.epoch:
            await self.hub.reach(cursor)
            if cursor.seq > self.hub.end:  # and stays beyond it, whatever is logged until this read is answered
                cursor = cursor._replace(seq=SAFE_INTEGER)
        if sid is None:
            return self._nobody(cursor, address, history, paced)
        client = self.find(sid)
        if client is None:
            client = await self._bear(sid, address)
        elif paced and (cursor is None or cursor != client.owed):
            client.polls.take(1, self.clock(), "polls")
        reader = self._reader(client, cursor, history, grace)
        try:
            await self._arrived(client)
            if reader.ended in ("gone", "kicked"):
                raise Refused(reader.ended, "this client has left")
        except BaseException:
            reader.close()
            raise
        return reader

    def _nobody(self, cursor: Cursor | None, address: str, history: int, paced: bool) -> Reader:
        """A reader without a sid: sees what is for everyone, is nobody, and can be counted by address only."""
        most = self.limits.anonymous_per_address
        if self.limits.per_sid:  # they have none, so all of them share the room that the clients leave
            address, most = "", max(most, self.limits.most_clients - len(self.hub.members))
        readers = self._nobodies.get(address, {})
        if len(readers) >= most:
            raise Refused("readers", f"{most} readers without a sid are enough", retry=5)
        if paced:
            self._polls.take(f"@{address}", share=most)

        def release() -> None:
            del readers[reader]
            if not readers:
                del self._nobodies[address]

        reader = Reader(self.hub.anonymous, cursor, self.hub.end, history, release)
        self._nobodies.setdefault(address, readers)[reader] = None
        return reader

    def _reader(self, client: Client, cursor: Cursor | None, history: int, grace: float | None) -> Reader:
        """One more read of this client. The position is fixed here, before its `connect` handlers run."""
        if cursor is not None:
            client.start = None
        elif client.start is None:
            client.start = self.hub.end

        def release() -> None:
            client.readers.remove(reader)
            client.last_read = client.last_request = self.clock()
            client.broken = reader.broken
            if not client.readers:
                self._rests(client)

        reader = Reader(client, cursor, client.start or 0, history, release)
        client.grace = self.limits.grace if grace is None else grace
        client.readers.append(reader)
        self._cap.reads(client)
        going_on = [reader for reader in client.readers if not reader.ended]
        if len(going_on) > self.limits.readers:
            going_on[0].end("crowded")  # the oldest: a dead pipe must not lock its owner out
        if not client.here:
            self._arrive(client)
        return reader

    # ---- who is who

    def find(self, sid: str) -> Client | None:
        """The client with this sid. Refused: no sid at all, or one that has left."""
        client_id, secret = _identity(sid)
        self._marks.check(client_id)
        client = self.hub.members.get(client_id)
        if not isinstance(client, Client):
            return None
        if not hmac.compare_digest(client.secret, secret):
            raise Refused("bad_sid", "this sid is taken")
        client.last_request = self.clock()
        return client

    async def _bear(self, sid: str, address: str) -> Client:
        self._knock(address)
        await self._make_room(address)
        client_id, secret = _identity(sid)
        await self.hub.bear(client_id)
        client = self.hub.members[client_id]
        assert isinstance(client, Client)
        client.secret = secret
        client.start = self.hub.end
        client.last_read = client.last_request = self.clock()
        client.address = address
        self._cap.born(client)
        self._rests(client)
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
            self.depart(client, "silence")
            await self.hub.forget(client)

    def _rests(self, client: Client) -> None:
        """Nobody reads as this client: time will tell. Nothing more is kept of one that is forgotten already."""
        if self.hub.members.get(client.id) is not client:
            return
        self._cap.lingers(client)
        self._due.add(client.id, self.clock() + client.grace)

    def forgotten(self, client: Client) -> None:
        self._due.discard(client.id)
        self._cap.forgotten(client)
        client.emits.results.clear()

    def _all(self) -> list[Client]:
        return [client for client in self.hub.members.values() if isinstance(client, Client)]

    # ---- presence: announcements, which change nothing of who may read what

    def _arrive(self, client: Client) -> None:
        client.here = True
        if not client.readers:
            self._cap.lingers(client)
        client.arrival = promise()
        client.queue.add(self._connect(client, client.arrival))

    async def _arrived(self, client: Client) -> None:
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

    async def _turn_away(self, client: Client, refused: Refused, *, let_in: bool) -> None:
        """It is nobody; what is queued for it finds `refused` and does nothing."""
        if let_in:  # its reads were answered: whichever it comes with next must hear of this
            self._marks.add(client.id, refused.code, refused.message)
        client.refused = refused
        client.here = False
        client.ask_no_more()
        client.emits.results.fail(refused)
        for reader in client.readers:
            reader.end("refused")
        await self.hub.forget(client)

    async def _announce(self, client: Client, event: str, *data: str) -> None:
        """`connect` or `disconnect`. A handler that fails or hangs keeps nobody out. Refuse: it says so itself."""
        if client.refused is not None:
            return
        try:
            async with asyncio.timeout(self.limits.handler_seconds):
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
                self._cap.lingers(client)
            client.queue.add(self._announce(client, "disconnect", reason))

    def dismiss(self, client: Client, code: str, message: str) -> None:
        """It leaves now, by its own word (`gone`) or by ours (`kicked`). Emits already claimed run on."""
        self._marks.add(client.id, code, message)
        for reader in client.readers:
            reader.end(code)
        self.depart(client, "client left" if code == "gone" else "kicked")
        client.queue.add(self.hub.forget(client))

    async def bye(self, sid: str, upload: Upload, address: str) -> None:
        """The client leaves now; the emits it brings are claimed first."""
        client = self.find(sid)
        if client is None:
            self._knock(address)
            return self._marks.add(_identity(sid)[0], "gone", "this client said bye")
        try:
            await self.take(sid, upload, address)
        finally:
            self.dismiss(client, "gone", "this client said bye")

    def sweep(self) -> None:
        """What time alone brings about: grace over, forgotten, marks and messages too old. Call it often."""
        for client_id in self._due.take(self.clock()):
            client = self.hub.members.get(client_id)
            if isinstance(client, Client) and not client.readers:
                self._look_at(client, self.clock())
        self._marks.sweep()
        self._births.sweep()
        self._polls.sweep()
        self.hub.sweep()

    def _look_at(self, client: Client, now: float) -> None:
        """Nobody has read as this client for a while."""
        if client.here and now >= client.last_read + client.grace:
            self.depart(client, "transport close" if client.broken else "silence")
        due = client.last_read + client.grace if client.here else self._forgotten_at(client)
        if now >= due and not client.queue.busy:
            client.queue.add(self._forget(client))
        self._due.add(client.id, due)  # if it is busy, or has come back, the next look tells

    def _forgotten_at(self, client: Client) -> float:
        return max(client.last_read + client.grace, client.last_request) + self.limits.forget_after

    async def _forget(self, client: Client) -> None:
        # It may have come back while this waited for its turn.
        if not client.here and not client.readers and self.clock() >= self._forgotten_at(client):
            await self.hub.forget(client)

    def begin(self) -> None:
        """Serve, after a drain too: another server begins, or another event loop."""
        self.draining = self.tasks.ended = False

    async def drain(self) -> None:
        """Before the server stops: answer who waits, end the streams, finish what was claimed, say goodbye."""
        self.draining = True
        for readers in [*(client.readers for client in self._all()), *self._nobodies.values()]:
            for reader in readers:
                reader.end("draining")
        for client in self._all():
            self.depart(client, "server closing")
        try:
            await self.tasks.wait(self.limits.drain_seconds * 2 / 3)
        finally:
            stopped = Refused("draining", "the server stopped before this was answered", retry=1)
            for client in self._all():
                client.emits.results.fail(stopped)
                if client.arrival is not None and not client.arrival.done():
                    client.arrival.set_exception(stopped)
            await self.tasks.end()

    # ---- emits

    async def take(self, sid: str | None, upload: Upload, address: str) -> list[Ack]:
        """What each reply and emit is answered with, in order. Refused: the emits, whole; the replies are taken."""
        if sid is None:
            raise Refused("no_sid", "who emits needs a sid")
        client = self.find(sid)
        for reply in upload.replies:  # never behind an emit, nor for its sake refused: a handler may be waiting
            if client is not None:
                client.reply(reply)
        replied: list[Ack] = [b'{"seq":%d}' % reply.seq for reply in upload.replies]
        count = fresh(upload.emits, client.emits.expected if client else 1)
        try:
            if len(upload.emits) > self.limits.window:  # no client has more without an ack, and each costs a look
                raise Refused("window", f"an upload holds {self.limits.window} emits at most", retry=0.5)
            if count:
                self._admit(count, client.emits.unfinished if client else 0)
            if count and client is None:
                client = await self._bear(sid, address)
                self._arrive(client)
            if client is not None:
                beyond = holes(upload.emits, client.emits.expected + count - 1)
                client.emit_pace.take(count + HOLE * beyond, self.clock(), "emits")
        except Refused as refused:
            refused.acks = [{"seq": reply.seq} for reply in upload.replies]
            raise
        if client is None:
            return [*replied, *(hole(emit.n, 1) for emit in upload.emits)]
        # From here on nothing waits: between the look at n and its claim nobody else may come.
        client.emits.results.drop_until(upload.acked)
        return [*replied, *(client.emits.claim(emit) for emit in upload.emits)]

    def _admit(self, count: int, unfinished: int) -> None:
        """Refused: more emits than the window allows."""
        if self.draining:
            raise Refused("draining", "the server is stopping", retry=1)
        if unfinished + count > self.limits.window:
            raise Refused("window", f"{self.limits.window} emits may be unfinished", retry=0.5)


def promise() -> asyncio.Future[Any]:
    """A future that nobody need wait for: what it fails with is no error of the program."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda future: future.cancelled() or future.exception())
    return future


def _identity(sid: str) -> tuple[str, bytes]:
    """The public id of a sid, and what tells it from another sid with the same id."""
    if not SID.fullmatch(sid):
        raise Refused("bad_sid", "a sid is 22 characters of base64url: 128 random bits")
    digest = hashlib.sha256(sid.encode()).digest()
    return base64.urlsafe_b64encode(digest)[:10].decode(), digest
