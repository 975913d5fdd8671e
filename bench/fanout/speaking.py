"""Speaking: how the publisher of each target says a message, all of the same size."""

from __future__ import annotations

from collections.abc import Callable

from bench.fanout.readings import Reading
from bench.fanout.wire import FIRST, TEXT, Heard, head_of
from bench.load.wire import masked

SIZE = 137  # bytes of data in a message, as compact JSON

Says = Callable[[int, bytes], bytes]  # its place among the messages of the publisher, from 1, and its data


def data_of(serial: int, address: bytes = b"") -> bytes:
    """The data of one message: its serial number, whom it is for, and a text that fills it up."""
    text = b'{"serial":%d%b,"text":"' % (FIRST + serial, address)
    return text.ljust(SIZE - 2, b"x") + b'"}'


def plain(_n: int, data: bytes) -> bytes:
    return masked(TEXT, data)


def ours(n: int, data: bytes) -> bytes:
    return masked(TEXT, b'{"emits":[{"n":%d,"event":"c2s","data":%b}]}' % (n, data))


def socketio(_n: int, data: bytes) -> bytes:
    return masked(TEXT, b'42["c2s",' + data + b"]")


def posted(_n: int, data: bytes) -> bytes:
    head = b"POST /pub HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(data) + data


class Posting(Reading):
    """A publisher of nchan: it is in as soon as it is there, and what its POSTs are answered is no message."""

    def begin(self, client: object) -> None:
        client.joined = True  # type: ignore[attr-defined]

    def parse(self, data: bytes) -> Heard:
        found = head_of(data)
        if found is None or found[0] not in (201, 202):
            return Heard((), 0 if found is None else self.refused(data), 0)
        length = int(found[1].partition(b"content-length: ")[2].split(b"\r\n")[0])
        return Heard((), found[2] + length, 1) if len(data) >= found[2] + length else Heard((), 0, 0)

    def refused(self, data: bytes) -> int:
        raise ValueError(f"a POST was answered {data[:60]!r}")
