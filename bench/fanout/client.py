"""A client of the crowd: its line, and what it must hear next."""

from __future__ import annotations

import socket

from bench.fanout.readings import Reading
from bench.fanout.wire import Broken
from bench.load.wire import steady


class Client:
    __slots__ = ("asks", "connection", "fd", "joined", "name", "next", "number", "reading", "rest", "stage")

    def __init__(self, number: int, reading: Reading, port: int) -> None:
        self.number, self.reading = number, reading  # number: -1, the publisher
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(address(number), 0))
        self.connection.setblocking(False)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        steady(self.connection)
        self.fd = self.connection.fileno()
        self.name, self.rest = b"", b""
        self.stage, self.joined = 0, False
        self.next = 0  # the serial number it must hear next
        self.asks: tuple[bytes, ...] = ()  # what it says when it asks again

    def say(self, data: bytes) -> None:
        if self.connection.send(data) < len(data):
            raise Broken("a server took no more of a client's bytes")


def address(number: int) -> str:
    """Each client comes from an address of its own, as most do: a server may give each address its share."""
    return f"127.{number // 62500 + 1}.{number // 250 % 250}.{number % 250 + 1}" if number >= 0 else "127.0.0.1"
