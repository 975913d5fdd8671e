"""An event stream: the data of each server-sent event, as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator

from .http import MOST


async def events(parts: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """A line ends at CRLF, LF or CR and nowhere else (WHATWG HTML 9.2.6)."""
    left, data, after_cr = b"", list[str](), False
    async for part in parts:
        if after_cr and part:
            part = part.removeprefix(b"\n")  # the other half of a CRLF
        after_cr = part.endswith(b"\r")
        *lines, left = (left + part).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if len(left) > MOST:
            raise ValueError("an event without an end")
        for line in lines:
            name, _, value = line.partition(b":")
            if not line and data:
                yield "\n".join(data)
                data = []
            elif name == b"data":
                data.append(value.removeprefix(b" ").decode())
