"""Sinks: clients of push transports that are read in bulk, so that many of them cost less than the server they load.

Their bytes are counted and not looked at, but for the end of each, in which the last message is looked for.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import time
from typing import Any

from bench.load.clients import Ws
from bench.load.servers import SERVER_CORE, pin
from bench.load.wire import Client, Ear, Way

READ = 256 << 10  # bytes read at once
TAIL = 1024  # bytes that are kept of the end of each, beside the filling of a message
PIECES = 64  # looked at in one turn of the loop, so that the probes are not kept waiting
EVERY = 0.002  # s between two such turns: what comes meanwhile waits in the kernel, and is read at once


class Sinks:
    """Clients of push transports that are read in bulk: their bytes are counted, and the end of each is kept."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.epoll = select.epoll()
        self.lines: dict[int, socket.socket] = {}
        self.ends: dict[int, bytes] = {}  # the last bytes of each, while they are kept
        self.keeping, self.tail = False, TAIL
        self.down = 0  # bytes
        self.lost: list[str] = []
        self._room = bytearray(READ)
        self._view = memoryview(self._room)
        self._timer = loop.call_later(EVERY, self._look)

    def adopt(self, client: Client) -> None:
        """From now on this client's line is read here. It has been opened, and nothing is under way to it."""
        client.transport.pause_reading()
        line = socket.socket(fileno=os.dup(client.transport.get_extra_info("socket").fileno()))
        line.setblocking(False)
        self.lines[line.fileno()] = line
        self.ends[line.fileno()] = b""
        self.epoll.register(line.fileno(), select.EPOLLIN)

    def keep(self, keeping: bool, size: int = 0) -> None:
        """Keep the ends, to look for the last message in them, whose filling is so large."""
        self.keeping, self.tail = keeping, TAIL + size
        self.ends = dict.fromkeys(self.lines, b"")

    def _look(self) -> None:
        self._timer = self.loop.call_later(EVERY, self._look)
        self.drain()

    def drain(self) -> None:
        room, down = self._room, 0
        for number, _event in self.epoll.poll(0, PIECES):
            try:
                size = self.lines[number].recv_into(room)
            except BlockingIOError:
                continue
            except OSError:
                size = 0
            if not size:
                self.epoll.unregister(number)
                self.lost.append("the line of a sink was lost")
                continue
            down += size
            if self.keeping:
                self.ends[number] = (self.ends[number] + self._view[:size])[-self.tail :]
        self.down += down

    def without(self, mark: bytes) -> int:
        """How many have not got these bytes near their end."""
        return sum(mark not in end for end in self.ends.values())

    def close(self) -> None:
        self._timer.cancel()
        for line in self.lines.values():
            line.close()
        self.epoll.close()


# ---- calibration


def blast(ports: Any, clients: int, seconds: float) -> None:
    """Write frames to whoever came, as fast as they are taken, from the other core: a server that does nothing else."""
    pin(SERVER_CORE)
    listener = socket.create_server(("127.0.0.1", 0), backlog=clients)
    ports.put(listener.getsockname()[1])
    lines = [listener.accept()[0] for _ in range(clients)]
    payload = b'{"after":"x.1","cursor":"x.2","gap":null,"more":false,"messages":[' + b"x" * 180 + b"]}"
    frame = bytes((0x81, 126)) + len(payload).to_bytes(2, "big") + payload
    until, written = time.monotonic() + seconds, 0
    for line in lines:
        line.setblocking(False)
    while time.monotonic() < until:
        for line in lines:
            try:
                written += line.send(frame)
            except BlockingIOError:
                continue
    ports.put((written, len(frame)))


async def calibrate(clients: int, seconds: float) -> dict[str, float]:
    """Deliveries a second that sinks can take: frame by frame, each a write of its own to another client."""
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    writer = context.Process(target=blast, args=(ports, clients, seconds))
    writer.start()
    loop = asyncio.get_running_loop()
    port = await loop.run_in_executor(None, ports.get)
    sinks, way = Sinks(loop), Way("127.0.0.1", port, "")

    class Silent(Ws):
        def begin(self) -> None:
            self.opened.set_result(None)

    for _ in range(clients):
        client = Silent(way, Ear(), probe=False)
        await client.connect()
        sinks.adopt(client)
    began, own = time.monotonic(), time.process_time()
    written, size = await loop.run_in_executor(None, ports.get)
    while sinks.down < written and time.monotonic() < began + seconds + 5:
        await asyncio.sleep(0.01)
    spent, cpu = time.monotonic() - began, time.process_time() - own
    sinks.close()
    writer.join()
    return {"deliveries": written / size, "seconds": spent, "cpu": cpu}
