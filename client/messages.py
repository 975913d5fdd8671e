"""Messages for `async for`: kept until they are read, but not for ever."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Self

from .wire import ClosedError, Message

UNREAD = 10_000  # messages kept for a reader that is behind; as they came, of at most 16 KiB of JSON each


class BehindError(Exception):
    """An `async for` over messages was too slow: `missed` messages are gone. Read on with another `async for`."""

    def __init__(self, missed: int) -> None:
        super().__init__(f"{missed} messages were not read in time: {UNREAD} are kept")
        self.missed = missed


class Messages:
    """The messages from now on: `async for message in socket.messages`. It ends when the socket is closed. ClosedError:
    the server does not want this client. BehindError: more than `UNREAD` messages came and were not read; the oldest
    are gone, and another `async for` reads on with those that are left.
    """

    def __init__(self) -> None:
        self._unread = deque[Message]()
        self._missed = 0
        self._why: ClosedError | None = None
        self._news = asyncio.Event()

    def put(self, message: Message) -> None:
        if len(self._unread) == UNREAD:
            self._unread.popleft()
            self._missed += 1
        self._unread.append(message)
        self._news.set()

    def end(self, why: ClosedError) -> None:
        """What was put is still read."""
        self._why = why
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        while not (self._missed or self._unread or self._why):
            self._news.clear()
            await self._news.wait()
        if self._missed:
            missed, self._missed = self._missed, 0
            raise BehindError(missed)
        if self._unread:
            return self._unread.popleft()
        assert self._why
        raise StopAsyncIteration if self._why.code == "closed" else self._why.again()
