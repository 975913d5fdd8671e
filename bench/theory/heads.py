"""What HPACK leaves of a request that was sent before, by its own arithmetic (RFC 7541)."""

from __future__ import annotations

from hpack.huffman_constants import REQUEST_CODES_LENGTH

FRAME = 9  # bytes before a frame's content
PRIORITY = 5  # bytes that Chromium puts before the fields (RFC 9113, 6.2)


def huffman(text: bytes) -> int:
    """Bytes of a text in the fixed code of appendix B, padded to a whole one."""
    return (sum(REQUEST_CODES_LENGTH[letter] for letter in text) + 7) // 8


def integer(value: int, prefix: int) -> int:
    """Bytes of a number that begins in the last `prefix` bits of one (5.1)."""
    most = (1 << prefix) - 1
    if value < most:
        return 1
    value, size = value - most, 2
    while value >= 128:
        value, size = value >> 7, size + 1
    return size


def literal(text: bytes) -> int:
    """A string with its length, coded where that is shorter (5.2)."""
    size = min(len(text), huffman(text))
    return integer(size, 7) + size


def repeated(path: bytes, others: int) -> int:
    """The frame of a request all of whose fields were there before but its path, which is kept out of the table: a byte
    for each that the tables have (6.1), and the path by the name that the fixed one has (6.2.3)."""
    return FRAME + PRIORITY + others + 1 + literal(path)
