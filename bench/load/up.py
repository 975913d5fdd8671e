"""The way up as a load generator goes it: an emit in a frame, or in a POST of its own."""

from __future__ import annotations

import time
from typing import Any

from bench.load.clients import Ws
from bench.load.wire import Client, masked
from transport_fallback.lab.alarm import EARLY
from transport_fallback.lab.clocks import ahead

EVENT = "up"  # what bench/variants.py notes the arrival of


class Speaker(Client):
    """Emits on absolute deadlines; each says when it was due."""

    emitting = False
    text = "x"

    def speak(self, rate: float, size: int, offset: float) -> None:
        """Begin, `offset` s from now."""
        self.emitting, self.text = True, "x" * size
        self._rate, self._k = rate, 0
        self._began = time.monotonic() + offset  # an event loop's time() may be a while ago
        self._clock = ahead() + self._began
        self.loop.call_later(offset, self._next)

    def hush(self) -> None:
        self.emitting = False

    def _next(self) -> None:
        if not self.emitting or self.transport is None:
            return
        due = self._k / self._rate
        self.n += 1
        at = round((self._clock + due) * 1000, 3)
        body = f'{{"emits":[{{"n":{self.n},"event":"{EVENT}","data":{{"at":{at},"text":"{self.text}"}}}}]}}'.encode()
        self.counts.payload_up += len(body)
        self.emit(body)
        self._k += 1
        self.loop.call_at(self._began + self._k / self._rate - EARLY, self._next)

    def emit(self, body: bytes) -> None:
        raise NotImplementedError


class Post(Speaker):
    """A POST for each, on one connection. It reads nothing but its acks."""

    path = "emit"
    headers = b"Content-Type: application/json\r\n"

    def begin(self) -> None:
        self.opened.set_result(None)

    def emit(self, body: bytes) -> None:
        head = b"POST" + self._before[3:] + self._after[:-2] + b"Content-Length: %d\r\n\r\n" % len(body)
        self.counts.requests += 1
        self.counts.head_up += len(head)
        self.write(head + body)

    def answered(self, data: bytes, at: int, end: int) -> None:
        self._acked(data, at)

    def _acked(self, data: bytes, at: int) -> None:
        if not data.startswith(b'{"acks":[{"n":', at) or b'"error"' in data[at : at + 80]:
            raise ValueError("no ack")
        self.counts.answers += 1


class Frames(Speaker, Ws):
    """A frame for each, on the WebSocket on which the acks come back."""

    def emit(self, body: bytes) -> None:
        self.write(masked(0x81, body))

    def answered(self, data: bytes, at: int, end: int) -> None:
        if data.startswith(b'{"acks"', at):
            Post._acked(self, data, at)  # type: ignore[arg-type]  # noqa: SLF001
        else:
            Ws.answered(self, data, at, end)


KINDS: dict[str, Any] = {"poll": Post, "ws": Frames}
