"""The store: every audience there is, and its last messages.

Forgetting is per audience: a busy room makes nobody else forget. Only where all of them together are too large does the
largest give way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from ..protocol.limits import Limits
from .audience import Audience, Message, Room
from .due import Due
from .largest import Largest


class Store:
    """Everyone, the rooms, and whatever audience of one client something was kept for."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.keep_ms = limits.keep_seconds * 1000
        self.everyone = Audience()
        self.rooms: dict[str, Room] = {}
        self.bytes = 0  # of all audiences
        self.trimmed = 0  # the highest seq trimmed of any: who has read beyond it has missed nothing
        self._empty: OrderedDict[str, None] = OrderedDict()  # rooms that nobody is in, of which something is kept
        self.old: Due[Audience] = Due()  # audiences, by when in ms their oldest message may be too old
        self._largest: Largest[Audience] = Largest()
        self.on_trim: Callable[[Audience], None] | None = None  # told before something of an audience goes

    # ---- as a snapshot has it

    def empty(self) -> list[str]:
        """The rooms that nobody is in, the one that was left first before the others."""
        return [*self._empty]

    def classes(self) -> list[list[Audience]]:
        """The audiences of which something is kept, of each size in the order in which they give way."""
        return self._largest.classes()

    def restore(self, audience: Audience, messages: list[Message]) -> None:
        """Of this audience these are kept, too, as they were."""
        self.bytes += audience.restore(messages)

    def restore_order(self, empty: list[str], classes: list[Audience], old: list[tuple[Audience, float]]) -> None:
        """Let what is kept give way in this order, and nothing sooner or later than it would have."""
        self._empty.update(dict.fromkeys(empty))
        for audience in classes:
            self._largest.weigh(audience)
        for audience, at in old:
            self.old.add(audience, at)

    # ---- rooms

    def room_fits(self, name: str) -> bool:
        """Whether there may be a room of this name; one that nobody is in makes way for a new one."""
        return name in self.rooms or len(self.rooms) < self.limits.rooms or bool(self._empty)

    def room(self, name: str) -> Room | None:
        """The room of this name, made if there may be one. None: nobody is in it, and nobody can come."""
        if name not in self.rooms and self.room_fits(name):
            self._make_way()
            self.rooms[name] = Room(name)
            self._empty[name] = None
        return self.rooms.get(name)

    def enter(self, name: str, client: str, seq: int) -> Room:
        """Let a client into a room that fits."""
        if name not in self.rooms:
            self._make_way()
        room = self.rooms.setdefault(name, Room(name))
        self._empty.pop(name, None)
        room.members[client] = seq
        return room

    def leave(self, room: Room, client: str) -> None:
        del room.members[client]
        room.here.discard(client)
        if not room.members:
            self._empty[room.name] = None
            self._drop_if_empty(room)

    def _make_way(self) -> None:
        """Where there are as many rooms as there may be, the one that nobody has been in for longest goes."""
        if len(self.rooms) >= self.limits.rooms:
            room = self.rooms[next(iter(self._empty))]
            while room:
                self._trim(room)
            self._drop_if_empty(room)

    def _drop_if_empty(self, room: Room) -> None:
        """A room that nobody is in, and of which nothing is kept, is none."""
        if not room.members and not room and self.rooms.get(room.name) is room:
            del self.rooms[room.name], self._empty[room.name]
            self.old.discard(room)
            self._largest.discard(room)

    # ---- messages

    def keep(self, audience: Audience, message: Message) -> None:
        audience.add(message)
        self.bytes += len(message.text)
        if len(audience) == 1:
            self.old.add(audience, message.at + self.keep_ms)
        if len(audience) > self.limits.keep_messages:
            self._trim(audience)
        self._largest.weigh(audience)
        if self.bytes > self.limits.keep_bytes:
            self._trim_largest()

    def discard(self, audience: Audience) -> None:
        """Keep nothing of an audience that nobody is in any more."""
        self.bytes -= audience.bytes
        self.old.discard(audience)
        self._largest.discard(audience)

    def sweep(self, now: int) -> None:
        """Trim what is too old everywhere; rooms nobody is in and of which nothing is kept go."""
        for audience in self.old.take(now):
            while audience and audience.oldest.at < now - self.keep_ms:
                self._trim(audience)
            self._largest.weigh(audience)
            if audience:
                self.old.add(audience, audience.oldest.at + self.keep_ms)
            elif isinstance(audience, Room):
                self._drop_if_empty(audience)

    def _trim(self, audience: Audience) -> None:
        if self.on_trim is not None:
            self.on_trim(audience)
        self.trimmed = max(self.trimmed, audience.oldest.seq)
        self.bytes -= audience.trim()

    def _trim_largest(self) -> None:
        """Make room: a 64th of the limit at once, so that the search for the largest is rare."""
        while self.bytes > self.limits.keep_bytes * 63 // 64:
            largest = self._largest.first()
            half = largest.bytes // 2
            while largest.bytes > half and self.bytes > self.limits.keep_bytes * 63 // 64:
                self._trim(largest)
            self._largest.weigh(largest)
