"""Frames: where one ends in what came of a WebSocket, so that they can be read one at a time (RFC 6455, 5.2)."""

from __future__ import annotations

from websockets.frames import Opcode

EXTENDED = {126: 2, 127: 8}  # bytes of the length, where it does not fit
MASK = 4


class Frames:
    """Cuts what came into frames, or into what is here of one."""

    def __init__(self) -> None:
        self.opcode = 0  # of the frame the last piece is of
        self._rest = 0  # bytes of it that are still to come

    def next(self, buffer: bytearray) -> int:
        """The number of bytes at the start of `buffer` that are the next piece. 0: not even its head is here."""
        if not self._rest:
            self._rest = self._size(buffer)
        size = min(self._rest, len(buffer))
        self._rest -= size
        return size

    def _size(self, buffer: bytearray) -> int:
        if len(buffer) < 2:
            return 0
        self.opcode = buffer[0] & 0x0F
        if not buffer[1] & 0x80:
            return len(buffer)  # without a mask it is no client's frame, and the parser says so
        length = buffer[1] & 0x7F
        extended = EXTENDED.get(length, 0)
        head = 2 + extended + MASK
        if len(buffer) < head:
            return 0
        if extended:
            length = int.from_bytes(buffer[2 : 2 + extended], "big")
        return head + length

    @property
    def closing(self) -> bool:
        return self.opcode == Opcode.CLOSE
