"""The turn: a fast way to do what `Hub.follow` does. No reader sees a difference; a newcomer may skip this file.

`follow` wakes a coroutine for each reader and message, and that costs several times what the write does. A reader that
is *carried* has none: its connection hands over how it writes, and what is said in one turn of the event loop is told
to everybody together when the turn is over.

Readers are *in step* when they were given the same last time. While they may see the same of what was said since, one
read and one frame serve them all. Of many, some are told, then whatever else waits has its turn; what is said to
everyone meanwhile is told to the rest of them with what they have yet to hear.

Whoever may see something else is *odd*: it was told something alone, is left out of a message, came into a room or
left it, has left everyone, takes no more for now, or is behind. It is read for by itself, as `follow` does, until that
has brought it to the end of the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextvars import Context
from itertools import islice
from typing import TYPE_CHECKING, Any

from .audience import Audience, Room
from .batch import Batch, Cursor
from .beats import Beats
from .carried import Asked, Carried, Form, Step

if TYPE_CHECKING:
    from .reading import Reading

log = logging.getLogger(__name__)

TOLD = 32  # readers that are told in one turn of the loop, some 0.2 ms: whoever else asks for something needs several
FEW = 32  # readers that are not worth a step of their own


class Turn:
    """All carried readers of one log, and what is to be told to them."""

    def __init__(self, log: Reading[Any]) -> None:
        self.log = log
        self.beats = Beats()  # of those who are silent
        self.readers: dict[Carried, None] = {}  # in the order in which they came
        self._news: dict[Audience, None] = {}  # everyone or rooms in which something was said
        self._rung: dict[Carried, None] = {}  # who is read for by itself
        self._context = Context()  # what follows of a turn is not said by whoever spoke in it
        self._asked: Asked | None = None  # those who asked last, if nothing was said since
        self._loop: asyncio.AbstractEventLoop | None = None  # in which a turn is yet to end
        # Of the turn that is being told:
        self._end = 0  # seq of its last entry
        self._left: Iterator[Carried] = iter(())  # who has yet to be told
        self._room: dict[Carried, Audience] = {}  # the room of a reader in which something was said
        self._next: dict[tuple[Step, Audience | None], Step | None] = {}  # the step after one, if there is one for all
        self._made: dict[tuple[Batch, Form], Step] = {}

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def enter(self, one: Carried) -> None:
        self.readers[one] = None
        one.client.hears(one)

    def leave(self, one: Carried) -> None:
        self.readers.pop(one, None)
        one.client.hears_no_more(one)

    def asked(self, cursor: Cursor) -> Asked:
        """Where a reader stands that asks from here; the same for all who do so with nothing in between."""
        if self._asked is None or self._asked.cursor != cursor:
            self._asked = Asked(cursor)
        return self._asked

    # ---- what the log says

    def said(self, audience: Audience) -> None:
        """Something was said to everyone, or in a room."""
        if self.readers:
            self._news[audience] = None
            self._arm()

    def ring(self, one: Carried) -> None:
        one.odd = True
        self._rung[one] = None
        self._arm()

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # a log may outlive the loop that it was served in
            self._loop = loop
            loop.call_soon(self._begin, context=self._context)

    # ---- the end of a turn

    def _begin(self) -> None:
        news, rung = self._news, self._rung
        self._news, self._rung = {}, {}
        self._end, self._next, self._made, self._room = self.log.end, {}, {}, {}
        for audience in news:
            if isinstance(audience, Room):
                self._look_into(audience)
        everyone = self.log.store.everyone in news
        self._left = iter([*self.readers] if everyone else [*(self._room | rung)])
        self._go_on()

    def _look_into(self, room: Room) -> None:
        members = [self.log.members[client] for client in room.members if client in self.log.members]
        for one in (bell for member in members for bell in member.bells):
            if isinstance(one, Carried):
                one.odd = one.odd or one in self._room  # there is news in two of its rooms
                self._room[one] = room

    def _go_on(self) -> None:
        """Tell some of those who are left, and with it what was said to everyone since others were told."""
        if self.log.end != self._end and self._news.keys() <= {self.log.store.everyone}:
            self._end, self._next = self.log.end, {}
        rooms, step, room = self._room, None, None
        fresh: Step | None = None
        told = 0
        for one in islice(self._left, TOLD):
            told += 1
            try:
                if one.odd or one.step is None:
                    self._tell(one)
                    continue
                if one.step is not step or rooms and rooms.get(one) is not room:
                    step, room = one.step, rooms.get(one)
                    fresh = self._after(one, step, room)
                if fresh is step:
                    continue  # it has it from the turn before
                if fresh is None:
                    self._tell(one)
                    continue
                one.step = fresh  # this and the write are all that most deliveries need
                fresh.readers += 1
                if one.watch is not None:
                    one.watch(fresh.batch, len(fresh.frame))
                one.write(fresh.frame)
            except Exception:
                give_up(one)
        self._count()
        if told == TOLD:
            asyncio.get_running_loop().call_soon(self._go_on, context=self._context)
            return
        self._loop = None
        if self._news or self._rung:
            self._arm()

    def _after(self, one: Carried, step: Step, room: Audience | None) -> Step | None:
        """The step after this one for all who are in it and in this room, or this one, if there is nothing after it.

        None: each is to be read for by itself.
        """
        if (step, room) not in self._next:
            self._next[step, room] = self._common(one, step)
        return self._next[step, room]

    def _common(self, one: Carried, step: Step) -> Step | None:
        if self.log.end != self._end:  # more was logged while others were told, perhaps not for all of these
            return None
        if step.cursor.seq == self._end:
            return step
        batch = self.log.read(one.client, step.cursor, most=one.form.most)
        if batch.more or batch.gap or not batch.news:
            return None
        if step.readers < FEW and (batch, one.form) in self._made:  # they come into step with those who have it
            return None
        fresh = Step(one.form, batch, self.now(), step.sums)
        self._made.setdefault((batch, one.form), fresh)
        return fresh

    def _tell(self, one: Carried) -> None:
        """Read for this one."""
        if one not in self.readers or one.step is None:
            return
        if one.bell.ended:
            return one.end()
        if one.paused:
            return
        batch = self.log.read(one.client, one.step.cursor, most=one.form.most)
        if not batch.news and self.now() < one.due:
            one.seen = batch.cursor.seq
            return
        step = self._made.get((batch, one.form))
        if step is None:
            step = self._made[batch, one.form] = Step(one.form, batch, self.now())
        one.give(step)

    def _count(self) -> None:
        for step in self._next.values():
            if step is not None and step.readers > step.counted:
                step.form.told(step.figures, step.readers - step.counted)
                step.counted = step.readers


def give_up(one: Carried) -> None:
    """End a reader that cannot be told. Whatever it does of that, the others are told."""
    log.exception("a reader could not be told")
    try:
        one.end()
    except Exception:
        log.exception("and could not be ended")
