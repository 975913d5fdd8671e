"""Reading: where the client is in the log, and which batches it takes.

Two readings may bring the same, late, or from a life of the log that is over; each message is handed on once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from twin.ladder import End
from twin.wire import Batch, Gap, Message, order


@dataclass
class Reading:
    """One reading as it began: after which cursor. A poll is a reading of its own, a stream is one for its life."""

    asked: str | None

    def __post_init__(self) -> None:
        self.epoch = order(self.asked)[0] if self.asked else None


class Taken(NamedTuple):
    messages: list[Message]
    gap: Gap | None


class Position:
    """How far this client has read: which batches it takes, and what of them is new."""

    def __init__(self) -> None:
        self.cursor: str | None = None

    def take(self, reading: Reading, batch: Batch) -> Taken:
        """What is new in a batch. End `again`: the batch may not be taken, so ask again from the own cursor."""
        end, after = order(batch.cursor), order(batch.after)
        own = order(self.cursor) if self.cursor else None
        began = reading.epoch or end[0]  # a newcomer's reading has the epoch of its first batch
        if own is not None and began != own[0]:
            raise End("again", "its reading began under another epoch")
        reason = batch.gap and batch.gap.reason
        if own is not None and end[0] != own[0]:
            if end[0] < own[0] or reason != "epoch" or after[0] != end[0]:
                raise End("again", "a batch of another epoch")
            own = after
        elif own is not None and reason == "future":
            # Only for the cursor that lay beyond the end: a repeat of this batch must not set back what came since.
            if self.cursor != reading.asked or after > own:
                raise End("again", "a gap for a cursor that is not the client's")
            own = after
        elif own is not None and after > own:
            raise End("again", "a batch that begins beyond what was read")
        reading.epoch = end[0]
        if own is not None and reason and reason not in ("epoch", "future") and end <= own:
            return Taken([], None)
        seen = own[1] if own is not None else -1
        fresh = [message for message in batch.messages if message.seq > seen]
        if own is None or end > own or reason in ("epoch", "future"):
            self.cursor = batch.cursor
        return Taken(fresh, batch.gap)

    def reached(self, cursor: str) -> bool:
        return self.cursor is not None and order(self.cursor) >= order(cursor)
