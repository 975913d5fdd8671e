"""Clients of a server that is not this lab: the same wire, with what a script says of it."""

from __future__ import annotations

import re
import time
from typing import Any

from bench.load.clients import LongPoll, Poll, Sse, Ws
from bench.load.script import Script
from bench.load.wire import Client, Ear, Way, masked, new_sid

TEXT = re.compile(rb"n=(\d+);at=([\d.]+);")  # after the name of the feed
NOTHING = (204, 304)  # answers without a body, which need not say how long they are
Told = dict[int, tuple[float, float]]  # of each number: s when it was due, and when it was heard


def text_of(feed: str, number: int, planned: float, size: int) -> str:
    """What is published: its number, and when it was due, in ms since 1970."""
    return f"feed={feed};n={number};at={planned * 1000:.3f};{'x' * size}"


class Foreign(Client):
    """What all of them have in common."""

    kind = ""

    def __init__(self, way: Way, ear: Ear, *, script: Script, probe: bool = True, witness: bool = False) -> None:
        self.script, self.after, self.told = script, "", Told()
        self.ending = self.between = False  # the line ends with this answer; it was read, and nothing is asked
        self.headers = type(self).headers + script.headers
        super().__init__(way, ear, probe=probe)

    def _name(self) -> None:
        self.sid = new_sid()

    def ask(self) -> None:
        where = self.way.base + self.script.where(self.kind, self.sid, self.after)
        request = b"GET " + where.encode() + self._after
        self.counts.requests += 1
        self.counts.head_up += len(request)
        self.write(request)

    def came(self) -> None:
        """The server has taken this client, whether or not there is news for it."""
        self.fresh = False
        if self.first_batch is None:
            self.first_batch = self.loop.time() - self.began
        if not self.opened.done():
            self.opened.set_result(None)

    def _head(self, data: bytes, at: int) -> int:
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            return -1
        head, status = data[at : end + 2].lower(), int(data[at + 9 : at + 12])
        self.ending = b"\r\nconnection: close\r\n" in head
        bare = b"\r\ncontent-length: " not in head and b"\r\ntransfer-encoding: " not in head
        if bare and (status in NOTHING or (self.streams and status == 200)):
            self.counts.head_down += end + 4 - at
            self._status = status
            if self.streams:
                self._part = self._raw
                self.came()
            else:
                self.answered(b"", 0, 0)
            return end + 4
        used = super()._head(data, at)
        if self.streams and status in (101, 200):
            self.came()
        return used

    def _raw(self, data: bytes, at: int) -> int:
        """A stream that ends with its connection."""
        self.chunked(data, at, len(data))
        return len(data)

    def missed(self, why: str) -> None:
        if self.between and not self.closed:
            self.between = False
            self.task = self.loop.create_task(self.connect())
        else:
            super().missed(why)

    # ---- messages

    def batch(self, data: bytes, at: int, end: int) -> bool:
        """One answer, event or frame, whatever it is made of."""
        body = data[at:end]
        if not self.streams:
            self.after = self.script.after(body, self.after) if body else self.after
        found = self.script.read(body) if self.script.reads else self._marked(body)
        self.arrived(not found)
        now = time.time()
        for number, planned in found:
            self.note(number, planned, now)
        return False

    def _marked(self, body: bytes) -> list[tuple[int, float]]:
        found, marker = [], self.ear.marker
        at = body.find(marker)
        while at >= 0:
            at += len(marker)
            if (text := TEXT.match(body, at)) is not None:
                found.append((int(text[1]), float(text[2]) / 1000))
            at = body.find(marker, at)
        return found

    def note(self, number: int, planned: float, now: float) -> None:
        """One message: timed if it counts, missed if the next one came before it."""
        if self.script.speaks:
            again = number in self.told
            self.repeated += again
            self.told.setdefault(number, (planned, now))
        elif number < self.next:
            again = True
            self.repeated += 1
        else:
            again = False
            if number > self.ear.first:
                self.lost += max(0, number - max(self.next, self.ear.first))
            self.next = number + 1
            if number >= self.ear.first:
                self.ear.ages.append((now - planned) * 1000)
        self.counts.again += again
        self.counts.messages += not again


class ForeignPoll(Foreign, Poll):
    """Asks on time. Its connection has to be kept."""

    kind = "poll"


class ForeignLongPoll(Foreign, LongPoll):
    """Asks as soon as there was an answer; a server may end the line with each."""

    kind = "longpoll"

    def begin(self) -> None:
        super().begin()
        self.came()

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.batch(data, at, end)
        if self.ending:
            self.between = True
        elif not self.closed:
            self.ask()


class ForeignSse(Foreign, Sse):
    """Events as any server may write them: ends of lines of all kinds, comments, names and several lines of data."""

    kind = "sse"

    def chunked(self, data: bytes, at: int, end: int) -> None:
        *events, self._event = (self._event + data[at:end]).replace(b"\r\n", b"\n").split(b"\n\n")
        for event in events:
            lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
            if lines:
                text = b"\n".join(lines)
                self.counts.payload_down += len(text)
                self.batch(text, 0, len(text))


class ForeignWs(Foreign, Ws):
    """A frame for each message, after the one that says what is wanted."""

    kind, streams = "ws", True

    def upgraded(self) -> None:
        first = self.script.first(self.sid)
        if first is not None:
            self.write(masked(0x81, first))

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.batch(data, at, end)


KINDS: dict[str, Any] = {"poll": ForeignPoll, "longpoll": ForeignLongPoll, "sse": ForeignSse, "ws": ForeignWs}
