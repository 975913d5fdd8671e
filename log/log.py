"""The log: the entries in order of seq, what they say when they are applied, and reading as a function of a cursor."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

from ..protocol.codec import encode
from ..protocol.limits import Limits
from .audience import Audience, Message, Room, Stay
from .backpressure import Backpressure
from .batch import Batch, Cursor, new_epoch
from .bell import Bell
from .carried import Carried
from .record import Record
from .sight import last_seen, missed, past, since
from .store import Store
from .turn import Turn

SHARED = 64  # batches that readers may share: those who are far behind ask for what nobody else does

R = TypeVar("R", bound=Record)


class Where(NamedTuple):
    """The audience of a message: everyone, a room or one client, perhaps all but one."""

    room: str | None = None
    client: str | None = None
    but: str | None = None


EVERYONE = Where()


class Log(Generic[R]):
    """One life of the log, kept in memory. State changes only by `_apply_…`, which are given the entries in order."""

    def __init__(self, limits: Limits, *, epoch: str | None, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.clock = clock  # s since 1970
        self.epoch = epoch or new_epoch(clock())
        self.end = 0  # seq of the last entry
        self.store = Store(limits, clock)
        self.members: dict[str, R] = {}
        self.pressure = Backpressure(limits)
        self.turn = Turn(self)
        self._bells: set[Bell] = set()
        self._shared: dict[tuple[int, ...], Batch] = {}  # the batches of readers at the end of the log

    def new_record(self, client: str) -> R:
        raise NotImplementedError

    # ---- reading

    def read(self, client: Record, cursor: Cursor, *, history: int = 0, most: int | None = None) -> Batch:
        """The messages that `client` may see after `cursor`. It takes nothing away: to ask again is to hear the same.

        `history` puts the last so many messages to everyone and to the client's rooms before it; `most` is the limit
        in bytes where it is not that of a batch.
        """
        reason, start = self._begin(client, cursor)
        room = self.limits.batch_bytes if most is None else most
        messages, more = since(self.store, client, start, room) if start < self.end else ([], False)
        end = messages[-1].seq if more else self.end
        gap = self._gap(client, reason, start, len(messages))
        if more and end < client.born:
            client.lead(end)
        if history:  # cut at its old end: what came after the position is never dropped for it
            room -= sum(len(message.text) + 1 for message in messages)
            before = past(self.store, client, start, min(history, self.limits.batch_messages - len(messages)), room)
            messages = before + messages
            start = before[0].seq - 1 if before else start
        return self._batch(start, end, messages, gap=gap, more=more)

    def last_seen_by(self, client: Record) -> Cursor:
        """The last message `client` may see."""
        return Cursor(self.epoch, last_seen(self.store, client))

    @contextlib.contextmanager
    def listening(self, client: Record, bell: Bell | None) -> Iterator[Bell]:
        """Ring `bell` whenever something is logged that `client` may see."""
        bell = bell or Bell()
        self._bells.add(bell)
        client.hears(bell)
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            client.hears_no_more(bell)
            bell.at = math.inf
            bell.disarm()

    def _begin(self, client: Record, cursor: Cursor) -> tuple[str | None, int]:
        """The seq after which reading starts, and the reason if that is not simply the cursor's."""
        if cursor.epoch != self.epoch:
            return "epoch", 0
        if cursor.seq > self.end:
            return "future", self.end
        # A cursor before its birth was given to one who has been forgotten since, or has just led on from that news.
        if cursor.seq < client.born and cursor.seq not in client.led:
            return "away", cursor.seq
        return None, cursor.seq

    def _gap(self, client: Record, reason: str | None, start: int, given: int) -> dict[str, Any] | None:
        """The news of messages this client could see after `start` and that are not kept."""
        if reason is None and start >= max(self.store.trimmed, client.doubt):
            return None
        lost = missed(self.store, client, start)
        if reason is None and (lost or start < client.doubt):
            reason = "trimmed"
        if reason is None:
            return None
        if reason in ("epoch", "future"):
            return {"reason": reason, "missed": None}
        behind = self.end - start - given  # no more entries than these can be missing
        counted = reason == "trimmed" and start >= client.doubt
        gap = {"reason": reason, "missed": min(lost, behind) if counted else behind}
        # A client that took a new sid expects its `away`: what was trimmed as well is a loss it does not know of.
        return {**gap, "trimmed": min(lost, behind)} if reason == "away" and lost else gap

    def _batch(self, after: int, end: int, messages: list[Message], *, gap: Any, more: bool) -> Batch:
        # The seqs themselves are the key: readers who may see other messages must never share a batch.
        key = (after, end, *(message.seq for message in messages))
        batch = None if gap else self._shared.get(key)
        if batch is None:
            batch = Batch(Cursor(self.epoch, after), Cursor(self.epoch, end), messages, gap=gap, more=more)
            if not gap and len(self._shared) < SHARED:
                self._shared[key] = batch
        return batch

    # ---- writing: every change of what somebody may read is an entry

    async def _append(self, apply: Callable[..., None], *entry: Any) -> int:
        """Give the entry the next seq and apply it. An external log would be waited for here."""
        self.end += 1
        self._shared.clear()
        apply(self.end, *entry)
        return self.end

    async def bear(self, client: str) -> R:
        """A client is born. One that reads from a cursor it had before has been forgotten, and is told so once."""
        await self._append(self._apply_born, client)
        return self.members[client]

    async def forget(self, client: Record) -> None:
        """Nothing is known of this client any more; if it comes again, it is told so."""
        if self.members.get(client.id) is client:
            await self._append(self._apply_forgotten, client.id)

    def sweep(self) -> None:
        """Forget the messages whose time is over."""
        self.store.sweep()

    def _apply_message(
        self, seq: int, where: Where, event: str, data: bytes, sender: str | None, at: float, ack: bool
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
        audience = self._audience(where)
        if audience is None and where.room is not None:
            audience = self.store.room(where.room)
        elif audience is None and where.client in self.members:
            audience = self.members[where.client].own = Audience()
        if audience is None:
            return  # a room that there may not be: nobody is in it
        self.store.keep(audience, Message(seq, text, where.but, at))
        if where.client is None:
            self.turn.said(audience)
        self._part(where.but)
        for bell in self._bells_of(where):
            bell.ring()

    def _apply_born(self, seq: int, client: str) -> None:
        record = self.new_record(client)
        record.born = seq
        self.members[client] = record

    def _apply_join(self, seq: int, client: str, name: str) -> None:
        room, member = self.store.enter(name, client, seq), self.members[client]
        self._part(client)
        member.joined = (*member.joined, name)
        if member.here:
            room.here.add(client)

    def _apply_leave(self, seq: int, client: str, name: str | None) -> None:
        """None: it leaves everyone, in whom it was from the beginning."""
        member = self.members[client]
        left: Audience = self.store.everyone if name is None else self.store.rooms[name]
        for bell in member.bells:
            bell.ring()  # the turn looks who is in a room when it is over: who has left by then is told by itself
        joined, seen = 0, left.last.seen_by(client)
        if isinstance(left, Room):
            member.joined = tuple(one for one in member.joined if one != name)
            joined = left.members[client]
            self.store.leave(left, client)
        else:
            member.apart = True
        if seen > joined:  # else there was nothing to hear: no interval to remember
            member.remember(Stay(left, joined, seen))

    def _apply_forgotten(self, seq: int, client: str) -> None:
        member = self.members[client]
        member.here = False
        for name in member.joined:
            self._apply_leave(seq, client, name)
        if member.own is not None:
            self.store.discard(member.own)
        del self.members[client]
        member.on_forgotten()

    # ---- who hears

    def _audience(self, where: Where) -> Audience | None:
        """The audience of a message. None: no client of that id, or nothing was said there yet."""
        if where.client is not None:
            member = self.members.get(where.client)
            return None if member is None else member.own
        return self.store.everyone if where.room is None else self.store.rooms.get(where.room)

    def _bells_of(self, where: Where) -> Iterator[Bell | Carried]:
        """The bells that what is said there rings. Of those who are carried the turn hears, unless one is meant."""
        if where.client is not None:
            return iter(self.members[where.client].bells)
        if where.room is None:
            return iter(self._bells)
        return (bell for bell in self._bells_in(self.store.rooms[where.room]) if isinstance(bell, Bell))

    def _bells_in(self, room: Room) -> Iterator[Bell | Carried]:
        return (bell for client in room.members for bell in self.members[client].bells)

    def _part(self, client: str | None) -> None:
        """From here on this client may see something else than others who were given the same."""
        for bell in self.members[client].bells if client in self.members else ():
            if isinstance(bell, Carried):
                bell.odd = True

    def _pressed(self, where: Where) -> Audience | None:
        """The audience, if so much was emitted to it in one go that its readers may lose some; mostly None."""
        audience = self._audience(where)
        return audience if audience is not None and self.pressure.due(audience) else None

    async def _ease(self, where: Where, audience: Audience) -> None:
        """Let those read who hear what is emitted there."""
        if where.client is not None:
            member = self.members[where.client]
            await self.pressure.ease(audience, lambda: member.bells, lambda asking: asking == member.id)
        elif isinstance(audience, Room):
            await self.pressure.ease(audience, lambda: self._bells_in(audience), audience.members.__contains__)
        else:
            await self.pressure.ease(audience, lambda: [*self._bells, *self.turn.readers], lambda _asking: True)
