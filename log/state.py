"""The state: what the items of the log say, applied in order. `apply` is the one door through which it changes.

Applying is a function of the state and the item alone: no clock but the item's own, no chance, nothing that waits, no
limits but those that all processes of one log share. So whoever applies the same items has the same state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..protocol.limits import Limits
from .audience import Audience, Message, Room, Stay
from .items import ENTRIES, Unfit
from .notes import Notes
from .reading import R

if TYPE_CHECKING:
    from .snapshot.copying import Copying

ASKED = 256  # questions to one client that it may still reply to; to older ones nobody waits for a reply


class State(Notes[R]):
    """What is known after the items up to a place."""

    def __init__(self, limits: Limits, *, epoch: str | None, clock: Callable[[], float]) -> None:
        super().__init__(limits, epoch=epoch, clock=clock)
        self.copying: Copying | None = None  # while a snapshot is made
        self._acts: dict[str, Callable[..., Any]] = {
            "m": self._said,
            "b": self._born,
            "j": self._joined,
            "l": self._left,
            "f": self._forgotten,
            "h": self._held,
            "a": self._let_go,
            "k": self._judged,
            "c": self._claimed,
            "d": self._settled,
            "g": self._marked,
            "y": self._replied,
            "u": self._put,
            "s": self._started,
            "r": self._led,
            "t": self._lives,
            "x": self._gone,
            "e": self._began,
        }

    def new_record(self, client: str) -> R:
        raise NotImplementedError

    def apply(self, place: int, by: str, kind: str, fields: tuple[Any, ...], tail: bytes, at: int) -> Any:
        """Change the state by the next item; see log/items.py. Returns what its sender is told.

        Unfit: a kind that nobody here knows, or not the next place. To go on would be to guess.
        """
        act = self._acts.get(kind)
        if act is None:
            raise Unfit(f"nothing is known of items of the kind {kind!r}: something newer wrote place {place}")
        if place != self.place + 1:
            raise Unfit(f"place {place} does not follow {self.place}")
        if self.copying is not None:
            self.copying.spare_what(kind, fields)
        self.place = place
        if at >= self.store.old.first or at >= self.marks.first:
            self.expire(at)
        if kind in ENTRIES:
            self.end += 1
            self._shared.clear()
        return act(by, tail, at, *fields)

    def expire(self, now: int) -> None:
        """Forget messages and marks whose time is over at `now`, in ms since 1970."""
        self.store.sweep(now)
        self.marks.sweep(now)

    # ---- entries: each has the seq `self.end`

    def _said(
        self, by: str, tail: bytes, at: int, room: str | None, client: str | None, but: str | None, ack: bool
    ) -> int:
        text = b'{"seq":%d,%b,"at":%d%b}' % (self.end, tail, at, b',"ack":true' if ack else b"")
        audience = self._audience(room, client)
        if audience is None and room is not None:
            audience = self.store.room(room)
        elif audience is None and client in self.members:
            audience = self.members[client].own = Audience()
        if audience is None:
            return self.end  # a room that there may not be: nobody is in it; or a client that was forgotten
        self.store.keep(audience, Message(self.end, text, but, at))
        if client is None:
            self.turn.said(audience)
        self._part(but)
        if ack and client is not None:
            member = self.members[client]
            member.unreplied = (*member.unreplied[1 - ASKED :], self.end)
            if by == self.process:
                self.watcher.on_asked(member, self.end)
        for bell in self._bells_of(room, client):
            bell.ring()
        return self.end

    def _born(self, by: str, tail: bytes, at: int, client: str, secret: str) -> R:
        """The record of this client: the first birth counts."""
        record = self.members.get(client)
        if record is None:
            record = self.members[client] = self.new_record(client)
            record.born = record.start = self.end
            record.secret, record.since = bytes.fromhex(secret), at
            record.stay = record.judged = self.place
            record.custodian = by
        record.touched = self.place
        return record

    def _joined(self, by: str, tail: bytes, at: int, client: str, name: str) -> bool:
        """Whether it is in the room."""
        member = self.members.get(client)
        if member is None or name in member.joined:
            return member is not None
        if len(member.joined) >= self.limits.rooms_per_client or not self.store.room_fits(name):
            return False
        room = self.store.enter(name, client, self.end)
        self._part(client)
        member.joined = (*member.joined, name)
        if member.here:
            room.here.add(client)
        return True

    def _left(self, by: str, tail: bytes, at: int, client: str, name: str | None) -> None:
        """None: it leaves everyone, in whom it was from the beginning."""
        member = self.members.get(client)
        if member is not None and (not member.apart if name is None else name in member.joined):
            self._leave(member, name)

    def _leave(self, member: R, name: str | None) -> None:
        left: Audience = self.store.everyone if name is None else self.store.rooms[name]
        for bell in member.bells:
            bell.ring()  # the turn looks who is in a room when it is over: who has left by then is told by itself
        joined, seen = 0, left.last.seen_by(member.id)
        if isinstance(left, Room):
            member.joined = tuple(one for one in member.joined if one != name)
            joined = left.members[member.id]
            self.store.leave(left, member.id)
        else:
            member.apart = True
        if seen > joined:  # else there was nothing to hear: no interval to remember
            member.remember(Stay(left, joined, seen))

    def _forgotten(self, by: str, tail: bytes, at: int, client: str, place: int) -> None:
        """Nothing is known of it any more, unless it has shown itself after that place."""
        member = self.members.get(client)
        if member is None or member.touched > place:
            return
        self._absent(member)
        for name in member.joined:
            self._leave(member, name)
        if member.own is not None:
            self.store.discard(member.own)
        if member.claims is not None:
            member.claims.clear()
        del self.members[client]
        self.watcher.on_forgotten(member)
