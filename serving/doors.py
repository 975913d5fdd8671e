"""The doors: how many connections may be open, in all and from one address, and who goes when it is full."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from ..protocol.limits import Limits


class Guest(Protocol):
    """A connection, as far as the doors know it."""

    address: str

    def cut(self) -> None: ...


class Doors:
    """All open connections of one server; the idle ones in the order in which they became so."""

    def __init__(self, limits: Limits) -> None:
        self.most, self.share = limits.most_connections, limits.most_per_address
        self._inside: set[Guest] = set()
        self._idle: dict[Guest, None] = {}
        self._from: Counter[str] = Counter()
        self.gone = 0  # connections so far

    def __len__(self) -> int:
        return len(self._inside)

    def open_to(self, address: str, before: int = 0) -> bool:
        """Whether one more may come in from there, behind so many who wait for it."""
        return self._from[address] + before < self.share

    def room(self, before: int = 0) -> bool:
        """Whether there is a place, now or when somebody idle has made room, for one more behind so many."""
        return len(self._inside) + before < self.most or len(self._idle) > before

    def enter(self, guest: Guest) -> bool:
        """Whether a new connection may be open. When all places are taken, the one idle for longest gives its up."""
        if not self.open_to(guest.address) or not self.room():
            return False
        if len(self._inside) >= self.most:
            self.make_room()
        self._inside.add(guest)
        self._idle[guest] = None
        self._from[guest.address] += 1
        return True

    def make_room(self) -> None:
        """End the connection that has asked for nothing for longest."""
        longest = next(iter(self._idle), None)
        if longest is not None:
            self.leave(longest)
            longest.cut()

    def follow(self, guest: Guest, before: Guest) -> None:
        """One connection, from now on served by another."""
        if before in self._inside:
            self._inside.remove(before)
            self._idle.pop(before, None)
            self._inside.add(guest)

    def idle(self, guest: Guest) -> None:
        """It has asked for nothing that is not answered."""
        if guest in self._inside:
            self._idle.setdefault(guest)

    def busy(self, guest: Guest) -> None:
        self._idle.pop(guest, None)

    def leave(self, guest: Guest) -> None:
        """Its place is free. Who is not inside has none."""
        if guest not in self._inside:
            return
        self._inside.remove(guest)
        self.gone += 1
        self._idle.pop(guest, None)
        self._from[guest.address] -= 1
        if not self._from[guest.address]:
            del self._from[guest.address]
