"""Audiences: who hears which message, so that a loss, a repeat and a leak are all seen."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

ROOMS = 100
TENTH = 10
PRIVATE_AT, ROOM_AT = 3, 7  # which of ten


def room_of(client: str) -> str:
    """The room that the client with this id is in. The server works it out in the same way."""
    return f"r{zlib.crc32(client.encode()) % ROOMS}"


class Everyone:
    """All hear all."""

    def __init__(self, clients: int) -> None:
        self.clients = clients

    def size(self, _serial: int) -> int:
        return self.clients

    def after(self, _number: int, serial: int) -> int:
        """The next message after `serial` that client `number` hears."""
        return serial + 1

    def address(self, _serial: int) -> bytes:
        """What the message says of whom it is for, as members of its JSON."""
        return b""


class Mixed(Everyone):
    """Of ten messages one is private, or one is for a room, or both; the others are for all.

    `ids`: of the clients; `publisher`: its id, for it is in a room, too.
    """

    def __init__(self, ids: Sequence[str], private: bool, rooms: bool, publisher: str) -> None:
        super().__init__(len(ids))
        self.ids, self.private, self.rooms = ids, private, rooms
        self.room = [room_of(one) for one in ids]
        self.own_room = room_of(publisher)
        # A message to an empty room would be heard by nobody, and never be over.
        self.spoken_in = sorted(set(self.room))

    def _to(self, serial: int) -> tuple[int | None, str | None]:
        if self.private and serial % TENTH == PRIVATE_AT:
            return serial // TENTH % self.clients, None
        if self.rooms and serial % TENTH == ROOM_AT:
            return None, self.spoken_in[serial // TENTH % len(self.spoken_in)]
        return None, None

    def size(self, serial: int) -> int:
        number, room = self._to(serial)
        return 1 if number is not None else self.room.count(room) if room else self.clients

    def after(self, number: int, serial: int) -> int:
        while True:
            serial += 1
            one, room = self._to(serial)
            if number == one or (one is None and room in (None, self.room[number] if number >= 0 else self.own_room)):
                return serial

    def address(self, serial: int) -> bytes:
        number, room = self._to(serial)
        if number is not None:
            return b',"to":"%b"' % self.ids[number].encode()
        return b',"room":"%b"' % room.encode() if room else b""
