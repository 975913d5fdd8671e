"""Heads: what the line and the headers of a request ask for, as the parser has read them."""

from __future__ import annotations

import httptools

from ..protocol.http1 import Body, Chunked, Length

Headers = list[tuple[bytes, bytes]]  # their names in lower case


def framing(headers: Headers) -> Body:
    """The framing of the body, as the parser sees it too, which refuses heads that contradict themselves."""
    for name, value in headers:
        if name == b"transfer-encoding":
            return Chunked()
        if name == b"content-length":
            return Length(int(value))
    return Length(0)


def is_handshake(method: bytes, version: str, headers: Headers) -> bool:
    """Whether this asks for a WebSocket as RFC 6455, 4.1 says. Any other offer may be ignored (RFC 9110, 7.8)."""
    offers = [value.strip().lower() for name, value in headers if name == b"upgrade"]
    return offers == [b"websocket"] and method == b"GET" and version == "1.1" and framing(headers).whole


def in_origin_form(url: bytes, headers: Headers) -> tuple[bytes, Headers]:
    """The target and the headers of a request to this server.

    A target in absolute form says which host is meant, whatever `Host` says (RFC 9112, 3.2.2).
    """
    if url[:1] in b"/*":
        return url, headers
    parts = httptools.parse_url(url)
    authority = url.partition(b"://")[2].replace(b"?", b"/").partition(b"/")[0]
    target = (parts.path or b"/") + (b"?" + parts.query if parts.query is not None else b"")
    return target, [(name, authority if name == b"host" else value) for name, value in headers]


def head_of(method: bytes, url: bytes, version: str, headers: Headers) -> bytes:
    """The bytes of such a head."""
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode()), *(b"%b: %b" % header for header in headers), b"", b""]
    return b"\r\n".join(lines)
