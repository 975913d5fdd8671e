"""HTTP/1.1, as small as it can be: an answer is read as it comes, and every wait may be cancelled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode, urlsplit

PIECE, MOST = 64 << 10, 8 << 20  # bytes read at once; bytes of one answer or event


class Answer:
    """One answer, read as it comes."""

    def __init__(self, reader: asyncio.StreamReader, status: int, headers: dict[str, str], empty: bool) -> None:
        self.status, self.headers = status, headers
        self.whole = empty  # the line may carry the next request
        self._reader = reader

    async def parts(self) -> AsyncIterator[bytes]:
        if self.whole:
            return
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            while size := int((await self._reader.readuntil(b"\n")).split(b";")[0], 16):
                async for part in self._exactly(size):
                    yield part
                await self._reader.readuntil(b"\n")
            while (await self._reader.readuntil(b"\n")).strip():
                pass  # trailers
        elif "content-length" in self.headers:
            async for part in self._exactly(int(self.headers["content-length"])):
                yield part
        else:
            while part := await self._reader.read(PIECE):
                yield part
            return
        self.whole = True

    async def _exactly(self, size: int) -> AsyncIterator[bytes]:
        while size > 0:
            part = await self._reader.read(min(size, PIECE))
            if not part:
                raise EOFError("the answer was cut")
            size -= len(part)
            yield part

    async def body(self) -> bytes:
        body = bytearray()
        async for part in self.parts():
            body += part
            if len(body) > MOST:
                raise ValueError("an answer without an end")
        return bytes(body)

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Http:
    """HTTP/1.1 to one server: lines are kept, and every wait may be cancelled."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an http URL: {url}")
        self.secure = parts.scheme == "https"
        self.host, self.port = parts.hostname, parts.port or (443 if self.secure else 80)
        self.authority = parts.netloc.rpartition("@")[2]
        self.path = parts.path.rstrip("/")
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def target(self, name: str, params: dict[str, Any]) -> str:
        query = urlencode({key: value for key, value in params.items() if value is not None})
        return f"{self.path}/{name}?{query}" if query else f"{self.path}/{name}"

    def websocket(self, target: str) -> str:
        return f"{'wss' if self.secure else 'ws'}://{self.authority}{target}"

    @contextlib.asynccontextmanager
    async def asking(self, method: str, target: str, headers: dict[str, str], body: bytes) -> AsyncIterator[Answer]:
        """Ask, and read the answer inside. OSError, EOFError, ValueError: the line or what came by it was no good."""
        reader, writer, answer = await self._asked(method, target, headers, body)
        try:
            yield answer
        finally:
            if answer.whole and answer.headers.get("connection", "").lower() != "close" and len(self._idle) < 4:
                self._idle.append((reader, writer))
            else:
                writer.transport.abort()

    async def ask(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> tuple[Answer, bytes]:
        async with self.asking(method, target, headers, body) as answer:
            return answer, await answer.body()

    def close(self) -> None:
        while self._idle:
            _, writer = self._idle.pop()
            writer.transport.abort()

    async def _asked(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Answer]:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.authority}", *(f"{k}: {v}" for k, v in headers.items())]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        request = "\r\n".join([*lines, "", ""]).encode() + body
        while True:
            kept = self._kept()
            reader, writer = kept or await self._fresh()
            try:
                writer.write(request)
                await writer.drain()
                return reader, writer, await self._head(reader)
            except BaseException as error:
                writer.transport.abort()
                # A kept line may have been closed by the server just now; nothing was answered, so ask again.
                if kept is None or not isinstance(error, OSError | EOFError):
                    raise

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        while self._idle:
            reader, writer = self._idle.pop()
            if not (reader.at_eof() or writer.is_closing()):
                return reader, writer
            writer.transport.abort()
        return None

    async def _fresh(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port, ssl=True if self.secure else None)

    async def _head(self, reader: asyncio.StreamReader) -> Answer:
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        version, _, status = first.partition(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError("not HTTP")
        pairs = (line.partition(":") for line in rest)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if version == "HTTP/1.0":
            headers["connection"] = "close"
        return Answer(reader, int(status[:3]), headers, status[:3] in ("204", "304"))


async def events(parts: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The data of each server-sent event. A line ends at CRLF, LF or CR and nowhere else (WHATWG HTML 9.2.6)."""
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
