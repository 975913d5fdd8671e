"""Heads as a browser sends them: what is replayed, over HTTP/1.1 or over HTTP/2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Fields = tuple[tuple[bytes, bytes], ...]

BY_FETCH = ("poll", "longpoll")  # the same heads: it is the server that takes its time


@dataclass
class Heads:
    """By transport, in the browser's order; `place` is where they went."""

    place: str = ""
    http1: dict[str, Fields] = field(default_factory=dict)
    http2: dict[str, Fields] = field(default_factory=dict)
    frames: dict[str, list[int]] = field(default_factory=dict)  # bytes of the browser's own, with their frame's head

    def lines(self, path: str, place: str) -> bytes:
        """The head lines of a request over HTTP/1.1 to another place."""
        return b"".join(b"%b: %b\r\n" % one for one in self._moved(self.http1, path, place))

    def fields(self, path: str, place: str) -> Iterator[tuple[bytes, bytes]]:
        """The fields of a request over HTTP/2 to another place."""
        return self._moved(self.http2, path, place)

    def _moved(self, heads: dict[str, Fields], path: str, place: str) -> Iterator[tuple[bytes, bytes]]:
        old, new = self.place.encode(), place.encode()
        for name, value in heads["poll" if path in BY_FETCH else path]:
            yield name, value.replace(old, new)
