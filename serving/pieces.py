"""Pieces: where a head ends in what came of HTTP, and a piece of a body, so that they can be read one at a time."""

from __future__ import annotations

from ..protocol.http1 import Bad, Body, Length

HEAD_BYTES = 16 << 10  # of one request's line and headers
HEAD_END = b"\r\n\r\n"


class Pieces:
    """Cuts what came into heads and bodies, or into what is here of one."""

    __slots__ = ("_head", "_seam", "body", "in_head")

    def __init__(self) -> None:
        self.body: Body = Length(0)
        self.in_head = True
        self._head = 0  # bytes of the head so far
        self._seam = b""  # its last bytes, where its end may lie across two pieces

    def next(self, buffer: bytearray) -> int:
        """The number of bytes at the start of `buffer` that are of this head, or of this body."""
        if self.in_head:
            seam = len(self._seam)
            found = (self._seam + buffer[: HEAD_BYTES + 1]).find(HEAD_END)
            return min(len(buffer), HEAD_BYTES + 1) if found < 0 else found + len(HEAD_END) - seam
        try:
            return self.body.cut(buffer) or (len(buffer) if self.body.whole else 0)
        except Bad:
            return len(buffer)  # the parser will say so

    def took(self, piece: bytes) -> None:
        """Count a piece that is about to be parsed."""
        if self.in_head:
            self._head += len(piece)
            self._seam = (self._seam + piece)[-3:]

    @property
    def too_large(self) -> bool:
        """Whether the head has no end where it must have one."""
        return self.in_head and self._head > HEAD_BYTES

    def begin_body(self, body: Body) -> None:
        self.in_head, self.body = False, body

    def end(self) -> None:
        """The request is whole: the next thing is a head."""
        self.in_head, self._head, self._seam = True, 0, b""
