"""The frames of HTTP/2 by their sizes: what of a connection's bytes are heads, payload and the rest (RFC 9113, 4.1)."""

from __future__ import annotations

DATA, HEADERS = 0, 1
HEAD = 9  # bytes before each frame


def framed(data: bytes) -> tuple[list[tuple[int, int]], bytes]:
    """The kind and the size, with its head, of each whole frame; and what is left."""
    found, at = [], 0
    while len(data) >= at + HEAD:
        size = HEAD + int.from_bytes(data[at : at + 3], "big")
        if len(data) < at + size:
            break
        found.append((data[at + 3], size))
        at += size
    return found, data[at:]
