"""The wire as the crowd reads it: pieces of what came, each parsed once and remembered.

Clients who hear the same are sent the same bytes, so a crowd that looks a piece up spends less than the server it
loads. What is remembered is a pure function of the bytes: which serial numbers are in them, how many bytes belong to
whole frames, events or answers, and what the client has to send now.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SERIAL = re.compile(rb'"serial":(\d{9})')
FIRST = 100_000_000  # the serial number of the first message: all have as many digits
ERROR = b'"error":{"code"'


class Broken(Exception):
    """A delivery that no honest server makes; the sentence says which. It voids the row."""


class Heard(NamedTuple):
    """What a piece says."""

    serials: tuple[int, ...]  # of the messages in it, counted from 0
    used: int  # bytes of whole frames, events or answers; the rest is of one that has not come whole
    whole: int  # how many of these there are
    asks: tuple[bytes, ...] = ()  # what goes up now: the client's own name stands between the parts


def serials(data: bytes) -> list[int]:
    return [int(found) - FIRST for found in SERIAL.findall(data)]


# ---- HTTP


class Answer(NamedTuple):
    """A whole answer of HTTP: its status, its head in lower case, its body, and where it ends."""

    status: int
    head: bytes
    body: bytes
    end: int


def head_of(data: bytes) -> tuple[int, bytes, int] | None:
    """Status, head in lower case, and where the body begins. None: it has not come whole."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    if not data.startswith(b"HTTP/1.1 "):
        raise Broken(f"speaks no HTTP: {data[:40]!r}")
    return int(data[9:12]), data[: end + 2].lower(), end + 4


def answer_of(data: bytes) -> Answer | None:
    """The answer that `data` begins with. None: it has not come whole."""
    found = head_of(data)
    if found is None:
        return None
    status, head, at = found
    length = re.search(rb"\r\ncontent-length: *(\d+)\r\n", head)
    if not length:
        raise Broken(f"an answer does not say how long it is: {data[:60]!r}")
    end = at + int(length[1])
    if len(data) < end:
        return None
    if status != 200:
        raise Broken(f"a request was answered {status}: {data[at : at + 80]!r}")
    return Answer(status, head, data[at:end], end)


# ---- events


def chunks_of(data: bytes) -> tuple[bytes, int]:
    """The events in whole chunks, and how many bytes these take: the ends of chunks mean nothing."""
    at, events, used, taken = 0, b"", 0, 0
    while (line := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:line], 16)
        if not size:
            raise Broken("the stream was ended by the server")
        end = line + 2 + size
        if len(data) < end + 2:
            break
        events += data[line + 2 : end]
        at = end + 2
        if events.endswith(b"\n\n"):
            used, taken = at, len(events)
    return events[:taken], used


def events_of(data: bytes) -> tuple[bytes, int]:
    """The same of a stream without chunks."""
    used = data.rfind(b"\n\n") + 2
    return (data[:used], used) if used > 1 else (b"", 0)


# ---- frames


class Frame(NamedTuple):
    kind: int
    payload: bytes
    end: int


def frame_of(data: bytes, at: int) -> Frame | None:
    """The frame of a server that begins at `at`. None: it has not come whole."""
    if len(data) < at + 2:
        return None
    length, start = data[at + 1], at + 2
    if length > 125:
        wide = 2 if length == 126 else 8
        start += wide
        if len(data) < start:
            return None
        length = int.from_bytes(data[at + 2 : start], "big")
    if len(data) < start + length:
        return None
    return Frame(data[at], data[start : start + length], start + length)


TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
