"""Clients that take what is compressed: WebSockets by permessage-deflate (RFC 7692), the others by gzip."""

from __future__ import annotations

import zlib
from typing import Any

from bench.load.clients import Deflate, LongPoll, Poll, Sse
from bench.load.wire import Client

GZIP = 31  # of zlib: the largest window, with gzip's head
RAW = -15
TAIL = b"\0\0\xff\xff"  # which each compressed message lacks


class Packed(Client):
    """What comes is unpacked before it is read. Bytes are counted as they came."""

    _packed = False
    _unpacking: Any = None

    def _head(self, data: bytes, at: int) -> int:
        end = super()._head(data, at)
        if end > at:
            self._packed = b"\r\ncontent-encoding: gzip" in data[at:end].lower()
            self._unpacking = zlib.decompressobj(GZIP)
        return end

    def answered(self, data: bytes, at: int, end: int) -> None:
        if self._packed:
            data = zlib.decompress(data[at:end], GZIP)
            at, end = 0, len(data)
        super().answered(data, at, end)

    def chunked(self, data: bytes, at: int, end: int) -> None:
        if not self._packed:
            return super().chunked(data, at, end)
        before = self.counts.payload_down
        plain = self._unpacking.decompress(data[at:end])
        if plain:
            super().chunked(plain, 0, len(plain))
        self.counts.payload_down = before + end - at


class PackedPoll(Packed, Poll):
    headers = b"Accept-Encoding: gzip\r\n"


class PackedLongPoll(Packed, LongPoll):
    headers = b"Accept-Encoding: gzip\r\n"


class PackedSse(Packed, Sse):
    headers = Sse.headers + b"Accept-Encoding: gzip\r\n"


class PackedWs(Deflate):
    """The server keeps its window from message to message, and so does this."""

    def upgraded(self) -> None:
        self._unpacking = zlib.decompressobj(RAW)

    def packed(self, data: bytes, at: int, end: int) -> None:
        plain = self._unpacking.decompress(data[at:end] + TAIL)
        self.answered(plain, 0, len(plain))


KINDS: dict[str, type[Client]] = {"poll": PackedPoll, "longpoll": PackedLongPoll, "sse": PackedSse, "ws": PackedWs}
