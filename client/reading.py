"""Reading: where the client is in the log, and which batches it takes.

Two readings may bring the same, late, or from another life of the log; each message is handed on once.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

from .ladder import End
from .wire import Batch, Gap, Message, read_cursor

EPOCHS = 8  # left, of which it is remembered where the client stood: a server may come back to one of them


def not_beyond(a: str | None, b: str | None) -> bool:
    """Whether `a` lies at or before `b`, in the same epoch. Between epochs there is no order."""
    left, right = read_cursor(a), read_cursor(b)
    return bool(left and right and left[0] == right[0] and left[1] <= right[1])


def sound(batch: Batch) -> bool:
    """Whether a batch is what the protocol says: in one epoch, its messages in order between its cursors."""
    cursor = read_cursor(batch.cursor)
    if cursor is None or not not_beyond(batch.after, batch.cursor):
        return False
    seqs = [int(batch.after.partition(".")[2]), *(message.seq for message in batch.messages)]
    return seqs[-1] <= cursor[1] and all(one < other for one, other in itertools.pairwise(seqs))


@dataclass
class Reading:
    """One reading as it began: after which cursor. A poll is a reading of its own, a stream is one for its life."""

    asked: str | None

    def __post_init__(self) -> None:
        place = read_cursor(self.asked)
        self.epoch = place[0] if place else None  # a newcomer's reading has the epoch of its first batch


class Taken(NamedTuple):
    messages: list[Message]
    gap: Gap | None


class Position:
    """The client's place in the log. It moves forward, and elsewhere only where the hub says `epoch` or `future`."""

    def __init__(self) -> None:
        self.cursor: str | None = None  # as the hub gave it; never made up
        self._left: dict[str, str] = {}  # by epoch, the last one left at the end: the cursor where the client stood

    def take(self, reading: Reading, batch: Batch) -> Taken:
        """What is new in a batch. End `again`: the batch may not be taken, so ask again from the own cursor."""
        after = read_cursor(batch.after)
        if after is None or not sound(batch):
            raise End("lost", "an answer that is not the protocol's")
        if why := self._objection(reading, batch, after):
            raise End("again", why)
        reading.epoch = after[0]
        fresh = self._advance(batch, after[0])
        return Taken(fresh or [], batch.gap if fresh is not None else None)

    def _objection(self, reading: Reading, batch: Batch, after: tuple[str, int]) -> str:
        """Why this batch must not be taken, or nothing."""
        own, reason = read_cursor(self.cursor), batch.gap and batch.gap.reason
        if own is None:
            return ""
        if (reading.epoch or after[0]) != own[0]:
            return "its reading began under another epoch"
        if after[0] != own[0] and (batch.gap is None or reason != "epoch"):
            return "another epoch, and no gap told"
        if after[0] != own[0]:
            # A number says that the new epoch goes on from the old: this reading has its place there, not the client's.
            behind = batch.gap is not None and batch.gap.missed is not None and after[1] < own[1]
            return "it is behind the client" if behind else ""
        if reason == "epoch":
            return "an epoch gap within one epoch"
        # Only for the cursor that lay beyond the end: a repeat of this batch must not set back what came since.
        if reason == "future" and (reading.asked != self.cursor or after[1] > own[1]):
            return "a gap for a cursor that is not the client's"
        return f"it begins after {batch.after}, the client is at {self.cursor}" if after[1] > own[1] else ""

    def _advance(self, batch: Batch, epoch: str) -> list[Message] | None:
        """Move on. Returns what is new to the application; None: nothing in the batch is, its gap neither."""
        if self.cursor is not None and batch.gap and batch.gap.reason == "epoch":
            self._leave(epoch, batch.after)
        elif batch.gap and batch.gap.reason == "future":
            self.cursor = batch.after
        elif not_beyond(batch.cursor, self.cursor):
            return None  # a repeat, its gap included: a lost answer repeats the gap, a taken one ends it
        own = read_cursor(self.cursor)
        seen = own[1] if own else -1
        if not not_beyond(batch.cursor, self.cursor):
            self.cursor = batch.cursor
        return [message for message in batch.messages if message.seq > seen]

    def _leave(self, epoch: str, start: str) -> None:
        """Go on in another epoch: from its start, or from where the client stood there, if it has been there."""
        own = read_cursor(self.cursor)
        assert own and self.cursor
        self._left[own[0]] = self.cursor
        self.cursor = self._left.pop(epoch, start)
        for oldest in list(self._left)[:-EPOCHS]:
            del self._left[oldest]

    def reached(self, cursor: str) -> bool:
        """Whether the client has read as far as this cursor, or has left the epoch it lies in."""
        wanted, own = read_cursor(cursor), read_cursor(self.cursor)
        if wanted is None or wanted[1] == 0 or wanted[0] in self._left:
            return True
        return own is not None and wanted[0] == own[0] and wanted[1] <= own[1]
