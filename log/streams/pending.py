"""What this process appended and has not applied yet: numbered, bounded, and sent again when a connection breaks."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from ...protocol.errors import unready
from ..items import ENTRIES
from . import items
from .scripts import Word

GROUP = 64  # items in one call of the script: more of them would keep Redis from others
GROUP_BYTES = 256 << 10  # of them, for the same reason; one item fits always
MOST = 1000  # items on their way
MOST_BYTES = 4 << 20  # of them


class Own:
    """One item of this process."""

    __slots__ = ("done", "head", "k", "size", "takes_seq", "tail")

    def __init__(self, k: int, head: bytes, tail: bytes, takes_seq: bool) -> None:
        self.k, self.head, self.tail, self.takes_seq = k, head, tail, takes_seq
        self.size = len(head) + len(tail)
        self.done: asyncio.Future[Any] | None = None  # of whoever waits for it to be applied; he may give up


class Pending:
    """The items of one process name, in order of k. Each stays here until it is applied: an answer that it is logged is
    no word on what a server that was started anew still knows."""

    def __init__(self) -> None:
        self._waiting: deque[Own] = deque()
        self._sent: deque[Own] = deque()
        self._last = 0  # k
        self.applied = 0  # k of the last that was
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sent)

    @property
    def waits(self) -> bool:
        """Whether there is something to send."""
        return bool(self._waiting)

    @property
    def full(self) -> bool:
        return len(self) >= MOST or self.bytes >= MOST_BYTES

    def add(self, process: str, kind: str, fields: tuple[Any, ...], tail: bytes) -> Own:
        """Number an item and put it behind the others. TypeError: fields that are no plain data."""
        own = Own(self._last + 1, items.head(process, self._last + 1, kind, fields), tail, kind in ENTRIES)
        self._last = own.k
        self._waiting.append(own)
        self.bytes += own.size
        return own

    def group(self) -> list[Own]:
        """The next to be sent."""
        taken: list[Own] = []
        size = 0
        while self._waiting and len(taken) < GROUP and (not taken or size + self._waiting[0].size <= GROUP_BYTES):
            taken.append(self._waiting.popleft())
            size += taken[-1].size
        self._sent.extend(taken)
        return taken

    def again(self) -> None:
        """Send all of them again, in order: what has landed is passed over."""
        self._waiting.extendleft(reversed(self._sent))
        self._sent.clear()

    def apply(self, k: int, result: Any) -> None:
        """The next is applied, and made this. It may not even have been sent again: then it had landed before."""
        own = (self._sent or self._waiting).popleft()
        assert own.k == k, f"item {k} of this process was applied, and {own.k} is next"
        self.applied = k
        self.bytes -= own.size
        if own.done is not None and not own.done.done():
            own.done.set_result(result)

    def fail(self, why: str) -> None:
        """Tell everybody who waits that it may never be."""
        for own in (*self._sent, *self._waiting):
            if own.done is not None and not own.done.done():
                own.done.set_exception(unready(why))
        self._sent.clear()
        self._waiting.clear()
        self._last = self.applied = self.bytes = 0


def words(group: list[Own]) -> list[Word]:
    """These items as the script takes them, from their first k on."""
    said: list[Word] = [group[0].k if group else 0]
    for own in group:
        said += (int(own.takes_seq), own.head, own.tail)
    return said
