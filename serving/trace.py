"""The trace: each request, answer and frame of one client as it crossed the wire, kept for that client alone.

It is a log, as the hub's is: looking takes nothing, and whoever looks goes on from where it was. It says when and how
many bytes; what the bytes said is kept of heads only, for a client knows its own messages.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

YOUNG = 5.0  # s the first moments of a client are kept for whoever comes to look
WATCHED = 30.0  # s they are kept on after somebody looked
EVENTS = 1000  # of one client
YOUNG_EVENTS = 32  # of one at whom nobody has looked yet: its first ones
YOUNG_BYTES, WATCHED_BYTES = 64 << 10, 1 << 20  # of one client's events, before and after somebody looked
BYTES = 16 << 20  # of all events of all clients
HEAD = 4 << 10  # bytes kept of one head; a longer one is told with its end cut
FRAMES = 64  # sizes kept of the frames that came up in one piece; the last one is of all that are left
EVENT, NUMBER = 200, 36  # bytes that Python takes for an event as such, and for a number in it

Event = tuple[int, float, str, int, Any]  # exchange, s since 1970, kind, bytes, more
Head = tuple[str, bytes, list[tuple[bytes, bytes]], bool]  # method, target, headers, whether the connection is new


class Shelf:
    """All traces of one server: so many bytes in all, each for its time. What nobody looks at gives way first."""

    def __init__(self, *, most: int = BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.clock = most, clock
        self.bytes = 0
        # Until when each is kept, in that order, for all of one kind are kept equally long.
        self._young: OrderedDict[Trace, float] = OrderedDict()
        self._watched: OrderedDict[Trace, float] = OrderedDict()

    def put(self, trace: Trace) -> None:
        self._young[trace] = self.clock() + YOUNG

    def look(self, trace: Trace) -> None:
        self._young.pop(trace, None)
        self._watched[trace] = self.clock() + WATCHED
        self._watched.move_to_end(trace)

    def drop(self, trace: Trace) -> None:
        self._young.pop(trace, None)
        self._watched.pop(trace, None)

    def grow(self, size: int) -> None:
        self.bytes += size
        while self.bytes > self.most:
            if self._young:
                next(iter(self._young)).end()
            else:
                most = max(self._watched, key=lambda trace: trace.bytes)
                most.shrink(most.bytes // 2)  # by so much that it does not happen at every event

    def sweep(self) -> None:
        """Free those whose time is over, and look at no others."""
        now = self.clock()
        for kept in (self._young, self._watched):
            while kept and (trace := next(iter(kept))) and kept[trace] <= now:
                trace.end()


class Trace:
    """The events of one client's wire."""

    __slots__ = ("_cut", "_events", "_most", "_shelf", "bytes", "exchanges", "on", "total")

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf or Shelf()
        self._events: list[Event] = []  # no deque: an empty one takes more than all else here
        self._most = YOUNG_BYTES
        self._cut = False  # there were more events than are kept before somebody looks
        self.bytes = 0
        self.exchanges = 0
        self.total = 0  # events so far, those no longer kept included
        self.on = True
        self._shelf.put(self)

    def begin(self) -> int:
        self.exchanges += 1
        return self.exchanges

    def add(self, exchange: int, kind: str, size: int, more: Any = None) -> None:
        if not self.on:
            return
        if self._most == YOUNG_BYTES and len(self._events) == YOUNG_EVENTS:  # most clients are looked at by nobody
            self.on, self._cut = False, True
            return
        event = (exchange, time.time(), kind, size, more)
        cost = cost_of(event)
        self.total += 1
        self._events.append(event)
        self.bytes += cost
        self._shelf.grow(cost)
        if self.bytes > self._most or len(self._events) > EVENTS:
            self.shrink(self._most)

    def after(self, n: int, room: int | None = None) -> tuple[int, list[Event]]:
        """The events after the first `n`, and how many of those are not kept any more.

        `room`: so many bytes of them at most, but one event at least. Who looks is looked after for a while. How many
        came between the first ones and the first look nobody knows: they count as one.
        """
        if self._cut:
            self.total, self._cut = self.total + 1, False
        self.on, self._most = True, WATCHED_BYTES
        self._shelf.look(self)
        fresh = min(max(0, self.total - n), len(self._events))
        missed, kept = self.total - n - fresh, self._events[len(self._events) - fresh :]
        if room is None:
            return missed, kept
        events: list[Event] = []
        for event in kept:
            room -= cost_of(event) - EVENT // 2
            if events and room < 0:
                break
            events.append(event)
        return missed, events

    def shrink(self, size: int) -> None:
        """Keep no more than so many bytes, the newest."""
        before, gone = self.bytes, 0
        while gone < len(self._events) and (self.bytes > size or len(self._events) - gone > EVENTS):
            self.bytes -= cost_of(self._events[gone])
            gone += 1
        del self._events[:gone]
        self._shelf.bytes -= before - self.bytes

    def end(self) -> None:
        """Keep nothing, until somebody looks."""
        self.on = False
        self.shrink(0)
        self._shelf.drop(self)


def cost_of(event: Event) -> int:
    """The bytes that Python takes for an event and what it says, about; the same whenever it is asked."""
    _exchange, _at, kind, size, more = event
    if kind == "up":  # its frames are still to be counted: each has six bytes, or more
        return EVENT + NUMBER * min(FRAMES, size // 6 + 1)
    if isinstance(more, list):
        return EVENT + NUMBER * len(more)
    return EVENT + (len(more) if isinstance(more, bytes | str) else 0)


def head_of(head: Head) -> bytes:
    """A request as it is kept: whether its connection is new, its line, and its headers, as far as there is room."""
    method, target, headers, fresh = head
    lines = [b"%s %s HTTP/1.1" % (method.encode(), target), *(b"%s: %s" % header for header in headers), b"", b""]
    return (b"+" if fresh else b"-") + b"\r\n".join(lines)[:HEAD]
