"""The hub: one ordered log, and who may read what of it.

A queue forgets what it gave; a log does not. Reading is a pure function of a cursor and takes nothing away, so a
transport is only a way to carry "what comes after my cursor" to a client:

    batch = hub.read(client, cursor)                              poll       now
    batch = await hub.wait(client, cursor, hold)                  longpoll   now or later
    async for batch in hub.follow(client, cursor, heartbeat): …   sse, ws    now and later

The words, here and everywhere:
    message   what was emitted: seq, event, data, and its audience (everyone, a room, one client, perhaps all but one)
    item      anything that changes the hub's state; applied in order, they are all of it (log/items.py)
    entry     an item that changes what somebody may read: a message, a birth, a join, a leave, a forgetting; has a seq
    log       the items in their order
    epoch     the name of one life of the log
    cursor    EPOCH.SEQ, a position in the log, which clients hand back as it came
    batch     the messages after a cursor that a client may see, and the cursor to go on from; empty = a heartbeat
    gap       the news that messages may be lost to this reader
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

from .log.audience import EVERYONE, Where
from .log.batch import Batch, Cursor
from .log.bell import Bell
from .log.items import Log
from .log.memory import Memory
from .log.record import Record
from .log.roll import Roll
from .log.state import State
from .log.watcher import Watcher
from .protocol.codec import RESERVED, decode, encoded, packed, printable, reserved
from .protocol.errors import Refuse, Refused
from .protocol.limits import DEFAULTS, Limits

__all__ = ["Address", "Batch", "Bell", "Cursor", "Hub", "Member", "Refuse"]

Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)

LIFE = ("connect", "disconnect")  # the events of a client that it does not emit

WITHIN = 2.0  # s that a request waits for the log; who asked may come back, here or elsewhere
speaking: ContextVar[str | None] = ContextVar("speaking", default=None)  # id of the client whose handler runs


class Address(NamedTuple):
    """The address of an emit: everyone or a room, perhaps all but one client."""

    hub: Hub
    where: Where = EVERYONE

    def to(self, room: str) -> Address:
        return Address(self.hub, self.where._replace(room=room))

    async def emit(self, event: str, data: Any = None) -> int:
        """Log one message; whoever may read it is woken. Returns its seq. ValueError: a name or data no wire takes."""
        return await self.hub.say(self.where, event, data)

    async def send(self, data: Any = None) -> int:
        return await self.emit("message", data)


class Member(Record):
    """A client, as an application has it in its hands. What that keeps of it goes into `data`, and nowhere else.

    `await client.put(key, value)` puts it there wherever the client is served next; `data[key] = value` only here.
    """

    __slots__ = ("hub",)

    def __init__(self, hub: Hub, client: str) -> None:
        super().__init__(client)
        self.hub = hub

    @property
    def rooms(self) -> list[str]:
        return list(self.joined)

    async def emit(self, event: str, data: Any = None) -> int:
        """To this client alone. Returns its seq. LookupError: the hub has forgotten it."""
        return await self.hub.say(Where(client=self.id), event, data)

    async def send(self, data: Any = None) -> int:
        return await self.emit("message", data)

    @property
    def broadcast(self) -> Address:
        """All but this client; `.to(room)`: a room, but this client."""
        return Address(self.hub, Where(but=self.id))

    async def join(self, room: str) -> None:
        """Enter a room: hear what is said there from now on.

        Refuse: too many rooms, here or in all, or not a name. LookupError: the hub has forgotten this client.
        """
        await self.hub.join(self, room)

    async def put(self, key: str, value: Any) -> None:
        """Keep this as `data[key]`. ValueError: not plain JSON, or too large. LookupError: the hub has forgotten it."""
        await self.hub.put(self, key, value)

    async def leave(self, room: str | None) -> None:
        """Hear no more what is said in a room. None: nor what is said to everyone, as long as the hub knows it."""
        await self.hub.leave(self, room)


class Hub(State[Member]):
    """The log, and an application's words for it. What items do is in log/state.py, how one reads in log/reading.py.

    `limits`: what it keeps and takes; `epoch`: the name of this life of the log, by default a new one; `clock`: the
    time in s since 1970; `log`: where its items are logged.
    """

    def __init__(
        self,
        limits: Limits = DEFAULTS,
        *,
        epoch: str | None = None,
        clock: Callable[[], float] = time.time,
        log: Callable[[Hub], Log] = Memory,
    ) -> None:
        super().__init__(limits, epoch=epoch, clock=clock)
        self.log = log(self)
        self.process = self.log.process
        self.handlers: dict[str, list[Handler]] = {}
        self.anonymous = Member(self, "")  # reads what is for everyone, and is nobody
        self._make: Callable[[str], Member] | None = None

    # ---- what an application says: on, emit, to, client, clients, rooms, history

    def on(self, event: str) -> Callable[[H], H]:
        """Run the decorated function when a client emits `event`; its return value is the ack. "*" hears all.

        ValueError: the name is reserved.
        """
        event = "connect" if event == "connection" else event
        if event not in LIFE and reserved(event):
            raise ValueError(f"{event!r} is reserved: no client can emit it")

        def keep(handler: H) -> H:
            self.handlers.setdefault(event, []).append(handler)
            return handler

        return keep

    async def emit(self, event: str, data: Any = None) -> int:
        """To everyone, the sender included. Returns its seq. ValueError: a name or data no wire takes.

        It waits for nobody, but in a loop it lets go of the event loop after each quarter of the messages that are
        kept: whoever can read on reads on first, and nothing is lost to a reader that is well. For a long poll, whose
        client must ask again, that takes a moment, 50 ms at most; for a line that takes no more, none.
        """
        return await self.say(EVERYONE, event, data)

    async def send(self, data: Any = None) -> int:
        return await self.emit("message", data)

    def to(self, room: str) -> Address:
        return Address(self, Where(room))

    def client(self, client: str) -> Member:
        """The client with this public id. LookupError: the hub does not know it."""
        return self.members[client]

    def clients(self, room: str | None = None) -> list[Any]:
        """The clients who are here, of all or of one room."""
        return [self.members[client] for client in self.roll(room).ids()]

    def roll(self, room: str | None = None) -> Roll:
        """The ids of those who are here, of all or of one room, to be counted (`len`) or looked at page by page."""
        if room is None:
            return self.here
        return self.store.rooms[room].here if room in self.store.rooms else Roll()

    @property
    def rooms(self) -> dict[str, list[str]]:
        """The ids of the members of every room that has some."""
        return {name: list(room.members) for name, room in self.store.rooms.items() if room.members}

    def history(self, room: str | None, k: int) -> list[dict[str, Any]]:
        """The last k messages to a room (None: to everyone) that are kept, in order."""
        audience = self.store.everyone if room is None else self.store.rooms.get(room)
        newest = itertools.islice(audience.newest(self.end, ""), k) if audience else ()
        return [decode(message.text, dict) for message in newest][::-1]

    # ---- reading stands in log/reading.py

    async def reach(self, cursor: Cursor) -> None:
        """Wait until this process has applied what the cursor says was read, if that is to be had. In memory: at once.

        Refused `unready`: it is not known here whether it is.
        """
        if not self.knows(cursor.epoch) or cursor.seq > self.end:
            await self.log.tip(WITHIN)
        if not self.knows(cursor.epoch):
            await self.log.look(cursor.epoch, WITHIN)

    def knows(self, epoch: str) -> bool:
        """Whether the log as it is here is of this life, or goes on from it."""
        return epoch == self.epoch or epoch in self.lineage

    def lead(self, client: Record, seq: int) -> None:
        if not client.was_led(seq):
            self.log.note("r", client.id, seq)
        if not client.was_led(seq):  # the log takes its time
            client.leading = (*client.leading[-7:], seq)

    # ---- writing

    async def say(self, where: Where, event: str, data: Any, *, ack: bool = False) -> int:
        """Log one message. ValueError: reserved or unprintable event, data that is too large or not plain JSON."""
        if not printable(event) or reserved(event):
            raise ValueError(f"an event is 1-64 printable characters and not one of {' '.join(sorted(RESERVED))}")
        try:
            text = packed(data, self.limits.data, self.limits.depth)
        except Refused as refused:
            raise ValueError(refused.message) from None
        room, client, but = where
        pressed = self._pressed(room, client)
        if pressed is not None:
            await self._ease(client, pressed)
        if client is not None and client not in self.members:
            raise LookupError(f"no client {client}")
        said = (encoded(event), text, encoded(speaking.get()), encoded(room))
        tail = b'"event":%b,"data":%b,"from":%b,"room":%b' % said
        return await self.log.append("m", room, client, but, ack, tail=tail)  # type: ignore[no-any-return]

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
        if not self.store.room_fits(name):
            raise Refuse(f"there may be {self.limits.rooms} rooms")
        if not await self.log.append("j", client.id, name):
            raise Refuse("others were there first: no more rooms fit")

    async def leave(self, client: Member, name: str | None) -> None:
        inside = not client.apart if name is None else name in client.joined
        if inside and self.members.get(client.id) is client:
            await self.log.append("l", client.id, name)

    async def put(self, client: Member, key: str, value: Any) -> None:
        try:
            packed(value, self.limits.data, self.limits.depth)
        except Refused as refused:
            raise ValueError(refused.message) from None
        if self.members.get(client.id) is not client:
            raise LookupError(f"client {client.id} is forgotten")
        await self.log.append("u", client.id, key, value)

    async def bear(self, client: str, secret: bytes = b"") -> Member:
        """A client is born, or known already. One that reads on from a cursor was forgotten, and is told so once."""
        return await self.log.append("b", client, secret.hex(), within=WITHIN)  # type: ignore[no-any-return]

    async def forget(self, client: Record) -> None:
        """Nothing is known of this client any more; if it comes again, it is told so."""
        if self.members.get(client.id) is client:
            await self.log.append("f", client.id, self.place)

    def sweep(self) -> None:
        """Forget messages and marks whose time is over, as the next item will: perhaps none comes."""
        self.expire(self.log.now())

    # ---- what the log says of itself

    def on_renamed(self) -> None:
        """This process was declared gone, and has another name now."""
        self.process = self.log.process
        self.watcher.on_begun_anew(None)

    def on_emptied(self) -> None:
        """What was applied is not what the log says: all of it is forgotten, and comes again from the log."""
        forgotten = list(self.members.values())
        self.clear("")
        self.process = self.log.process
        self.watcher.on_begun_anew(forgotten)

    # ---- what the registry says

    def register(self, make: Callable[[str], Member], watcher: Watcher[Any]) -> None:
        """Let each client be born as `make(id)` says, and items be watched. ValueError: a registry does so already."""
        if self._make is not None:
            raise ValueError("this hub is another application's already: a hub is built into one")
        self._make, self.watcher = make, watcher

    def new_record(self, client: str) -> Member:
        return Member(self, client) if self._make is None else self._make(client)
