"""Reading, as a function of a cursor; and who is woken by what is said."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, Generic, TypeVar

from ..protocol.limits import Limits
from .audience import Audience, Message, Room
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


class Reading(Generic[R]):
    """What is kept of one life of the log, and its readers. Nothing here changes what may be read; see log/state.py."""

    def __init__(self, limits: Limits, *, epoch: str | None, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.clock = clock  # s since 1970
        self.clear(epoch or new_epoch(clock()))
        self.pressure = Backpressure(limits)
        self.turn = Turn(self)
        self._bells: set[Bell] = set()

    def clear(self, epoch: str) -> None:
        """Know nothing but the name of the log."""
        self.epoch = epoch
        self.lineage: dict[str, int] = {}  # the epochs that this one goes on from, and up to which seq
        self.end = 0  # seq of the last entry
        self.store = Store(self.limits)
        self.members: dict[str, R] = {}
        self._shared: dict[tuple[int, ...], Batch] = {}  # the batches of readers at the end of the log

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
            self.lead(client, end)
        if history:  # cut at its old end: what came after the position is never dropped for it
            room -= sum(len(message.text) + 1 for message in messages)
            before = past(self.store, client, start, min(history, self.limits.batch_messages - len(messages)), room)
            messages = before + messages
            start = before[0].seq - 1 if before else start
        return self._batch(start, end, messages, gap=gap, more=more)

    async def wait(self, client: Record, cursor: Cursor, hold: float, bell: Bell | None = None) -> Batch:
        """The batch after `cursor`, as soon as it says something; an empty one after `hold` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + hold
        with self.listening(client, bell) as bell:
            bell.at = cursor.seq
            while True:
                batch = self.read(client, cursor)
                if batch.news or bell.ended or loop.time() >= deadline:
                    return batch
                await bell.listen(deadline)

    async def follow(
        self, client: Record, cursor: Cursor, heartbeat: float, bell: Bell | None = None, *, history: int = 0
    ) -> AsyncGenerator[Batch, None]:
        """Batch after batch, the first at once; an empty one after each `heartbeat` seconds of silence.

        Nothing is kept for a slow reader: it reads on when it can take more, from where it is. Our own server tells
        its streams the same, many at once; see log/turn.py.
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
                    await bell.listen(due)
                sent = batch.cursor
                batch = self.read(client, sent, most=most)
                while not (batch.news or bell.ended or loop.time() >= due):
                    bell.at = batch.cursor.seq
                    await bell.listen(due)
                    batch = self.read(client, sent, most=most)

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
            # Up to the fork both lives have the same; of what the other had after it nothing is known here.
            fork = self.lineage.get(cursor.epoch, -1)
            return ("lineage", cursor.seq) if cursor.seq <= fork else ("epoch", max(fork, 0))
        if cursor.seq > self.end:
            return "future", self.end
        # A cursor before its birth was given to one who has been forgotten since, or has just led on from that news.
        if cursor.seq < client.born and not client.was_led(cursor.seq):
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
        if reason == "lineage":  # another epoch for the client, though it has its place in this one
            reason, away = "epoch", start < client.born
        else:
            away = reason == "away"
        behind = self.end - start - given  # no more entries than these can be missing
        counted = not away and start >= client.doubt
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

    def lead(self, client: Record, seq: int) -> None:
        """A batch has told it that it was forgotten, and was cut short there, before its birth."""
        client.lead(seq)

    # ---- who hears

    def _ring_all(self) -> None:
        """Whoever reads has news of the log itself."""
        for bell in self._bells:
            bell.ring()
        for one in self.turn.readers:
            one.ring()

    def _audience(self, room: str | None, client: str | None) -> Audience | None:
        """The audience of a message. None: no client of that id, or nothing was said there yet."""
        if client is not None:
            member = self.members.get(client)
            return None if member is None else member.own
        return self.store.everyone if room is None else self.store.rooms.get(room)

    def _bells_of(self, room: str | None, client: str | None) -> Iterator[Bell | Carried]:
        """The bells that what is said there rings. Of those who are carried the turn hears, unless one is meant."""
        if client is not None:
            return iter(self.members[client].bells)
        if room is None:
            return iter(self._bells)
        return (bell for bell in self._bells_in(self.store.rooms[room]) if isinstance(bell, Bell))

    def _bells_in(self, room: Room) -> Iterator[Bell | Carried]:
        return (bell for client in room.members for bell in self.members[client].bells)

    def _part(self, client: str | None) -> None:
        """From here on this client may see something else than others who were given the same."""
        for bell in self.members[client].bells if client in self.members else ():
            if isinstance(bell, Carried):
                bell.odd = True

    def _pressed(self, room: str | None, client: str | None) -> Audience | None:
        """The audience, if so much was emitted to it in one go that its readers may lose some; mostly None."""
        audience = self._audience(room, client)
        return audience if audience is not None and self.pressure.due(audience) else None

    async def _ease(self, client: str | None, audience: Audience) -> None:
        """Let those read who hear what is emitted there."""
        if client is not None:
            member = self.members[client]
            await self.pressure.ease(audience, lambda: member.bells, lambda asking: asking == member.id)
        elif isinstance(audience, Room):
            await self.pressure.ease(audience, lambda: self._bells_in(audience), audience.members.__contains__)
        else:
            await self.pressure.ease(audience, lambda: [*self._bells, *self.turn.readers], lambda _asking: True)
