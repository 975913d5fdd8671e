"""The hub: one ordered log, and who may read what of it.

A queue forgets what it gave; a log does not. Reading is a pure function of a cursor and takes nothing away, so a
transport is only a way to carry "what comes after my cursor" to a client:

    batch = hub.read(client, cursor)                              poll       now
    batch = await hub.wait(client, cursor, hold)                  longpoll   now or later
    async for batch in hub.follow(client, cursor, heartbeat): …   sse, ws    now and later

The words, here and everywhere:
    message   what was emitted: seq, event, data, and its audience (everyone, a room, one client, perhaps all but one)
    entry     anything that changes what somebody may read: a message, a birth, a join, a leave, a forgetting
    log       the entries in order of seq; the hub's state is what its entries, applied in order, say
    epoch     the name of one life of the log
    cursor    EPOCH.SEQ, a position in the log, which clients hand back as it came
    batch     the messages after a cursor that a client may see, and the cursor to go on from; empty = a heartbeat
    gap       the news that messages may be lost to this reader
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import math
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

from .log.audience import Audience, Message, Room, Stay
from .log.backpressure import Backpressure
from .log.batch import Batch, Cursor, new_epoch
from .log.bell import Bell
from .log.due import Due
from .log.largest import Largest
from .log.roll import Roll
from .protocol.codec import RESERVED, decode, encode, packed, printable, reserved
from .protocol.errors import Refuse, Refused
from .protocol.limits import DEFAULTS, Limits

__all__ = ["Address", "Batch", "Bell", "Cursor", "Hub", "Member", "Refuse"]

Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)

LIFE = ("connect", "disconnect")  # what happens to a client, besides what it emits
STAYS = 64  # intervals of rooms it left that are remembered per client; of older ones it is told "in doubt"
LED = 64  # cursors before its birth that a client was given since; one that catches up needs the last alone

speaking: ContextVar[str | None] = ContextVar("speaking", default=None)  # id of the client whose handler runs


class Address(NamedTuple):
    """Where an emit goes: everyone, a room or one client, perhaps all but one."""

    hub: Hub
    room: str | None = None
    client: str | None = None
    but: str | None = None

    def to(self, room: str) -> Address:
        return self._replace(room=room)

    async def emit(self, event: str, data: Any = None) -> int:
        """Log one message; whoever may read it is woken. Returns its seq. ValueError: a name or data no wire takes."""
        return await self.hub.say(self, event, data)

    async def send(self, data: Any = None) -> int:
        return await self.emit("message", data)


class Member:
    """What the log knows of one client: since when it exists, where it is in, what is for it alone."""

    def __init__(self, hub: Hub, client: str) -> None:
        self.hub = hub
        self.id = client
        self.data: dict[str, Any] = {}  # what the application keeps about this client; it is forgotten with it
        self._here = False
        self.born = 0  # seq of its birth
        self.led: tuple[int, ...] = ()  # cursors before its birth that cut batches gave it since, the last of them
        self.own = Audience()
        self.joined: dict[str, int] = {}  # room → seq of the join
        self.stays: list[Stay] = []  # the last of what it left, oldest first
        self.doubt = 0  # up to this seq it may have seen more than `stays` still says
        self.left_last = 0  # the highest seq it may see of rooms it left
        self.bells: set[Bell] = set()

    @property
    def rooms(self) -> list[str]:
        return list(self.joined)

    @property
    def here(self) -> bool:
        """Whether somebody is reading as this client: said by registry/clients.py, no entry of the log."""
        return self._here

    @here.setter
    def here(self, here: bool) -> None:
        self._here = here
        for roll in self.hub.rolls(self):
            if here:
                roll.add(self.id)
            else:
                roll.discard(self.id)

    def forgotten(self) -> None:
        """The hub does not know this client any more."""

    async def emit(self, event: str, data: Any = None) -> int:
        """To this client alone."""
        return await Address(self.hub, client=self.id).emit(event, data)

    async def send(self, data: Any = None) -> int:
        return await self.emit("message", data)

    @property
    def broadcast(self) -> Address:
        """All but this client; `.to(room)`: a room, but this client."""
        return Address(self.hub, but=self.id)

    async def join(self, room: str) -> None:
        """Enter a room: hear what is said there from now on. Refuse: too many rooms, or no name for one."""
        await self.hub.join(self, room)

    async def leave(self, room: str) -> None:
        await self.hub.leave(self, room)


class Hub:
    """The log, kept in memory. State changes only by `apply`, which is given the entries in their order."""

    def __init__(
        self, limits: Limits = DEFAULTS, *, epoch: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.epoch = epoch or new_epoch(clock())
        self.end = 0  # seq of the last entry
        self.handlers: dict[str, list[Handler]] = {}
        self.new_member: Callable[[Hub, str], Member] = Member  # registry/clients.py makes richer ones
        self.everyone = Audience()
        self.pressure = Backpressure(limits)
        self.members: dict[str, Member] = {}
        self.here = Roll()  # of all rooms and none
        self.anonymous = Member(self, "")  # reads what is for everyone, and is nobody
        self._rooms: dict[str, Room] = {}
        self._bells: set[Bell] = set()
        self._empty: OrderedDict[str, None] = (
            OrderedDict()
        )  # names of rooms that nobody is in, and of which something is kept
        self._old: Due[Audience] = Due()  # audiences, by when their oldest message is too old
        self._largest: Largest[Audience] = Largest()
        self._bytes = 0  # kept over all audiences
        self._trimmed = 0  # the highest seq trimmed of any: who has read beyond it has missed nothing
        self._shared: dict[tuple[int, ...], Batch] = {}  # the batches of readers at the end of the log

    # ---- what an application says: on, emit, to, client, clients, rooms, history

    def on(self, event: str) -> Callable[[H], H]:
        """Run the decorated function when a client emits `event`; its return value is the ack. "*" hears all."""
        event = "connect" if event == "connection" else event
        if event not in LIFE and reserved(event):
            raise ValueError(f"{event!r} is reserved: no client can emit it")

        def keep(handler: H) -> H:
            self.handlers.setdefault(event, []).append(handler)
            return handler

        return keep

    async def emit(self, event: str, data: Any = None) -> int:
        """To everyone, the sender included. Returns its seq.

        It waits for nobody, but in a loop it lets go of the event loop after each quarter of the messages that are
        kept: whoever can read on reads on first, and nothing is lost to a reader that is well. For a long poll, whose
        client must ask again, that takes a moment, 50 ms at most; for a line that takes no more, none.
        """
        return await Address(self).emit(event, data)

    async def send(self, data: Any = None) -> int:
        return await self.emit("message", data)

    def to(self, room: str) -> Address:
        return Address(self, room=room)

    def client(self, client: str) -> Member:
        """The client with this public id. LookupError: the hub does not know it."""
        return self.members[client]

    def clients(self, room: str | None = None) -> list[Any]:
        """Who is here, of all or of one room."""
        return [self.members[client] for client in self.roll(room).ids()]

    def roll(self, room: str | None = None) -> Roll:
        """Who is here, of all or of one room, to be counted (`len`) or looked at page by page."""
        if room is None:
            return self.here
        return self._rooms[room].here if room in self._rooms else Roll()

    def rolls(self, member: Member) -> list[Roll]:
        """Those that a client is on while it is here."""
        return [self.here, *(self._rooms[name].here for name in member.joined)]

    @property
    def rooms(self) -> dict[str, list[str]]:
        """The ids of the members of every room that has some."""
        return {name: list(room.members) for name, room in self._rooms.items() if room.members}

    def history(self, room: str | None, k: int) -> list[dict[str, Any]]:
        """The last k messages to a room (None: to everyone) that are kept, in order."""
        audience: Audience | None = self.everyone if room is None else self._rooms.get(room)
        newest = itertools.islice(audience.newest(self.end, ""), k) if audience else ()
        return [decode(message.text, dict) for message in newest][::-1]

    # ---- reading

    def read(self, client: Member, cursor: Cursor, *, history: int = 0, most: int | None = None) -> Batch:
        """What `client` may see after `cursor`. Takes nothing away: the same question has the same answer.

        `history` puts the last so many messages to everyone and to the client's rooms before it; `most` is the limit
        in bytes where it is not that of a batch.
        """
        reason, start = self._begin(client, cursor)
        room = self.limits.batch_bytes if most is None else most
        messages, more = self._collect(client, start, room)
        end = messages[-1].seq if more else self.end
        gap = self._gap(client, reason, start, len(messages))
        if more and end < client.born and end not in client.led:
            client.led = (*client.led[1 - LED :], end)
        if history:  # cut at its old end: what came after the position is never dropped for it
            room -= sum(len(message.text) + 1 for message in messages)
            past = self._past(client, start, min(history, self.limits.batch_messages - len(messages)), room)
            messages = past + messages
            start = past[0].seq - 1 if past else start
        return self._batch(start, end, messages, gap=gap, more=more)

    async def wait(self, client: Member, cursor: Cursor, hold: float, bell: Bell | None = None) -> Batch:
        """What comes after `cursor`, as soon as there is something; an empty batch after `hold` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + hold
        with self.listening(client, bell) as bell:
            bell.at = cursor.seq
            while True:
                batch = self.read(client, cursor)
                if batch.news or bell.ended or loop.time() >= deadline:
                    return batch
                await bell.heard(deadline)

    async def follow(
        self, client: Member, cursor: Cursor, heartbeat: float, bell: Bell | None = None, *, history: int = 0
    ) -> AsyncGenerator[Batch, None]:
        """Batch after batch, the first at once; an empty one after each `heartbeat` seconds of silence.

        Nothing is kept for a slow reader: it reads on when it can take more, from where it is.
        """
        loop = asyncio.get_running_loop()
        most = self.limits.stream_bytes
        self.pressure.follows(client.id)
        with self.listening(client, bell) as bell:
            batch = self.read(client, cursor, history=history, most=None if history else most)
            while not bell.ended:
                bell.at = batch.cursor.seq
                yield batch
                due = loop.time() + heartbeat
                if not batch.more:
                    await bell.heard(due)
                sent = batch.cursor
                batch = self.read(client, sent, most=most)
                while not (batch.news or bell.ended or loop.time() >= due):
                    bell.at = batch.cursor.seq
                    await bell.heard(due)
                    batch = self.read(client, sent, most=most)

    @contextlib.contextmanager
    def listening(self, client: Member, bell: Bell | None) -> Iterator[Bell]:
        """Ring `bell` whenever something is logged that `client` may see."""
        bell = bell or Bell()
        self._bells.add(bell)
        client.bells.add(bell)
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            client.bells.discard(bell)
            bell.at = math.inf
            bell.still()

    async def reach(self, cursor: Cursor) -> None:
        """Wait until this process has applied what the cursor says was read. In memory: at once."""

    def last_seen_by(self, client: Member) -> Cursor:
        """The last message `client` may see."""
        rooms = (self._rooms[name].last.seen_by(client.id) for name in client.joined)
        inside = (seq for seq, joined in zip(rooms, client.joined.values(), strict=True) if seq > joined)
        seqs = (self.everyone.last.seen_by(client.id), client.own.last.seq, client.left_last)
        return Cursor(self.epoch, max(itertools.chain(seqs, inside)))

    def _begin(self, client: Member, cursor: Cursor) -> tuple[str | None, int]:
        """Where reading starts, and the reason if that is not simply where the cursor says."""
        if cursor.epoch != self.epoch:
            return "epoch", 0
        if cursor.seq > self.end:
            return "future", self.end
        # A cursor before its birth was given to one who has been forgotten since, or has just led on from that news.
        if cursor.seq < client.born and cursor.seq not in client.led:
            return "away", cursor.seq
        return None, cursor.seq

    def _sources(self, client: Member, after: int) -> Iterator[tuple[Audience, int, float]]:
        """The audiences of a client, each with the bounds (after, up to) of what in it is this client's to see."""
        yield self.everyone, after, math.inf
        if client.own.last.seq:
            yield client.own, after, math.inf
        for name, joined in client.joined.items():
            yield self._rooms[name], max(after, joined), math.inf
        for stay in client.stays:
            if stay.last > after:
                yield stay.audience, max(after, stay.joined), stay.last

    def _collect(self, client: Member, start: int, room: int) -> tuple[list[Message], bool]:
        """The messages after `start`, in order of seq, up to the limits of a batch; and whether there are more."""
        sources = [
            audience.between(after, until, client.id)
            for audience, after, until in self._sources(client, start)
            if audience.last.seq > after
        ]
        taken: list[Message] = []
        for message in sources[0] if len(sources) == 1 else heapq.merge(*sources):
            room -= len(message.text) + 1
            if len(taken) == self.limits.batch_messages or (taken and room < 0):
                return taken, True
            taken.append(message)
        return taken, False

    def _past(self, client: Member, until: int, k: int, room: int) -> list[Message]:
        """The last k messages to everyone and to the client's rooms that fit, in order of seq."""
        audiences = [self.everyone, *(self._rooms[name] for name in client.joined)]
        newest = heapq.merge(*(audience.newest(until, client.id) for audience in audiences), reverse=True)
        past: list[Message] = []
        for message in itertools.islice(newest, max(0, k)):
            room -= len(message.text) + 1
            if room < 0:
                break
            past.append(message)
        return past[::-1]

    def _gap(self, client: Member, reason: str | None, start: int, given: int) -> dict[str, Any] | None:
        """What to tell of messages this client could see after `start` and that are not kept."""
        if reason is None and start >= max(self._trimmed, client.doubt):
            return None
        missed = 0
        for audience, after, until in self._sources(client, start):
            # The oldest go first: if anything past `until` was trimmed, then the message at `until` was, too.
            seq = min(audience.trimmed.seen_by(client.id), until)
            if seq > after:
                missed += min(audience.lost, int(seq) - after)
        if reason is None and (missed or start < client.doubt):
            reason = "trimmed"
        if reason is None:
            return None
        if reason in ("epoch", "future"):
            return {"reason": reason, "missed": None}
        behind = self.end - start - given  # no more entries than these can be missing
        counted = reason == "trimmed" and start >= client.doubt
        gap = {"reason": reason, "missed": min(missed, behind) if counted else behind}
        # A client that took a new sid expects its `away`: what was trimmed as well is a loss it does not know of.
        return {**gap, "trimmed": min(missed, behind)} if reason == "away" and missed else gap

    def _batch(self, after: int, end: int, messages: list[Message], *, gap: Any, more: bool) -> Batch:
        # The seqs themselves are the key: readers who may see other messages must never share a batch.
        key = (after, end, *(message.seq for message in messages))
        batch = None if gap else self._shared.get(key)
        if batch is None:
            batch = Batch(Cursor(self.epoch, after), Cursor(self.epoch, end), messages, gap=gap, more=more)
            if not gap and len(self._shared) < 64:  # readers far behind ask for batches that nobody shares
                self._shared[key] = batch
        return batch

    # ---- writing: every change of what somebody may read is an entry

    async def say(self, where: Address, event: str, data: Any, *, ack: bool = False) -> int:
        """Log one message. ValueError: reserved or unprintable event, data that is too large or not plain JSON."""
        if not printable(event) or reserved(event):
            raise ValueError(f"an event is 1-64 printable characters and not one of {' '.join(sorted(RESERVED))}")
        try:
            text = packed(data, self.limits.data, self.limits.depth)
        except Refused as refused:
            raise ValueError(refused.message) from None
        pressed = self._pressed(where)
        if pressed is not None:
            await self._ease(where, pressed)
        if where.client is not None and where.client not in self.members:
            raise LookupError(f"no client {where.client}")
        return await self._append(self._apply_message, where, event, text, speaking.get(), self.clock(), ack)

    def _pressed(self, where: Address) -> Audience | None:
        """The audience, if so much was emitted to it in one go that its readers may lose some; mostly None."""
        audience: Audience | None = self.everyone
        if where.client is not None:
            member = self.members.get(where.client)
            audience = None if member is None else member.own
        elif where.room is not None:
            audience = self._rooms.get(where.room)
        return audience if audience is not None and self.pressure.due(audience) else None

    async def _ease(self, where: Address, audience: Audience) -> None:
        """Let those read who hear what is emitted there."""
        if where.client is not None:
            bells, client = self.members[where.client].bells, where.client
            await self.pressure.ease(audience, lambda: bells, lambda asking: asking == client)
        elif isinstance(audience, Room):
            await self.pressure.ease(audience, lambda: self._bells_in(audience), audience.members.__contains__)
        else:
            await self.pressure.ease(audience, lambda: self._bells, lambda _asking: True)

    def _bells_in(self, room: Room) -> Iterator[Bell]:
        return (bell for client in room.members for bell in self.members[client].bells)

    async def bear(self, client: str) -> Member:
        """A client is born. One that reads from a cursor it had before has been forgotten, and is told so once."""
        await self._append(self._apply_born, client)
        return self.members[client]

    async def join(self, client: Member, name: str) -> None:
        """Refuse: too many rooms, here or in all, or not a name. LookupError: this client is forgotten."""
        if self.members.get(client.id) is not client:
            raise LookupError(f"client {client.id} is forgotten")
        if not printable(name):
            raise Refuse("a room has a name of 1-64 printable characters")
        if name in client.joined:
            return
        if len(client.joined) >= self.limits.rooms_per_client:
            raise Refuse(f"a client may be in {self.limits.rooms_per_client} rooms")
        if name not in self._rooms and not self._room_fits():
            raise Refuse(f"there may be {self.limits.rooms} rooms")
        await self._append(self._apply_join, client.id, name)

    async def leave(self, client: Member, name: str) -> None:
        if name in client.joined:
            await self._append(self._apply_leave, client.id, name)

    async def forget(self, client: Member) -> None:
        """Nothing is known of this client any more; if it comes again, it is told so."""
        if self.members.get(client.id) is client:
            await self._append(self._apply_forgotten, client.id)

    async def _append(self, apply: Callable[..., None], *entry: Any) -> int:
        """Give the entry the next seq and apply it. An external log would be waited for here."""
        self.end += 1
        self._shared.clear()
        apply(self.end, *entry)
        return self.end

    def _apply_message(
        self, seq: int, where: Address, event: str, data: bytes, sender: str | None, at: float, ack: bool
    ) -> None:
        text = b'{"seq":%d,"event":%b,"data":%b,"from":%b,"room":%b,"at":%d%b}' % (
            seq,
            encode(event),
            data,
            encode(sender),
            encode(where.room),
            int(at * 1000),
            b',"ack":true' if ack else b"",
        )
        message = Message(seq, text, where.but, at)
        if where.client is not None:
            member = self.members[where.client]
            self._keep(member.own, message)
            woken: Iterator[Bell] = iter(member.bells)
        elif where.room is not None:
            if where.room not in self._rooms and not self._room_fits():
                return  # nobody is in it, and nobody can come
            if where.room not in self._rooms:
                self._rooms[where.room] = Room(where.room)
                self._empty[where.room] = None
            room = self._rooms[where.room]
            self._keep(room, message)
            woken = self._bells_in(room)
        else:
            self._keep(self.everyone, message)
            woken = iter(self._bells)
        for bell in woken:
            bell.ring()

    def _apply_born(self, seq: int, client: str) -> None:
        member = self.new_member(self, client)
        member.born = seq
        self.members[client] = member

    def _apply_join(self, seq: int, client: str, name: str) -> None:
        room = self._rooms.setdefault(name, Room(name))
        self._empty.pop(name, None)
        room.members[client] = None
        member = self.members[client]
        member.joined[name] = seq
        if member.here:
            room.here.add(client)

    def _apply_leave(self, seq: int, client: str, name: str) -> None:
        member, room = self.members[client], self._rooms[name]
        joined = member.joined.pop(name)
        del room.members[client]
        room.here.discard(client)
        seen = room.last.seen_by(client)
        if seen > joined:  # else there was nothing to hear: no interval to remember
            member.left_last = max(member.left_last, seen)
            member.stays.append(Stay(room, joined, seen))
        if len(member.stays) > STAYS:
            member.doubt = max(member.doubt, member.stays.pop(0).last)
        if not room.members:
            self._empty[name] = None
            self._drop_if_empty(room)

    def _apply_forgotten(self, seq: int, client: str) -> None:
        member = self.members[client]
        member.here = False
        for name in list(member.joined):
            self._apply_leave(seq, client, name)
        self._bytes -= member.own.bytes
        self._old.discard(member.own)
        self._largest.discard(member.own)
        del self.members[client]
        member.forgotten()

    # ---- forgetting, per audience: a busy room makes nobody else forget

    def _keep(self, audience: Audience, message: Message) -> None:
        audience.add(message)
        self._bytes += len(message.text)
        if len(audience) == 1:
            self._old.add(audience, message.at + self.limits.keep_seconds)
        if len(audience) > self.limits.keep_messages:
            self._trim(audience)
        self._trim_old(audience)
        self._largest.sized(audience)
        if self._bytes > self.limits.keep_bytes:
            self._trim_largest()

    def _trim(self, audience: Audience) -> None:
        self._trimmed = max(self._trimmed, audience.oldest.seq)
        self._bytes -= audience.trim()

    def _trim_old(self, audience: Audience) -> None:
        while audience and audience.oldest.at < self.clock() - self.limits.keep_seconds:
            self._trim(audience)

    def _trim_largest(self) -> None:
        """Make room: a 64th of the limit at once, so that the search for the largest is rare."""
        while self._bytes > self.limits.keep_bytes * 63 // 64:
            largest = self._largest.first()
            half = largest.bytes // 2
            while largest.bytes > half and self._bytes > self.limits.keep_bytes * 63 // 64:
                self._trim(largest)
            self._largest.sized(largest)

    def _room_fits(self) -> bool:
        """Whether there may be one more room; one that nobody is in makes way for it."""
        if len(self._rooms) < self.limits.rooms:
            return True
        if not self._empty:
            return False
        room = self._rooms[next(iter(self._empty))]
        while room:
            self._trim(room)
        self._drop_if_empty(room)
        return True

    def _drop_if_empty(self, room: Room) -> None:
        """A room that nobody is in, and of which nothing is kept, is none."""
        if not room.members and not room and self._rooms.get(room.name) is room:
            del self._rooms[room.name], self._empty[room.name]
            self._old.discard(room)
            self._largest.discard(room)

    def sweep(self) -> None:
        """Trim what is too old everywhere; rooms nobody is in and of which nothing is kept go."""
        for audience in self._old.take(self.clock()):
            self._trim_old(audience)
            self._largest.sized(audience)
            if audience:
                self._old.add(audience, audience.oldest.at + self.limits.keep_seconds)
            elif isinstance(audience, Room):
                self._drop_if_empty(audience)
