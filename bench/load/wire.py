"""The wire as a load generator reads it: one protocol for all transports and bare TCP, from bytes made beforehand.

Nothing is parsed as JSON: what a client must know of a batch (its cursor, its gap, the number of a message and the time
it was planned for) is found by its place in the bytes. A probe finds and times each message; a sink only counts bytes.
A round trip is put in by the client itself: what it writes and what it hears waits for its half of it.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.load.heads import Heads
from transport_fallback.lab.alarm import EARLY, Alarm

TCP_INFO = 256  # bytes to ask the kernel for
SEGMENTS = struct.Struct("=II")  # segs_out, segs_in
SEGMENTS_AT = 136  # where they are in tcp_info (linux/tcp.h)
LINE = struct.Struct("=Q")
RECEIVED_AT, SENT_AT = 128, 200  # bytes_received, bytes_sent

EMPTY = b'"messages":[]}'
CURSOR = b'"cursor":"'
GAPLESS = b'","gap":null,"more":'


class Lane:
    """One direction of a way with a delay: first in, first out."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.waiting: deque[tuple[float, Callable[[Any], None], Any]] = deque()
        self.alarm = Alarm(self._run)

    def put(self, do: Callable[[Any], None], what: Any) -> None:
        due = time.monotonic() + self.delay
        self.waiting.append((due, do, what))
        if len(self.waiting) == 1:
            self.alarm.set(due)

    def _run(self) -> None:
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            _due, do, what = self.waiting[0]
            do(what)
            self.waiting.popleft()
        if self.waiting:
            self.alarm.set(self.waiting[0][0])


@dataclass
class Ear:
    """What the probes of a group listen for: one feed, and from which message on their times count."""

    marker: bytes = b'"feed":"none yet","n":'
    first: int = 0
    ages: list[float] = field(default_factory=list)  # ms from the planned time until it was heard
    lags: list[float] = field(default_factory=list)  # ms from the planned time until the server logged it

    def listen(self, feed: str, first: int) -> None:
        self.marker, self.first = b'"feed":"%b","n":' % feed.encode(), first
        self.ages, self.lags = [], []


@dataclass(frozen=True)
class Way:
    """How a client comes to its server, and what it says there."""

    host: str
    port: int
    base: str  # what stands before the name of a request, "" or "/something"
    rtt: float = 0.0
    every: float | None = None  # s between two polls
    mode: str | None = None  # rate: on absolute deadlines; delay: after the answer
    hold: float | None = None
    heartbeat: float | None = None
    cursor: bool = True  # False: after a cut it comes back without one
    tls: ssl.SSLContext | None = None
    heads: Heads | None = None  # a browser's, instead of the least there can be

    def query(self) -> str:
        parts = {
            "every": None if self.every is None else max(100, round(self.every * 1000)),
            "hold": self.hold,
            "heartbeat": self.heartbeat,
        }
        return "".join(f"&{name}={value:g}" for name, value in parts.items() if value is not None)


@dataclass
class Counts:
    """What one client did and heard. Bytes are of the application: what TCP adds is not in them."""

    up: int = 0
    down: int = 0
    head_up: int = 0
    head_down: int = 0
    payload_up: int = 0
    payload_down: int = 0
    requests: int = 0
    answers: int = 0  # answers, events and frames that carry a batch
    empty: int = 0  # of these, those with nothing in it
    messages: int = 0  # heard by a probe, for the first time
    again: int = 0  # heard by a probe, and heard before
    connections: int = 0
    segments_up: int = 0
    segments_down: int = 0
    line_up: int = 0  # bytes on the socket: through TLS more than those of the application
    line_down: int = 0

    def on_the_line(self, transport: Any) -> None:
        """Add what the kernel has counted of an open line."""
        out, into, up, down = segments(transport)
        self.segments_up += out
        self.segments_down += into
        self.line_up += up
        self.line_down += down


class Client(asyncio.Protocol):
    """One client: its connection, its bytes, and what it has heard. Subclasses say what goes up when."""

    path = ""
    streams = False  # one answer that never ends
    headers = b""

    def __init__(self, way: Way, ear: Ear, *, probe: bool = True, witness: bool = False) -> None:
        self.way, self.ear, self.probe, self.witness = way, ear, probe, witness
        self.loop = asyncio.get_running_loop()
        self.sid = ""
        self.counts = Counts()
        self.cursor = b""
        self.next = 0  # the message expected next
        self.n = 0  # of its own emits, the last
        self.lost = self.repeated = 0
        self.task: asyncio.Task[None] | None = None  # in which it comes back
        self.faults: list[str] = []  # what no honest server does, in sentences
        self.transport: Any = None
        self.closed = False  # by us, for good
        self.began = 0.0
        self.first_batch: float | None = None  # s from the first connection to the first batch
        self.first_heads = 0  # bytes of the heads of the first request and of its answer
        self.opening = 0  # bytes on the socket until the first batch, with TLS's handshake
        self.opened: asyncio.Future[None] = self.loop.create_future()
        self.attempts: list[float] = []  # when it tried to connect, on the loop's clock
        self.backs: list[float] = []  # when it had a first batch after that
        self.fresh = True  # no batch yet on this connection
        self.return_after: Callable[[int], float] | None = None  # s to wait after the k-th loss; None: it stays away
        self.tries = 0
        self.up_lane: Lane | None = None
        self.down_lane: Lane | None = None
        self._rest = b""
        self._pieces = b""  # of an answer in chunks
        self._part: Callable[[bytes, int], int] = self._head
        self._status, self._length = 0, 0
        self._before = b""
        self._name()
        if way.heads is None:
            head = f" HTTP/1.1\r\nHost: {way.host}:{way.port}\r\n".encode() + self.headers
        else:
            head = b" HTTP/1.1\r\n" + way.heads.lines(self.path, f"{way.host}:{way.port}")
        self._after = head + b"\r\n"

    def _name(self) -> None:
        self.sid = new_sid()
        self._before = f"GET {self.way.base}/{self.path}?sid={self.sid}{self.way.query()}".encode()

    # ---- the line

    def delayed(self, up: Lane, down: Lane) -> Client:
        """Whatever goes up or comes down waits in these lanes, which clients may share."""
        self.up_lane, self.down_lane = up, down
        return self

    async def connect(self) -> None:
        """Knock once. What comes of it is heard by `connection_made` and `connection_lost`."""
        self.began = self.began or self.loop.time()
        self.attempts.append(self.loop.time())
        try:
            await self.loop.create_connection(lambda: self, self.way.host, self.way.port, ssl=self.way.tls)
        except OSError as error:
            self.missed(f"could not connect: {error}")

    def connection_made(self, transport: Any) -> None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        steady(connection)
        if self.closed:
            return transport.abort()  # type: ignore[no-any-return]
        self.transport = transport
        self.counts.connections += 1
        self._rest, self._pieces, self._part, self.fresh = b"", b"", self._head, True
        if self.way.rtt:  # the handshake is a round trip, too
            self.loop.call_later(self.way.rtt - EARLY, self._begin)
        else:
            self._begin()

    def _begin(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.begin()

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self._segments()
        self.transport = None
        if self.down_lane is not None:
            self.down_lane.put(self._lost, error)
        else:
            self._lost(error)

    def _lost(self, error: Exception | None) -> None:
        if not self.closed:
            self.missed("the line was lost" + (f": {error}" if error else ""))

    def missed(self, why: str) -> None:
        """There is no line. Who comes back does so after a pause."""
        if self.closed:
            return
        if self.return_after is None:
            self.faults.append(why)
            self.opened.cancel()
            return
        pause = self.return_after(self.tries)
        self.tries += 1
        self.loop.call_later(pause, self.come_back)

    def come_back(self) -> None:
        if not self.closed and self.transport is None:
            if not self.way.cursor:
                self._be_new()
            self.task = self.loop.create_task(self.connect())

    def _be_new(self) -> None:
        """As one who has never been here."""
        self._name()
        self.cursor = b""

    def cut(self) -> None:
        """Break the line without a word."""
        if self.transport is not None:
            self.transport.abort()

    def close(self) -> None:
        self.closed = True
        if self.transport is not None:
            self.transport.abort()
        if not self.opened.done():
            self.opened.cancel()

    def write(self, data: bytes) -> None:
        self.counts.up += len(data)
        if self.up_lane is not None:
            self.up_lane.put(self._write, data)
        else:
            self._write(data)

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        if self.down_lane is not None:
            self.down_lane.put(self.take, data)
        else:
            self.take(data)

    def _segments(self) -> None:
        """Those of a line that ends are kept, for it cannot be asked later."""
        self.counts.on_the_line(self.transport)

    def counted(self) -> Counts:
        """The counts until now, with the segments of the line that is open."""
        now = Counts(**vars(self.counts))
        if self.transport is not None:
            now.on_the_line(self.transport)
        return now

    # ---- what comes down

    def take(self, data: bytes) -> None:
        self.counts.down += len(data)
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, end = 0, len(data)
        try:
            while at < end:
                used = self._part(data, at)
                if used < 0:
                    self._rest = data[at:]
                    return
                at = used
        except (ValueError, IndexError) as error:
            self.faults.append(f"was answered what is no {self.path}: {bytes(data[at : at + 60])!r} ({error})")
            self.cut()

    def _head(self, data: bytes, at: int) -> int:
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            return -1
        end += 4
        self.counts.head_down += end - at
        self._status = int(data[at + 9 : at + 12])
        head = data[at:end].lower()
        if self._status == 101:
            self._part = self._frame
            self.upgraded()
        elif b"\r\ntransfer-encoding: chunked" in head:
            self._part = self._chunk
        else:
            length = head.find(b"\r\ncontent-length: ")
            if length < 0:
                raise ValueError("an answer that does not say how long it is")
            length += 18
            self._length = int(head[length : head.index(b"\r\n", length)])
            self._part = self._body
            if not self._length:
                return self._body(data, end)
        return end

    def _body(self, data: bytes, at: int) -> int:
        end = at + self._length
        if len(data) < end:
            return -1
        self._part = self._head
        self.counts.payload_down += self._length
        if self._status >= 300 or self.streams:
            self.refused(data[at:end])
        else:
            self.answered(data, at, end)
        return end

    def _chunk(self, data: bytes, at: int) -> int:
        line = data.find(b"\r\n", at)
        if line < 0:
            return -1
        start = line + 2
        end = start + int(data[at:line], 16)
        if len(data) < end + 2:
            return -1
        if self._status >= 300:
            self.refused(data[start:end])
        elif self.streams and end == start:
            self._part = self._head
            self.ended("was left: its stream was ended by the server")
        elif self.streams:
            self.chunked(data, start, end)
        elif end > start:
            self._pieces += data[start:end]
        else:  # an answer whose length its server did not know
            whole, self._pieces, self._part = self._pieces, b"", self._head
            self.counts.payload_down += len(whole)
            self.answered(whole, 0, len(whole))
        return end + 2

    def _frame(self, data: bytes, at: int) -> int:
        if len(data) < at + 2:
            return -1
        first, length, start = data[at], data[at + 1] & 0x7F, at + 2
        if length > 125:
            size = 2 if length == 126 else 8
            start += size
            if len(data) < start:
                return -1
            length = int.from_bytes(data[at + 2 : start], "big")
        end = start + length
        if len(data) < end:
            return -1
        if first in (0x81, 0x82):  # a whole text, or bytes
            self.counts.payload_down += length
            self.answered(data, start, end)
        elif first == 0xC1:
            self.counts.payload_down += length
            self.packed(data, start, end)
        elif first == 0x89:
            self.write(masked(0x8A, data[start:end]))
        elif first == 0x88:
            self.ended(f"was left: its WebSocket was closed with {int.from_bytes(data[start : start + 2], 'big')}")
        else:
            raise ValueError(f"a frame that begins with {first:#x}")
        return end

    def refused(self, body: bytes) -> None:
        self.ended(f"was answered {self._status}: {body[:80].decode('latin-1')}")

    def ended(self, why: str) -> None:
        """The server wants no more. That is a fault, but where it is restarted."""
        if self.return_after is None:
            self.faults.append(why)
        self.cut()

    # ---- what subclasses say

    def begin(self) -> None:
        """The line is there."""
        self.ask()

    def ask(self) -> None:
        """One request, made of bytes that were there before."""
        cursor = b"&cursor=" + self.cursor if self.cursor else b""
        request = self._before + cursor + self._after
        self.counts.requests += 1
        self.counts.head_up += len(request)
        self.write(request)

    def upgraded(self) -> None:
        raise ValueError("an upgrade nobody asked for")

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.batch(data, at, end)

    def chunked(self, data: bytes, at: int, end: int) -> None:
        raise ValueError("an answer in chunks")

    def packed(self, data: bytes, at: int, end: int) -> None:
        raise ValueError("a compressed frame nobody asked for")

    # ---- batches and messages

    def batch(self, data: bytes, at: int, end: int) -> bool:
        """One batch of ours. Returns whether there is more to ask for at once."""
        cursor = data.find(CURSOR, at, at + 64) + len(CURSOR)
        stop = data.find(b'"', cursor, cursor + 40)
        if not data.startswith(b'{"after":"', at) or cursor < at + 10 or stop < 0:
            raise ValueError("no batch")
        self.cursor = data[cursor:stop]
        if not data.startswith(GAPLESS, stop):
            self.gap(data[stop : stop + 60])
        more = data.startswith(b"true", stop + len(GAPLESS))
        self.arrived(data.endswith(EMPTY, at, end))
        if self.probe:
            self.hear(data, at, end)
        return more

    def gap(self, said: bytes) -> None:
        if self.way.cursor and self.return_after is None:
            self.faults.append(f"was told of a gap: {said.decode('latin-1')}")

    def arrived(self, empty: bool) -> None:
        """One batch, event or frame is here."""
        self.counts.answers += 1
        self.counts.empty += empty
        if self.fresh:
            self.fresh, self.tries = False, 0
            self.backs.append(self.loop.time())
            if self.first_batch is None:
                self.first_batch = self.loop.time() - self.began
                now = self.counted()
                self.first_heads, self.opening = now.head_up + now.head_down, now.line_up + now.line_down
                if not self.opened.done():
                    self.opened.set_result(None)

    def hear(self, data: bytes, at: int, end: int) -> None:
        """Find each message of the feed: its number, and when it was due."""
        ear = self.ear
        marker = ear.marker
        at = data.find(marker, at, end)
        if at < 0:
            return
        now, size = time.time() * 1000, len(marker)
        while at >= 0:
            at += size
            comma = data.index(b",", at)
            n = int(data[at:comma])
            stop = data.index(b",", comma + 6)  # `,"at":` is six
            if n < self.next:
                self.repeated += 1
                self.counts.again += 1
                at = data.find(marker, stop, end)
                continue
            self.counts.messages += 1
            if n > ear.first:  # what was said before that may have been said before anybody listened for it
                self.lost += max(0, n - max(self.next, ear.first))
            self.next = n + 1
            if n >= ear.first:
                due = float(data[comma + 6 : stop])
                ear.ages.append(now - due)
                if self.witness:
                    logged = data.find(b'"at":', stop, end)
                    if logged > 0:
                        ear.lags.append(int(data[logged + 5 : data.index(b"}", logged)].split(b",")[0]) - due)
            at = data.find(marker, stop, end)


def new_sid() -> str:
    """A secret of a client's own: 128 random bits."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def masked(first: int, payload: bytes) -> bytes:
    """A frame of up to 64 KiB from a client, whose mask is nought: it hides nothing here, but must be there."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else bytes((0xFE,)) + size.to_bytes(2, "big")
    return bytes((first,)) + length + b"\0\0\0\0" + payload


def segments(transport: Any) -> tuple[int, int, int, int]:
    """How many TCP segments this line has sent and received, and how many bytes; nought where the kernel does not
    say."""
    try:
        info = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO)
        (up,), (down,) = LINE.unpack_from(info, SENT_AT), LINE.unpack_from(info, RECEIVED_AT)
        return *SEGMENTS.unpack_from(info, SEGMENTS_AT), up, down
    except (AttributeError, OSError, struct.error):
        return 0, 0, 0, 0


def steady(connection: socket.socket) -> None:
    """The same congestion control for everybody: bbr would pace what is written."""
    if hasattr(socket, "TCP_CONGESTION"):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
        except OSError:  # this kernel has none
            pass
