"""A carried reader: one that has no coroutine, for its connection writes what the turn tells it. See log/turn.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .batch import Batch, Cursor
from .beats import Beat
from .bell import Bell
from .record import Record

if TYPE_CHECKING:
    from .turn import Turn


class Figures(NamedTuple):
    """The sums of what a reader was given. Bytes are the last two."""

    batches: int = 0
    news: int = 0  # batches that said something
    messages: int = 0
    text: int = 0  # of the batches
    sent: int = 0  # of their frames


NOTHING = Figures()


def plus(one: Figures, other: Figures) -> Figures:
    return Figures._make(a + b for a, b in zip(one, other, strict=True))


def minus(one: Figures, other: Figures) -> Figures:
    return Figures._make(a - b for a, b in zip(one, other, strict=True))


class Form(Protocol):
    """How batches stand on the wire of one transport."""

    @property
    def most(self) -> int | None:
        """How many bytes of messages a batch may have; None: as many as any."""

    def frame(self, batch: Batch) -> bytes:
        """The bytes of a batch."""

    def told(self, figures: Figures, readers: int) -> None:
        """So many readers were given this."""


class Step:
    """What readers in step were given last."""

    __slots__ = ("at", "batch", "before", "counted", "cursor", "figures", "form", "frame", "readers", "sums")

    def __init__(self, form: Form, batch: Batch, at: float, before: Figures = NOTHING) -> None:
        self.form = form
        self.batch, self.cursor = batch, batch.cursor
        self.frame = form.frame(batch)
        self.at = at  # when they were given it, on the loop's clock: nobody is in step with who was given it later
        self.figures = Figures(1, batch.news, len(batch.messages), len(batch.text), len(self.frame))
        self.before = before  # the sums of the steps before it, for those who come from there
        self.sums = plus(before, self.figures)
        self.readers = self.counted = 0  # who were given it together, and how many of them are counted


class Asked(Step):
    """Where readers stand that have asked and were given nothing yet: at the end of the log they are in step."""

    __slots__ = ()

    def __init__(self, cursor: Cursor) -> None:
        self.cursor, self.at = cursor, math.inf  # each of them has its own time
        self.before = self.sums = NOTHING
        self.readers = self.counted = 0


class Carried:
    """A reader that is told by the turn."""

    __slots__ = (
        "_base",
        "_beat",
        "_past",
        "_until",
        "bell",
        "client",
        "form",
        "heartbeat",
        "odd",
        "on_end",
        "paused",
        "seen",
        "step",
        "turn",
        "watch",
        "write",
    )

    def __init__(
        self, turn: Turn, client: Record, bell: Bell, form: Form, write: Callable[[bytes], Any], heartbeat: float
    ) -> None:
        self.turn, self.client, self.bell, self.form = turn, client, bell, form
        self.write = write  # of its connection: it never waits
        self.heartbeat = heartbeat  # s of silence after which an empty batch is given
        self.step: Step | None = None
        self.odd = True
        self.paused = False  # its connection takes no more for now
        self.seen = 0  # up to which seq there was nothing to give
        self.watch: Callable[[Batch, int], None] | None = None  # is told of each batch and the bytes of its frame
        self.on_end: Callable[[], None] | None = None  # called when nothing more is told to it, unless it was closed
        self._base = NOTHING  # the sums of the steps up to when its figures were asked, or it came into step
        self._past = NOTHING  # what it was given before that
        self._beat: Beat | None = None
        self._until = math.inf  # when what it asked for is due

    @property
    def at(self) -> float:
        """Up to which seq it has been given what there is."""
        return max(self.seen, self.step.cursor.seq) if self.step else 0

    @property
    def due(self) -> float:
        """When it is given an empty batch, if there is no news."""
        return min(self._until, self.step.at + self.heartbeat) if self.step else math.inf

    def begin(self, batch: Batch) -> None:
        """Give it its first batch, and from now on whatever comes."""
        self.bell.on_ring = self.ring
        self.turn.enter(self)
        self._wait(self.heartbeat)
        self.give(Step(self.form, batch, self.turn.now()))

    def hold(self, cursor: Cursor) -> None:
        """Give it one batch: as soon as there is news after `cursor`, or an empty one when it is due."""
        self.bell.on_ring = self.ring
        self.turn.enter(self)
        self.step = self.turn.asked(cursor)
        self._until = self.turn.now() + self.heartbeat
        # It is behind, with nothing for it, or hears less than others: it is read for by itself.
        self.odd = cursor.seq != self.turn.log.end or self.client.apart
        self._wait(self.heartbeat)

    def ring(self) -> None:
        """Read for it by itself, when this turn is over."""
        self.turn.ring(self)

    def pause(self) -> None:
        """Its connection takes no more. Nothing is kept for it: it reads on from where it is."""
        self.odd = self.paused = True

    def resume(self) -> None:
        self.paused = False
        self.ring()

    def give(self, step: Step) -> None:
        """Give it a step that does not follow its last."""
        self._past, self._base, self.step = self.figures(), step.before, step
        self.odd = step.batch.more or self.client.apart
        step.form.told(step.figures, 1)
        step.readers += 1
        step.counted += 1
        if self.watch is not None:
            self.watch(step.batch, len(step.frame))
        self.write(step.frame)
        if step.batch.more:
            self.ring()

    def figures(self) -> Figures:
        """The sums of what it was given since this was asked last."""
        past, self._past = self._past, NOTHING
        if self.step is None:
            return past
        base, self._base = self._base, self.step.sums
        return plus(past, minus(self.step.sums, base))

    def close(self) -> None:
        """Tell it nothing any more. Harmless when repeated."""
        self.odd = True  # if its turn has begun already
        self.bell.on_ring = None
        self.turn.leave(self)
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def end(self) -> None:
        """Close it, and say so to whoever carries it."""
        self.close()
        on_end, self.on_end = self.on_end, None
        if on_end is not None:
            on_end()

    def _wait(self, seconds: float) -> None:
        self._beat = self.turn.beats.at(self.turn.now() + seconds, self.heartbeat, self._silent)

    def _silent(self) -> None:
        """Perhaps it was told nothing for as long as a heartbeat takes; amid news this looks once a heartbeat."""
        left = self.due - self.turn.now()
        if left <= 0:
            self.ring()
        self._wait(left if 0 < left < self.heartbeat else self.heartbeat)
