"""A client of each transport, as the load generator plays it: what goes up when, and where a batch begins."""

from __future__ import annotations

from bench.load.wire import Client
from transport_fallback.lab.alarm import EARLY


class Poll(Client):
    """Ask again and again: on absolute deadlines, or so long after each answer."""

    path = "poll"
    due = 0.0
    waiting = False  # for an answer
    owing = False  # a deadline passed meanwhile

    def begin(self) -> None:
        self.due = self.loop.time()
        self.waiting = False
        self.poll()
        if self.way.mode != "delay":
            self._plan()

    def _plan(self) -> None:
        assert self.way.every is not None
        self.due += self.way.every
        self.loop.call_at(self.due - EARLY, self._on_time)

    def until_its_tick(self, tries: int) -> float:
        """s until its next deadline, which no loss of the line moves. A timer that rang early is not asked again."""
        assert self.way.every is not None
        left = (self.due - self.loop.time()) % self.way.every
        return left if not tries or left > self.way.every / 2 else left + self.way.every

    def _on_time(self) -> None:
        if self.transport is None or self.closed:
            return
        if self.waiting:
            self.owing = True
        else:
            self.poll()
        self._plan()

    def poll(self) -> None:
        if self.transport is not None and not self.closed:
            self.waiting, self.owing = True, False
            self.ask()

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.waiting = False
        more = self.batch(data, at, end)
        if more or self.owing:
            self.poll()
        elif self.way.mode == "delay":
            assert self.way.every is not None
            self.loop.call_later(self.way.every - EARLY, self.poll)


class LongPoll(Client):
    """Ask, and ask again as soon as there was an answer."""

    path = "longpoll"

    def answered(self, data: bytes, at: int, end: int) -> None:
        self.batch(data, at, end)
        if not self.closed:
            self.ask()


class Sse(Client):
    """One answer that never ends, in events."""

    path = "sse"
    streams = True
    headers = b"Accept: text/event-stream\r\n"
    _event = b""

    def begin(self) -> None:
        self._event = b""
        super().begin()

    def chunked(self, data: bytes, at: int, end: int) -> None:
        if self._event or not data.endswith(b"\n\n", at, end):  # the ends of chunks mean nothing
            data = self._event + data[at:end]
            at, end = 0, len(data)
            if not data.endswith(b"\n\n"):
                self._event = data
                return
            self._event = b""
        while at < end:
            start = data.index(b"data: ", at, end) + 6
            stop = data.index(b"\n", start, end)
            self.counts.payload_down += stop - start
            self.batch(data, start, stop)
            at = stop + 2


class Ws(Client):
    """One upgrade, then a batch in each frame."""

    path = "ws"
    headers = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dHJhbnNwb3J0IGZhbGxiYQ==\r\n"
    )

    def upgraded(self) -> None:
        """Nothing is said: what this client wants is in its address."""

    def answered(self, data: bytes, at: int, end: int) -> None:
        if data.startswith(b'{"error"', at):
            self.faults.append(f"was refused: {data[at : at + 80].decode('latin-1')}")
        else:
            self.batch(data, at, end)


class Tcp(Client):
    """Bare TCP: one line says who reads and from where, then each line is a batch."""

    path = "tcp"

    def ask(self) -> None:
        self.write(self.sid.encode() + b" " + self.cursor + b"\n")

    def _head(self, data: bytes, at: int) -> int:
        """There is no head: what begins here is a line."""
        end = data.find(b"\n", at)
        if end < 0:
            return -1
        self.counts.payload_down += end - at
        self.batch(data, at, end)
        return end + 1


class Deflate(Ws):
    """One that offers to compress, as browsers do."""

    headers = Ws.headers + b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


KINDS: dict[str, type[Client]] = {"poll": Poll, "longpoll": LongPoll, "sse": Sse, "ws": Ws, "tcp": Tcp}
