"""HTTP/1.1, as much as a middlebox must know: where a message begins and ends, and what it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .codec import encode
from .errors import Refused

HEAD_BYTES = 16 << 10  # of one request's or answer's head, as the server takes
NOSNIFF = b"X-Content-Type-Options: nosniff"
LINE_BYTES = 4 << 10  # of one line between two chunks

# Possessive throughout: a stranger chooses what is matched, and a pattern that goes back may take its time at it.
TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
ASKS = re.compile(rb"(" + TOKEN + rb") ([!-~\x80-\xff]++) HTTP/1\.[01]")
ANSWERS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\x00-\x08\x0a-\x1f]*+)?")
FIELD = re.compile(rb"(" + TOKEN + rb"):([^\x00-\x08\x0a-\x1f]*+)")
LONE_LF = re.compile(rb"(?<!\r)\n")
SIZE = re.compile(rb"[0-9A-Fa-f]{1,12}")  # of a chunk
LENGTH = re.compile(rb"[0-9]{1,15}")


class Bad(Exception):
    """This is not HTTP, or more of it than anybody needs."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line and the fields of one message, and the bytes they came in."""

    raw: bytes
    words: tuple[bytes, ...]  # method and target of a request, status of an answer
    fields: dict[bytes, bytes]  # by lower-case name; several of one name are joined by commas

    @property
    def upgrade(self) -> bool:
        """Whether this asks for a WebSocket."""
        return self.fields.get(b"upgrade", b"").lower() == b"websocket"

    @property
    def last(self) -> bool:
        """Whether the connection ends after this."""
        return b"close" in self.fields.get(b"connection", b"").lower() or b" HTTP/1.0\r\n" in self.raw


def head_of(raw: bytes, first: re.Pattern[bytes]) -> Head:
    line, *lines = raw[:-4].split(b"\r\n")
    words = first.fullmatch(line)
    if words is None:
        raise Bad("the first line is no HTTP/1.1")
    fields: dict[bytes, bytes] = {}
    for line in lines:
        field = FIELD.fullmatch(line)
        if field is None:
            raise Bad("a header is no header")
        name, value = field[1].lower(), field[2].strip(b" \t")
        fields[name] = fields[name] + b", " + value if name in fields else value
    return Head(raw, words.groups(), fields)


class Length:
    """A body whose length is told beforehand; none at all has the length 0."""

    def __init__(self, length: int) -> None:
        self.length = self.left = length

    @property
    def whole(self) -> bool:
        return self.left == 0

    def cut(self, buffer: bytearray) -> int:
        """The number of bytes at the start of `buffer` that belong to this body."""
        size = min(self.left, len(buffer))
        self.left -= size
        return size


class Chunked:
    """A body in chunks, which ends with an empty one and perhaps trailers."""

    def __init__(self) -> None:
        self.whole = False
        self._left = 0  # bytes of the chunk, its CRLF included
        self._trailers = False

    def cut(self, buffer: bytearray) -> int:
        end = 0
        while not self.whole:
            step = min(self._left, len(buffer) - end)
            self._left -= step
            end += step
            if self._left:
                break
            stop = buffer.find(b"\r\n", end)
            if stop < 0:
                if len(buffer) - end > LINE_BYTES:
                    raise Bad("a chunk without a size")
                break
            self._line(bytes(buffer[end:stop]))
            end = stop + 2
        return end

    def _line(self, line: bytes) -> None:
        if self._trailers:
            self.whole = not line
            return
        size = line.partition(b";")[0].strip()
        if not SIZE.fullmatch(size):
            raise Bad("a chunk without a size")
        self._left = int(size, 16) + 2
        if self._left == 2:
            self._left, self._trailers = 0, True


class UntilClose:
    """A body that ends with the line."""

    whole = False

    def cut(self, buffer: bytearray) -> int:
        return len(buffer)


Body = Length | Chunked | UntilClose


def told_body(head: Head) -> Body | None:
    """The body as the head announces it. Bad: it announces two things, and two readers would see two messages."""
    length, coding = head.fields.get(b"content-length"), head.fields.get(b"transfer-encoding")
    if coding is not None:
        if length is not None or coding.rpartition(b",")[2].strip().lower() != b"chunked":
            raise Bad("how long the body is cannot be told")
        return Chunked()
    if length is not None:
        if not LENGTH.fullmatch(length):  # a list of them is refused, as the server does it (RFC 9110, 8.6)
            raise Bad("how long the body is cannot be told")
        return Length(int(length))
    return None


def asked_body(head: Head) -> Body:
    return told_body(head) or Length(0)


def answered_body(head: Head, method: bytes) -> Body:
    if method == b"HEAD" or head.words[0] in (b"204", b"304"):
        return Length(0)
    return told_body(head) or UntilClose()


class Messages:
    """The bytes of one direction, cut into heads and pieces of bodies. Only the beginning of a head is kept."""

    def __init__(self, first: re.Pattern[bytes]) -> None:
        self.buffer = bytearray()
        self.body: Body | None = None
        self._first = first
        self._seen = 0  # bytes of the buffer that hold no end of a head

    @property
    def whole(self) -> bool:
        """Whether the message begun last has ended."""
        return self.body is None or self.body.whole

    def head(self) -> Head | None:
        """The next head, if all of it is here. Bad: none can become of it."""
        while self.buffer.startswith(b"\r\n"):  # RFC 9112, 2.2: clients send one too many
            del self.buffer[:2]
        seen, self._seen = max(0, self._seen - 3), len(self.buffer)  # byte by byte is no reason to look at all again
        end = self.buffer.find(b"\r\n\r\n", seen)
        size = end if end >= 0 else len(self.buffer)
        if size > HEAD_BYTES:
            raise Bad("the head is too large")
        begun = self.buffer[: min(size, 2)]
        if LONE_LF.search(self.buffer, seen, size) or (begun and not 0x20 < begun[0] < 0x7F and begun != b"\r"):
            raise Bad("this is not HTTP")
        return head_of(self.take(end + 4), self._first) if end >= 0 else None

    def piece(self) -> bytes:
        """The part of the body that is here."""
        return b"" if self.body is None else self.take(self.body.cut(self.buffer))

    def take(self, size: int) -> bytes:
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        self._seen = 0
        return taken


def page(status: int, reason: str, text: str, method: bytes = b"GET") -> bytes:
    """The answer of a middlebox: HTML, whatever was asked for."""
    body = f"<!doctype html><title>{status} {reason}</title><h1>{reason}</h1><p>{text}\n".encode()
    lines = [f"HTTP/1.1 {status} {reason}", "Content-Type: text/html; charset=utf-8", f"Content-Length: {len(body)}"]
    head = "\r\n".join([*lines, "Cache-Control: no-store", "Connection: close", "", ""]).encode()
    return head if method == b"HEAD" else head + body


def refusal(refused: Refused) -> bytes:
    """The answer to bytes that are no HTTP, or to a request before it is parsed: a refusal in the protocol's form."""
    body = encode(refused.as_json())
    head = f"HTTP/1.1 {refused.status} Refused\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Cache-Control: no-store\r\n%b\r\nConnection: close\r\n\r\n" % NOSNIFF + body
