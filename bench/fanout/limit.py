"""The limit: one ready frame, and one `write` of it for each client, on a bare protocol of uvloop: limit.py PORT

`--gather` is the floor of many messages in flight: what is said in one turn of the event loop is written when it is
over, in one write for each client.

Nothing is checked that a peer on the loopback does right. Faults may be planted, for the tests of the bench: `--burn`
so many µs of the processor for each delivery, `--lose` and `--double` each so-manieth message, for one client.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import time
from typing import Any

import uvloop

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
lines: dict[Line, None] = {}


class Line(asyncio.Protocol):
    transport: Any
    data = b""
    open = False

    def connection_made(self, transport: Any) -> None:
        self.transport, self.write = transport, transport.write

    def connection_lost(self, error: Exception | None) -> None:
        lines.pop(self, None)

    def data_received(self, data: bytes) -> None:
        self.data += data
        if not self.open:
            head, ended, self.data = self.data.partition(b"\r\n\r\n")
            if not ended:
                self.data = head
                return
            self.open = True
            lines[self] = None
            key = head.lower().index(b"sec-websocket-key:") + 18
            accept = base64.b64encode(hashlib.sha1(head[key:].split(b"\r\n")[0].strip() + GUID).digest())
            self.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
        while len(self.data) > 8:
            size, at = self.data[1] & 0x7F, 2
            if size == 126:
                size, at = int.from_bytes(self.data[2:4], "big"), 4
            if len(self.data) < at + 4 + size:
                return
            mask, payload = self.data[at : at + 4], self.data[at + 4 : at + 4 + size]
            self.data = self.data[at + 4 + size :]
            if mask != b"\0\0\0\0":
                payload = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
            tell(payload)


def tell(payload: bytes) -> None:
    size = len(payload)
    frame = (bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")) + payload
    if planted.burn or planted.lose or planted.double:
        return tell_badly(frame)
    if planted.gather:
        if not said:
            asyncio.get_running_loop().call_soon(tell_together)
        return said.append(frame)
    for line in lines:
        line.write(frame)


said: list[bytes] = []  # in this turn


def tell_together() -> None:
    frames = b"".join(said)
    said.clear()
    for line in lines:
        line.write(frames)


count = 0  # messages told


def tell_badly(frame: bytes) -> None:
    global count
    count += 1
    for n, line in enumerate(lines):
        ends = time.process_time() + planted.burn / 1e6
        while time.process_time() < ends:
            pass
        if n == 0 and planted.lose and count % planted.lose == 0:
            continue
        line.write(frame * 2 if n == 0 and planted.double and count % planted.double == 0 else frame)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", planted.port, backlog=4096)
    await server.serve_forever()


parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
for fault in ("--burn", "--lose", "--double"):
    parser.add_argument(fault, type=int, default=0)
parser.add_argument("--gather", action="store_true")

if __name__ == "__main__":
    planted = parser.parse_args()
    uvloop.run(main())
