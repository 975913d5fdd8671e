"""The wire, read raw: one request, byte for byte as a test wants it, and its answer.

Nothing here imports the server: what a stranger understands is what the protocol says.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

DEADLINE = 20.0  # s until what must happen has happened, on a busy machine too: only a failure waits for it


class Refused(Exception):
    """The server's word against a request: an error in the protocol's form, or a 4xxx close code on ws."""

    def __init__(self, status: int | None, error: dict[str, Any], headers: Any = None) -> None:
        super().__init__(f"{status} {error}")
        self.status = status  # the HTTP status or the close code; None where ws sent an error frame and stays open
        self.code = error.get("code")
        self.message = error.get("message")
        self.retry: Any = error.get("retry")
        self.headers = headers or {}


def new_sid() -> str:
    """A fresh secret: 128 random bits, 22 characters of base64url."""
    return secrets.token_urlsafe(16)


def public_id(sid: str) -> str:
    """The public name of the client with this sid."""
    return base64.urlsafe_b64encode(hashlib.sha256(sid.encode()).digest()).decode()[:10]


def seq_of(cursor: str) -> int:
    return int(cursor.partition(".")[2])


def epoch_of(cursor: str) -> str:
    return cursor.partition(".")[0]


def target(name: str, **params: Any) -> str:
    """The path and query of a request; what is None is left out."""
    query = urlencode({key: value for key, value in params.items() if value is not None})
    return f"/{name}?{query}" if query else f"/{name}"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error of this answer; fails when it is not in the protocol's form."""
        error: dict[str, Any] = self.json["error"]
        assert isinstance(error["code"], str) and isinstance(error["message"], str), error
        assert self.headers.get("content-type", "").startswith("application/json"), self.headers
        return error

    def accepted(self, status: int = 200) -> Any:
        """The JSON of an answer that must be a success. Raises what was refused."""
        if self.status != status:
            raise Refused(self.status, self.error, self.headers)
        return self.json if self.body else None


async def raw(base: str, request: bytes, deadline: float = DEADLINE) -> bytes:
    """Send these bytes; return all that comes until the server closes."""
    url = urlsplit(base)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        async with asyncio.timeout(deadline):
            with contextlib.suppress(ConnectionError):  # it may answer and close before it has read everything
                writer.write(request)
                await writer.drain()
            answer = bytearray()
            with contextlib.suppress(ConnectionError):
                while part := await reader.read(65536):
                    answer += part
            return bytes(answer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def http(
    base: str,
    method: str,
    path: str,
    *,
    headers: list[tuple[str, str]] | None = None,
    body: bytes | None = None,
    host: str | None = "",
    deadline: float = DEADLINE,
) -> Answer:
    """One request on a line of its own. `host` None sends no Host at all."""
    lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
    if host is not None:
        lines.append(f"Host: {host or urlsplit(base).netloc}")
    lines += [f"{name}: {value}" for name, value in headers or []]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return parse(await raw(base, head + (body or b""), deadline))


def parse(answer: bytes) -> Answer:
    """An HTTP answer that came whole."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(unchunked(body))
    return Answer(int(status.split()[1]), headers, body, answer)


def unchunked(body: bytes) -> list[bytes]:
    chunks = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        chunks.append(body[:length])
        body = body[length + 2 :]
    return chunks


def as_json(data: Any) -> bytes:
    return json.dumps(data).encode()


JSON = [("Content-Type", "application/json")]


async def hello(base: str, sid: str | None = None) -> Any:
    return (await http(base, "GET", target("hello", sid=sid))).accepted()


async def bye(base: str, sid: str, body: bytes = b"", kind: str = "text/plain;charset=UTF-8") -> Answer:
    """Leave now, as `sendBeacon` says it."""
    return await http(base, "POST", target("bye", sid=sid), headers=[("Content-Type", kind)], body=body)


async def post(base: str, sid: str, **upload: Any) -> Answer:
    return await http(base, "POST", target("emit", sid=sid), headers=JSON, body=as_json(upload))


async def emit(base: str, sid: str, n: int, event: str, data: Any = None) -> dict[str, Any]:
    """Emit one message by POST; returns its ack."""
    acks: list[dict[str, Any]] = (await post(base, sid, emits=[{"n": n, "event": event, "data": data}])).accepted()[
        "acks"
    ]
    assert len(acks) == 1, acks
    return acks[0]
