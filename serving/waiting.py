"""Waiting: what a connection waits with. asyncio's own are the same, and an empty one takes 0.8 to 3 kB."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl


class Gate:
    """An `asyncio.Event`, as far as uvicorn uses one."""

    __slots__ = ("_open", "_waiting")

    def __init__(self, *, is_open: bool = False) -> None:
        self._open = is_open
        self._waiting: tuple[asyncio.Future[None], ...] = ()

    def is_set(self) -> bool:
        return self._open

    def set(self) -> None:
        self._open = True
        wake(self._waiting)

    def clear(self) -> None:
        self._open = False

    async def wait(self) -> bool:
        if not self._open:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting = (*self._waiting, waiter)
            try:
                await waiter
            finally:
                self._waiting = tuple(one for one in self._waiting if one is not waiter)
        return True


class Flow(FlowControl):
    """uvicorn's, with a gate."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.read_paused = self.write_paused = False
        self._is_writable_event = Gate(is_open=True)  # type: ignore[assignment]


class Inbox:
    """An `asyncio.Queue` without a bound, as far as uvicorn uses one; and it may be ended."""

    __slots__ = ("_items", "_last", "_waiting")

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._last: Any = None
        self._waiting: tuple[asyncio.Future[None], ...] = ()

    def empty(self) -> bool:
        return not self._items

    def put_nowait(self, item: Any) -> None:
        if self._last is None:
            self._items.append(item)
            wake(self._waiting)

    def end(self, last: Any) -> None:
        """Let this be the next item and the last: what waits is taken by nobody any more."""
        if self._last is None:
            self._last, self._items = last, [last]
            wake(self._waiting)

    async def get(self) -> Any:
        while not self._items:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting = (*self._waiting, waiter)
            try:
                await waiter
            finally:
                self._waiting = tuple(one for one in self._waiting if one is not waiter)
        return self._items.pop(0)


def wake(waiting: tuple[asyncio.Future[None], ...]) -> None:
    for waiter in waiting:
        if not waiter.done():
            waiter.set_result(None)
