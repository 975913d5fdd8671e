"""Audiences: who a message is for, and what of it is still kept."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from .roll import Roll


class Where(NamedTuple):
    """The audience of a message: everyone, a room or one client, perhaps all but one."""

    room: str | None = None
    client: str | None = None
    but: str | None = None


EVERYONE = Where()


class Message(NamedTuple):
    """One message as the log keeps it: encoded once, for every transport and every reader."""

    seq: int
    text: bytes  # its JSON, as it stands in every batch
    but: str | None  # id of the one client that may not read it
    at: int  # ms since 1970


class Highest:
    """The highest seq, and the highest whose excluded client is another one.

    Two numbers answer "what is the highest that *this* client may see?" exactly, for every client.
    """

    __slots__ = ("but", "other", "seq")

    def __init__(self) -> None:
        self.seq = 0
        self.but: str | None = None
        self.other = 0

    def add(self, message: Message) -> None:
        if message.but != self.but:
            self.other = self.seq
        self.seq, self.but = message.seq, message.but

    def restore(self, seq: int, but: str | None, other: int) -> None:
        """Be as it was when these were its numbers."""
        self.seq, self.but, self.other = seq, but, other

    def seen_by(self, client: str) -> int:
        return self.other if self.but is not None and self.but == client else self.seq


class Audience:
    """The last messages that everyone, one room or one client may read, in order of seq."""

    __slots__ = (
        "_messages",
        "_start",
        "bytes",
        "last",
        "lost",
        "size",
        "size_bounds",
        "trimmed",
        "turn",
        "unread",
        "unread_bytes",
    )

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._start = 0  # those before it are trimmed; the list is cut when half of it is
        self.bytes = 0
        self.size = -1  # class of its bytes, and its bounds; see log/largest.py
        self.size_bounds: tuple[float, float] = (0, 1)
        self.last = Highest()
        self.trimmed = Highest()
        self.lost = 0  # how many were trimmed
        self.unread = self.unread_bytes = 0  # since emitting last let its readers read; see log/backpressure.py
        self.turn: asyncio.Lock | None = None  # of those who wait to emit, if ever somebody had to

    def __len__(self) -> int:
        return len(self._messages) - self._start

    @property
    def oldest(self) -> Message:
        return self._messages[self._start]

    def add(self, message: Message) -> None:
        self._messages.append(message)
        self.bytes += len(message.text)
        self.unread += 1
        self.unread_bytes += len(message.text)
        self.last.add(message)

    def trim(self) -> int:
        """Drop the oldest message and remember that it was there. Returns its bytes."""
        message = self._messages[self._start]
        self._start += 1
        if self._start * 2 > len(self._messages):
            del self._messages[: self._start]
            self._start = 0
        self.bytes -= len(message.text)
        self.trimmed.add(message)
        self.lost += 1
        return len(message.text)

    def kept(self) -> list[Message]:
        """Those that are not trimmed."""
        return self._messages[self._start :]

    def restore(self, messages: list[Message]) -> int:
        """Keep these, too, which were kept before. Returns their bytes."""
        size = sum(len(message.text) for message in messages)
        self._messages += messages
        self.bytes += size
        return size

    def between(self, after: int, until: float, client: str) -> Iterator[Message]:
        """The messages that `client` may read after one seq and up to and with another, in order."""
        if self.last.seq <= after:  # the common case of a reader at the end
            return
        index = bisect_right(self._messages, after, lo=self._start, key=_seq)
        while index < len(self._messages):
            message = self._messages[index]
            if message.seq > until:
                return
            if message.but is None or message.but != client:
                yield message
            index += 1

    def seq_before(self, count: int) -> int:
        """The seq of the message before the last `count`; 0: there is none, or it is not kept."""
        return self._messages[-1 - count].seq if len(self) > count else 0

    def newest(self, until: int, client: str) -> Iterator[Message]:
        """The messages that `client` may read up to and with `until`, the newest first."""
        index = bisect_right(self._messages, until, lo=self._start, key=_seq)
        while index > self._start:
            index -= 1
            message = self._messages[index]
            if message.but is None or message.but != client:
                yield message


class Stay(NamedTuple):
    """One interval of membership that is over: the client may still read what was said while it was in."""

    audience: Audience
    joined: int  # seq of the join
    last: int  # seq of the last message in it that this client may see


class Room(Audience):
    """A named set of clients, and what was said to them."""

    __slots__ = ("here", "members", "name")

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.members: dict[str, int] = {}  # id → seq of its join, in order of joining
        self.here = Roll()  # those of them who are here


def _seq(message: Message) -> int:
    return message.seq
