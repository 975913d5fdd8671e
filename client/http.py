"""HTTP/1.1 to one server: an answer is read as it comes, and every wait may be cancelled. h11 reads the bytes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

import h11

from .address import Address, Elsewhere

PIECE, MOST = 64 << 10, 8 << 20  # bytes read at once, or of an answer's head; bytes of one answer or event
HOPS = 5  # redirects that one request follows
KEPT = 4  # lines that are kept for the next request


class Line:
    """One connection. OSError, EOFError, ValueError: it, or what came by it, was no good."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=PIECE)

    @property
    def lost(self) -> bool:
        return self._reader.at_eof() or self._writer.is_closing()

    async def say(self, request: h11.Request, body: bytes) -> h11.Response:
        """Send a request, and read the head of its answer."""
        try:
            parts = (request, h11.Data(data=body), h11.EndOfMessage())
            self._writer.write(b"".join(self._http.send(part) or b"" for part in parts))
        except h11.LocalProtocolError as error:
            raise ValueError(str(error)) from None
        await self._writer.drain()
        while not isinstance(event := await self.next(), h11.Response):
            pass  # 102, 103 and any other 1xx are not the answer (RFC 9110, 15.2)
        return event

    async def next(self) -> h11.Event:
        while True:
            try:
                event = self._http.next_event()
                if isinstance(event, h11.Event) and not isinstance(event, h11.ConnectionClosed):
                    return event
                if event is not h11.NEED_DATA:
                    raise EOFError("the line was closed")
                self._http.receive_data(await self._reader.read(PIECE))
            except h11.RemoteProtocolError as error:
                if self._reader.at_eof():
                    raise EOFError(f"the answer was cut: {error}") from None
                raise ValueError(str(error)) from None

    def again(self) -> bool:
        """Whether the line may carry the next request."""
        try:
            self._http.start_next_cycle()
        except h11.LocalProtocolError:  # the answer was not read to its end, or said that the line ends with it
            return False
        return not self.lost and not self._http.trailing_data[0]

    def abort(self) -> None:
        self._writer.transport.abort()


class Answer:
    """One answer, read as it comes."""

    def __init__(self, status: int, headers: Mapping[str, str], line: Line | None = None) -> None:
        self.status, self.headers = status, headers
        self._line = line

    async def parts(self) -> AsyncIterator[bytes]:
        while self._line and isinstance(event := await self._line.next(), h11.Data):
            yield bytes(event.data)

    async def body(self) -> bytes:
        body = bytearray()
        async for part in self.parts():
            body += part
            if len(body) > MOST:
                raise ValueError("an answer without an end")
        return bytes(body)

    @property
    def retry_after(self) -> str | None:
        return self.headers.get("retry-after")

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Http:
    """HTTP/1.1 to one server, wherever it says it has moved to: lines are kept, and every wait may be cancelled."""

    def __init__(self, url: str) -> None:
        self._asked = self.at = Address.parse(url)
        self._idle: list[Line] = []

    def target(self, name: str, params: dict[str, Any]) -> str:
        query = urlencode({key: value for key, value in params.items() if value is not None})
        return f"{self.at.path}/{name}?{query}" if query else f"{self.at.path}/{name}"

    def websocket(self, target: str) -> str:
        return f"{'wss' if self.at.secure else 'ws'}://{self.at.authority}{target}"

    def follow(self, target: str, answer: Answer) -> bool:
        """Whether this answer says that the server has moved; from now on it is asked there. Elsewhere: not there."""
        moved = self.at.moved(target, answer.status, answer.headers.get("location", ""))
        if moved is None:
            return False
        self.close()
        self.at = moved
        return True

    @contextlib.asynccontextmanager
    async def asking(self, method: str, target: str, headers: dict[str, str], body: bytes) -> AsyncIterator[Answer]:
        """Ask, and read the answer inside. OSError, EOFError, ValueError: the line or what came by it was no good.
        Elsewhere: the server sends to a place where this client's secret does not go.
        """
        for _hop in range(HOPS):
            at = self.at
            line, answer = await self._say(at, method, target, headers, body)
            try:
                if at is self.at and not self.follow(target, answer):
                    yield answer
                    return
            finally:
                if line.again() and at is self.at and len(self._idle) < KEPT:
                    self._idle.append(line)
                else:
                    line.abort()
            target = self.at.path + target.removeprefix(at.path)
        raise Elsewhere(f"redirected {HOPS} times")

    async def ask(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> tuple[Answer, bytes]:
        async with self.asking(method, target, headers, body) as answer:
            return answer, await answer.body()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().abort()

    async def _say(
        self, at: Address, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[Line, Answer]:
        length = {"Content-Length": str(len(body))} if method == "POST" else {}
        fields = {"Host": at.authority, **headers, **length}
        request = h11.Request(method=method, target=target, headers=list(fields.items()))
        while True:
            kept = self._kept()
            line = kept or await self._fresh(at)
            try:
                response = await line.say(request, body)
                return line, Answer(response.status_code, _joined(response), line)
            except BaseException as error:
                line.abort()
                # A kept line may have been closed by the server just now; nothing was answered, so ask again.
                if kept is None or not isinstance(error, OSError | EOFError):
                    raise

    def _kept(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            if not line.lost:
                return line
            line.abort()
        return None

    async def _fresh(self, at: Address) -> Line:
        try:
            return Line(*await asyncio.open_connection(at.host, at.port, ssl=at.secure or None))
        except OSError:
            if at is self.at:
                self.at = self._asked  # where it has moved to is no more: ask again where it was
            raise


def _joined(response: h11.Response) -> dict[str, str]:
    """A header that is repeated means what its values mean in one list (RFC 9110, 5.3)."""
    headers = dict[str, str]()
    for name, value in response.headers:
        text = value.decode("latin-1")
        key = name.decode()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
