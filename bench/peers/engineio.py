"""Engine.IO 4 and Socket.IO 5 as a load generator speaks them: the handshake, the pings, and what is told to all.

Its polling is long polling with batches, which are parted by a character; its heartbeat comes from the server.
"""

from __future__ import annotations

from bench.load.clients import Ws
from bench.load.wire import Client, masked

CONNECT, PING, PONG = b"40", b"2", b"3"
PART = b"\x1e"


class Polling(Client):
    """GET for what is new, POST for what goes up, one after the other on one connection."""

    path = "socket.io/"
    engine = b""  # its name for this client
    _opening = 0  # packets of the handshake that came
    _posted = False  # the next answer is that of a POST

    def begin(self) -> None:
        self.engine, self._opening, self._posted = b"", 0, False
        self.ask()

    def ask(self) -> None:
        sid = b"&sid=" + self.engine if self.engine else b""
        self._send(b"GET /socket.io/?EIO=4&transport=polling" + sid + self._after)

    def post(self, packet: bytes) -> None:
        self._posted = True
        head = self._after[:-2] + b"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %d\r\n\r\n" % len(packet)
        self._send(b"POST /socket.io/?EIO=4&transport=polling&sid=" + self.engine + head + packet, len(packet))

    def _send(self, request: bytes, body: int = 0) -> None:
        self.counts.requests += 1
        self.counts.head_up += len(request) - body
        self.counts.payload_up += body
        self.write(request)

    def answered(self, data: bytes, at: int, end: int) -> None:
        if self._posted:
            self._posted = False
        elif self._opening < 2:
            return self._opened(data, at, end)
        elif data.startswith(PING, at) and end == at + 1:
            return self.post(PONG)
        else:
            self.arrived(False)
            if self.probe:
                self.hear(data, at, end)
            if PART + PING + PART in data[at:end] or data.endswith(PART + PING, at, end):
                return self.post(PONG)
        if not self.closed:
            self.ask()

    def _opened(self, data: bytes, at: int, end: int) -> None:
        self._opening += 1
        if self._opening == 1:
            sid = data.index(b'"sid":"', at, end) + 7
            self.engine = data[sid : data.index(b'"', sid, end)]
            return self.post(CONNECT)
        if not data.startswith(CONNECT, at):
            raise ValueError("no handshake of Socket.IO")
        self.arrived(True)
        self.ask()


class WebSocket(Ws):
    """One upgrade, then a frame for each message."""

    path = "socket.io/"

    def ask(self) -> None:
        request = b"GET /socket.io/?EIO=4&transport=websocket" + self._after
        self.counts.requests += 1
        self.counts.head_up += len(request)
        self.write(request)

    def say(self, packet: bytes) -> None:
        self.counts.payload_up += len(packet)
        self.write(masked(0x81, packet))

    def answered(self, data: bytes, at: int, end: int) -> None:
        kind = data[at]
        if kind == 0x34 and data[at + 1] == 0x32:  # 42: an event
            self.arrived(False)
            if self.probe:
                self.hear(data, at, end)
        elif kind == 0x32:
            self.say(PONG)
        elif kind == 0x30:
            self.say(CONNECT)
        elif data.startswith(CONNECT, at):
            self.arrived(True)
        else:
            raise ValueError("no packet of Socket.IO")


KINDS: dict[str, type[Client]] = {"longpoll": Polling, "ws": WebSocket}
