"""The truth: what the server logged in each of its lives, and which messages each client had to hear of it.

The server under torture writes every entry of its log into a journal before anybody can read it. The journal outlives
the server, so the truth is known also of a server that was killed.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

OPEN = 2**60  # the end of a membership that lasts


class Said(NamedTuple):
    """One message of the log. `to` is None for everyone, `@ID` for one client, else a room."""

    seq: int
    id: int  # which the emitter gave it: unique over the whole torture
    to: str | None
    but: str | None
    sender: str | None


class Stay(NamedTuple):
    """One client in one room, between two seqs."""

    room: str
    joined: int
    left: int


@dataclass
class Life:
    """One epoch of the log."""

    said: dict[int, Said] = field(default_factory=dict)
    everyone: list[int] = field(default_factory=list)  # seqs, ascending, as in the two below
    rooms: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    private: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    stays: dict[str, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    births: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    end: int = 0
    _inside: dict[tuple[str, str], int] = field(default_factory=dict)  # (client, room) → seq of the join

    def add(self, seq: int, kind: str, *entry: Any) -> None:
        """Apply one entry of the journal."""
        self.end = seq
        if kind == "message":
            self._message(Said(seq, *entry))
        elif kind == "born":
            self.births[entry[0]].append(seq)
        elif kind == "join":
            self._inside[entry[0], entry[1]] = seq
        elif kind == "leave":
            self._leave(entry[0], entry[1], seq)
        elif kind == "forgotten":
            for client, room in [key for key in self._inside if key[0] == entry[0]]:
                self._leave(client, room, seq)

    def _message(self, said: Said) -> None:
        self.said[said.seq] = said
        if said.to is None:
            self.everyone.append(said.seq)
        elif said.to.startswith("@"):
            self.private[said.to[1:]].append(said.seq)
        else:
            self.rooms[said.to].append(said.seq)

    def _leave(self, client: str, room: str, seq: int) -> None:
        self.stays[client].append(Stay(room, self._inside.pop((client, room)), seq))

    def settle(self) -> None:
        """The journal has ended: who is in a room stays in it."""
        for client, room in list(self._inside):
            self._leave(client, room, OPEN)

    def visible(self, client: str) -> list[int]:
        """The seqs of the messages this client had to hear, ascending."""
        seqs = [seq for seq in self.everyone if self.said[seq].but != client]
        own = self.private.get(client, [])
        inside = [
            seq
            for stay in self.stays.get(client, [])
            for seq in between(self.rooms.get(stay.room, []), stay.joined, stay.left)
            if self.said[seq].but != client
        ]
        return sorted({*seqs, *own, *inside}) if own or inside else seqs

    def left_between(self, client: str, after: int, until: int) -> bool:
        """Whether this client left a room in that stretch: then a gap may be told in doubt."""
        return any(after < stay.left <= until for stay in self.stays.get(client, []))


def between(seqs: list[int], after: int, until: int) -> list[int]:
    """Those after one seq, up to and with another."""
    return seqs[bisect_right(seqs, after) : bisect_right(seqs, until)]


def read(lines: Iterable[str]) -> dict[str, Life]:
    """The lives in a journal of lines `[epoch, seq, kind, …]`. The last may be cut: its entry was never read."""
    lives: dict[str, Life] = {}
    for line in lines:
        try:
            epoch, seq, kind, *entry = json.loads(line)
        except ValueError:
            continue
        lives.setdefault(epoch, Life()).add(seq, kind, *entry)
    for life in lives.values():
        life.settle()
    return lives
