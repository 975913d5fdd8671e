"""The readings: how a client of each target comes in, and what it hears from then on; here those that are told."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Protocol

from bench.fanout.wire import (
    CLOSE,
    ERROR,
    PING,
    PONG,
    TEXT,
    Broken,
    Heard,
    chunks_of,
    events_of,
    frame_of,
    head_of,
    serials,
)  # fmt: skip
from bench.load.wire import masked, new_sid

KEY = b"dHJhbnNwb3J0IGZhbGxiYQ=="
ACCEPT = base64.b64encode(hashlib.sha1(KEY + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
# What a browser sends besides Host, twelve lines, as Chromium does for a fetch of its own page.
BROWSER = (
    b"Connection: keep-alive\r\n"
    b'sec-ch-ua: "Chromium";v="142", "Not_A Brand";v="99"\r\n'
    b"sec-ch-ua-mobile: ?0\r\n"
    b'sec-ch-ua-platform: "Linux"\r\n'
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
    b"\r\nAccept: */*\r\n"
    b"Sec-Fetch-Site: same-origin\r\n"
    b"Sec-Fetch-Mode: cors\r\n"
    b"Sec-Fetch-Dest: empty\r\n"
    b"Referer: http://127.0.0.1/\r\n"
    b"Accept-Encoding: gzip, deflate, br, zstd\r\n"
    b"Accept-Language: en-US,en;q=0.9\r\n"
)


class Comer(Protocol):
    """A client while it comes in."""

    name: bytes
    asks: tuple[bytes, ...]
    stage: int
    joined: bool

    def say(self, data: bytes) -> None: ...


class Reading:
    """How one target is read. `open` takes what comes until a client is in, `parse` all that follows.

    `at_once`: what a piece asks for is sent at once; if not, when the crowd polls.
    """

    at_once = True
    path = b""
    headers = b""

    def __init__(self, port: int, browser: bool = False) -> None:
        more = BROWSER if browser else b""
        self.after = b" HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port + self.headers + more + b"\r\n"

    def begin(self, client: Comer) -> None:
        client.name = new_sid().encode()
        client.say(b"GET " + self.path.replace(b"{sid}", client.name) + self.after)

    def open(self, client: Comer, data: bytes) -> int:
        """Take one step of coming in. Returns how many bytes it took, 0 where more must come first."""
        raise NotImplementedError

    def parse(self, data: bytes) -> Heard:
        raise NotImplementedError


class Ws(Reading):
    """Texts after an upgrade. `greets`: who is in has heard something since."""

    path = b"/"
    greets = False
    headers = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n"
    )

    def open(self, client: Comer, data: bytes) -> int:
        if client.stage:
            return self.greeted(client, data)
        found = head_of(data)
        if found is None:
            return 0
        status, head, end = found
        if status != 101 or ACCEPT.lower() not in head:
            raise Broken(f"speaks no WebSocket: {data[:60]!r}")
        client.stage = 1
        client.joined = not self.greets
        return end

    def greeted(self, client: Comer, data: bytes) -> int:
        raise NotImplementedError

    def parse(self, data: bytes) -> Heard:
        at, whole, found, asks = 0, 0, list[int](), list[bytes]()
        while frame := frame_of(data, at):
            at, whole = frame.end, whole + 1
            if frame.kind == TEXT:
                if ERROR in frame.payload:
                    raise Broken(f"was refused: {frame.payload[:120]!r}")
                found += serials(frame.payload)
                if self.pings(frame.payload):
                    asks.append(masked(TEXT, b"3"))
            elif frame.kind == PING:
                asks.append(masked(PONG, frame.payload))
            elif frame.kind == CLOSE:
                code, why = int.from_bytes(frame.payload[:2], "big"), frame.payload[2:].decode("utf-8", "replace")
                raise Broken(f"a WebSocket was closed with {code} {why}".rstrip())
            else:
                raise Broken(f"a frame begins with {frame.kind:#x}")
        return Heard(tuple(found), at, whole, (b"".join(asks),) if asks else ())

    def pings(self, _text: bytes) -> bool:
        return False


class OursWs(Ws):
    """Ours: who is in has heard a first batch."""

    path = b"/ws?sid={sid}&heartbeat=30"
    greets = True

    def greeted(self, client: Comer, data: bytes) -> int:
        heard = self.parse(data)
        client.joined = heard.whole > 0
        return heard.used


class NchanWs(Ws):
    path = b"/sub"


class BareWs(Ws):
    path = b"/ws"


class SocketIoWs(Ws):
    """Socket.IO straight on WebSocket: two packets of greeting."""

    path = b"/socket.io/?EIO=4&transport=websocket"
    greets = True

    def greeted(self, client: Comer, data: bytes) -> int:
        frame = frame_of(data, 0)
        if frame is None:
            return 0
        if not frame.payload.startswith((b"0", b"40")[client.stage - 1]):
            raise Broken(f"speaks no Socket.IO: {frame.payload[:40]!r}")
        if client.stage == 1:
            client.say(masked(TEXT, b"40"))
        client.joined = client.stage == 2
        client.stage += 1
        return frame.end

    def pings(self, text: bytes) -> bool:
        return text == b"2"


class Sse(Reading):
    """Ours: an answer in chunks that never ends; who is in has heard a first event."""

    path = b"/sse?sid={sid}&heartbeat=30"
    headers = b"Accept: text/event-stream\r\n"
    greets = True
    events: Callable[[bytes], tuple[bytes, int]] = staticmethod(chunks_of)

    def open(self, client: Comer, data: bytes) -> int:
        if client.stage:
            heard = self.parse(data)
            client.joined = heard.whole > 0
            return heard.used
        found = head_of(data)
        if found is None:
            return 0
        status, head, end = found
        if status != 200 or b"\r\ncontent-type: text/event-stream" not in head:
            raise Broken(f"speaks no sse, but {head[:200]!r}")
        client.stage, client.joined = 1, not self.greets
        return end

    def parse(self, data: bytes) -> Heard:
        events, used = self.events(data)
        if events and not events.startswith((b"id:", b"data:", b"event:", b"retry:", b":")):
            raise Broken(f"speaks no sse, but {events[:60]!r}")
        return Heard(tuple(serials(events)), used, events.count(b"\n\n"))


class NchanSse(Sse):
    path = b"/sub"
    greets = False
    events = staticmethod(events_of)
