"""The wire, read raw: the four transports as a stranger speaks them, and a line that can be cut, lost or repeated.

Nothing here imports the server: what these readers understand is what the protocol says. The four readers have one
interface: `open(cursor)`, `next()`, `close()`, `cut()`; and two ways up have one: `send(emits, replies, acked)`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import secrets
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

DEADLINE = 5.0  # s; no answer on loopback takes that long, so waiting longer only delays the bad news
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made once: reading the machine's certificates costs 20 ms a client


class Refused(Exception):
    """The server's word against a request: an error in the protocol's form, or a 4xxx close code on ws."""

    def __init__(self, status: int | None, error: dict[str, Any], headers: Any = None) -> None:
        super().__init__(f"{status} {error}")
        self.status = status  # the HTTP status or the close code; None where ws sent an error frame and stays open
        self.code = error.get("code")
        self.message = error.get("message")
        self.retry = error.get("retry")
        self.headers = headers or {}


class Ended(Exception):
    """The line ended: `clean` when the answer was complete, `code` on ws."""

    def __init__(self, clean: bool, code: int | None = None) -> None:
        super().__init__(f"clean={clean} code={code}")
        self.clean = clean
        self.code = code


@dataclass(frozen=True)
class Batch:
    """One batch, and the text it came in."""

    after: str
    cursor: str
    gap: dict[str, Any] | None
    more: bool
    messages: list[dict[str, Any]]
    text: str
    id: str | None = None  # the event's id on sse

    @classmethod
    def parse(cls, text: str, event_id: str | None = None) -> Batch:
        found = json.loads(text)
        assert isinstance(found, dict) and isinstance(found["messages"], list), text
        assert isinstance(found["more"], bool), text
        fields = (found[name] for name in ("after", "cursor", "gap", "more", "messages"))
        return cls(*fields, text, event_id)

    @property
    def seqs(self) -> list[int]:
        return [message["seq"] for message in self.messages]

    def each(self) -> list[str]:
        """The text of each message as it stood in the batch."""
        decoder, at, texts = json.JSONDecoder(), self.text.index('"messages":') + len('"messages":'), []
        at = self.text.index("[", at) + 1
        while len(texts) < len(self.messages):
            start = at + len(self.text[at:]) - len(self.text[at:].lstrip(" \n,"))
            _, at = decoder.raw_decode(self.text, start)
            texts.append(self.text[start:at])
        return texts


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


# One HTTP request, byte for byte as the test wants it.


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
        found = self.json
        assert set(found["error"]) >= {"code", "message"}, found
        assert isinstance(found["error"]["code"], str) and isinstance(found["error"]["message"], str), found
        assert self.headers.get("content-type", "").startswith("application/json"), self.headers
        return found["error"]

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
    (ack,) = (await post(base, sid, emits=[{"n": n, "event": event, "data": data}])).accepted()["acks"]
    return ack


# The readers.


class Reader:
    """One client reading on one transport. Batches arrive in `inbox`; `next` hands them out."""

    name = ""
    pulls = False  # whether each batch is asked for

    def __init__(self, base: str, sid: str | None = None, *, bearer: bool = False, **params: Any) -> None:
        self.base = base
        self.sid = sid
        self.headers = {"Authorization": f"Bearer {sid}"} if bearer else {}
        self.params = params if bearer else {"sid": sid, **params}
        self.cursor: str | None = None
        self.batches: list[Batch] = []
        self.inbox: asyncio.Queue[Batch | Exception] = asyncio.Queue()
        self.pump: asyncio.Task[None] | None = None

    async def open(self, cursor: str | None = None) -> Self:
        """Begin to read after `cursor`; without one as a newcomer. Waits for nothing."""
        self.cursor = cursor
        self._start()
        return self

    async def next(self, deadline: float = DEADLINE) -> Batch:
        """The next batch. Raises Refused or Ended when none comes any more, TimeoutError when none comes in time."""
        if self.pulls and self.inbox.empty() and self.pump is not None and self.pump.done():
            self._start()
        async with asyncio.timeout(deadline):
            item = await self.inbox.get()
        if isinstance(item, Exception):
            self.inbox.put_nowait(item)  # an ended line stays ended
            raise item
        self.cursor = item.cursor
        self.batches.append(item)
        return item

    async def until(self, event: str, deadline: float = DEADLINE) -> list[dict[str, Any]]:
        """The messages up to and with the first `event`."""
        messages: list[dict[str, Any]] = []
        async with asyncio.timeout(deadline):
            while not any(message["event"] == event for message in messages):
                messages += (await self.next(deadline)).messages
        return messages

    async def messages(self, count: int, deadline: float = DEADLINE) -> list[dict[str, Any]]:
        """The next messages, so many of them or more."""
        messages: list[dict[str, Any]] = []
        async with asyncio.timeout(deadline):
            while len(messages) < count:
                messages += (await self.next(deadline)).messages
        return messages

    async def close(self) -> None:
        """Leave as a well-behaved client leaves."""
        await self._stop()

    async def cut(self) -> None:
        """Leave without a word, in the middle of whatever is going on."""
        await self._stop()

    def _start(self) -> None:
        self.pump = asyncio.create_task(self._guarded())

    async def _guarded(self) -> None:
        try:
            await self._run()
        except (Refused, Ended) as end:
            self.inbox.put_nowait(end)
        except (httpx2.TransportError, OSError):
            self.inbox.put_nowait(Ended(clean=False))
        except Exception as broken:  # whoever waits for a batch hears why none comes
            self.inbox.put_nowait(broken)

    async def _run(self) -> None:
        raise NotImplementedError

    async def _stop(self) -> None:
        if self.pump is not None:
            self.pump.cancel()
            await asyncio.gather(self.pump, return_exceptions=True)


class HttpReader(Reader):
    """What the three HTTP transports share: a client of their own and one line."""

    def __init__(self, base: str, sid: str | None = None, *, bearer: bool = False, **params: Any) -> None:
        super().__init__(base, sid, bearer=bearer, **params)
        self.http = httpx2.AsyncClient(verify=NO_TLS, trust_env=False, timeout=None, headers=self.headers)

    def url(self) -> str:
        return self.base + target(self.name, **self.params, cursor=self.cursor)

    def refuse(self, status: int, headers: Any, body: bytes) -> None:
        if status != 200:
            raise Refused(status, Answer(status, dict(headers), body, body).error, headers)

    async def _stop(self) -> None:
        await super()._stop()
        await self.http.aclose()


class Poll(HttpReader):
    """Polling: ask, and be answered now."""

    name = "poll"
    pulls = True
    pause = 0.03  # s between two questions that had nothing for an answer

    async def _run(self) -> None:
        if self.batches and not self.batches[-1].messages:
            await asyncio.sleep(self.pause)
        answer = await self.http.get(self.url())
        self.refuse(answer.status_code, answer.headers, answer.content)
        assert answer.headers["content-type"].startswith("application/json"), answer.headers
        self.inbox.put_nowait(Batch.parse(answer.text))


class LongPoll(Poll):
    """Long polling: ask, and be answered when there is something to say."""

    name = "longpoll"
    pause = 0.0


class Sse(HttpReader):
    """Server-sent events: one answer that does not end."""

    name = "sse"
    left = b""  # what came of an event that is not complete

    async def _run(self) -> None:
        async with self.http.stream("GET", self.url()) as answer:
            if answer.status_code != 200:
                self.refuse(answer.status_code, answer.headers, await answer.aread())
            assert answer.headers["content-type"].startswith("text/event-stream"), answer.headers
            async for lines in self._events(answer):
                self._dispatch(lines)
        raise Ended(clean=True)

    async def _events(self, answer: httpx2.Response) -> AsyncIterator[list[str]]:
        # A line ends at CRLF, LF or CR and nowhere else (WHATWG HTML 9.2.6); U+2028 is text.
        async for part in answer.aiter_raw():
            self.left += part
            if self.left.endswith(b"\r"):
                continue  # perhaps half a CRLF
            whole = self.left.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            *events, self.left = whole.split(b"\n\n")
            for event in events:
                yield event.decode().split("\n")

    def _dispatch(self, lines: list[str]) -> None:
        fields: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        if "data" in fields:
            self.inbox.put_nowait(Batch.parse("\n".join(fields["data"]), (fields.get("id") or [None])[-1]))


class Ws(Reader):
    """WebSocket: one line, both ways."""

    name = "ws"

    def __init__(self, base: str, sid: str | None = None, *, bearer: bool = False, **params: Any) -> None:
        super().__init__(base, sid, bearer=bearer, **params)
        self.line: ClientConnection | None = None
        self.errors: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.pongs: asyncio.Queue[Any] = asyncio.Queue()
        self.acks: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.opened = asyncio.Event()
        self.frames: list[str] = []

    async def _run(self) -> None:
        url = "ws" + (self.base + target("ws", **self.params, cursor=self.cursor)).removeprefix("http")
        extra = {"compression": None, "ping_interval": None, "proxy": None, "max_size": 2**24}
        error: dict[str, Any] = {}
        try:
            self.line = await connect(url, additional_headers=self.headers, close_timeout=2, **extra)
            self.opened.set()
            while True:
                error = self._take(str(await self.line.recv())) or error
        except InvalidStatus as refusal:
            raise Refused(refusal.response.status_code, {}, refusal.response.headers) from None
        except (ConnectionClosed, InvalidMessage, EOFError) as end:
            code = end.rcvd.code if isinstance(end, ConnectionClosed) and end.rcvd else None
            if code is not None and 4000 <= code < 5000:
                raise Refused(code, error) from None
            raise Ended(clean=code in (1000, 1001, 1012), code=code) from None
        finally:
            self.opened.set()

    def _take(self, frame: str) -> dict[str, Any] | None:
        """Sort one frame; returns its error if it is one."""
        self.frames.append(frame)
        found = json.loads(frame)
        if "messages" in found:
            self.inbox.put_nowait(Batch.parse(frame))
        for ack in found.get("acks", ()):
            self.acks.put_nowait(ack)
        if "pong" in found:
            self.pongs.put_nowait(found["pong"])
        if "error" in found:
            self.errors.put_nowait(found["error"])
        return found.get("error")

    async def write(self, frame: dict[str, Any] | str | bytes) -> None:
        await self.opened.wait()
        assert self.line is not None, "the line never opened"
        await self.line.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def ping(self, token: Any = "?", deadline: float = DEADLINE) -> Any:
        """The answer to one ping. When it is here, the server has read all that was sent before."""
        await self.write({"ping": token})
        async with asyncio.timeout(deadline):
            return await self.pongs.get()

    async def close(self) -> None:
        if self.line is not None:
            await self.line.close()
        await self._stop()

    async def cut(self) -> None:
        if self.line is not None:
            self.line.transport.abort()
        await self._stop()


TRANSPORTS: dict[str, type[Reader]] = {reader.name: reader for reader in (Poll, LongPoll, Sse, Ws)}


# The ways up.


class PostWay:
    """The way up of three transports: one POST an upload."""

    name = "post"

    def __init__(self, base: str, sid: str) -> None:
        self.base = base
        self.sid = sid

    async def open(self) -> Self:
        return self

    async def send(
        self, emits: list[dict[str, Any]] | None = None, replies: list[dict[str, Any]] | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        """Send one upload; returns its acks. Raises Refused when the request is refused whole."""
        upload = {"emits": emits or [], "replies": replies or [], **more}
        return (await post(self.base, self.sid, **upload)).accepted()["acks"]

    async def emit(self, n: int, event: str, data: Any = None) -> dict[str, Any]:
        (ack,) = await self.send([{"n": n, "event": event, "data": data}])
        return ack

    async def settle(self) -> None:
        """Wait until the server has read what was sent: it reads lines in turn, so a later question is read later."""
        for _ in range(3):
            await hello(self.base)

    async def close(self) -> None:
        pass


class WsWay(PostWay):
    """The way up of ws: the frame goes up the line that brings the batches."""

    name = "ws"

    def __init__(self, base: str, sid: str) -> None:
        super().__init__(base, sid)
        self.line = Ws(base, sid)
        self.waiting: list[tuple[set[tuple[str, int]], list[dict[str, Any]], asyncio.Future[None]]] = []
        self.sorter: asyncio.Task[None] | None = None

    async def open(self) -> Self:
        await self.line.open()
        await self.line.next()
        self.sorter = asyncio.create_task(self._sort())
        return self

    async def send(
        self, emits: list[dict[str, Any]] | None = None, replies: list[dict[str, Any]] | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        keys = {("n", item["n"]) for item in emits or []} | {("seq", item["seq"]) for item in replies or []}
        waiting = (keys, [], asyncio.get_running_loop().create_future())
        self.waiting.append(waiting)
        try:
            await self.line.write({"emits": emits or [], "replies": replies or [], **more})
            async with asyncio.timeout(DEADLINE * 2):
                await waiting[2]
        finally:
            self.waiting.remove(waiting)
        return waiting[1]

    async def settle(self) -> None:
        await self.line.ping()

    async def _sort(self) -> None:
        async def acks() -> None:
            while True:
                ack = await self.line.acks.get()
                for keys, taken, done in list(self.waiting):
                    key = ("n", ack["n"]) if "n" in ack else ("seq", ack["seq"])
                    if key in keys:
                        keys.remove(key)
                        taken.append(ack)
                    if not keys and not done.done():
                        done.set_result(None)

        async def errors() -> None:
            while True:
                error = await self.line.errors.get()
                for *_, done in self.waiting[-1:]:  # it answers the frame sent last
                    done.set_exception(Refused(None, error))

        async with asyncio.TaskGroup() as group:
            group.create_task(acks())
            group.create_task(errors())

    async def close(self) -> None:
        if self.sorter is not None:
            self.sorter.cancel()
            await asyncio.gather(self.sorter, return_exceptions=True)
        await self.line.close()


WAYS: dict[str, type[PostWay]] = {"post": PostWay, "ws": WsWay}


# A line that fails.


class Proxy:
    """A network between a client and the server: it cuts answers in their middle, loses, repeats and delays them.

    Every byte that went down is kept in `down`, so that a test can search what a client was really given.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.url = ""
        self.down = bytearray()
        self.cut_after: int | None = None  # bytes: the answer that crosses this is cut there
        self.lose = False  # the next answer never arrives, though the server did the work
        self.repeat = False  # answers come twice
        self.delay = 0.0  # s before each part of an answer
        self.cuts = self.lost = self.repeats = 0
        self._answers: dict[str, bytes] = {}  # path → the last answer given to a poll
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        while self._tasks:  # a line may only just have been opened
            self.abort()
            await asyncio.wait(self._tasks, timeout=0.1)
        await self._server.wait_closed()

    def abort(self) -> None:
        """Reset every line that is open."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        url = urlsplit(self.base)
        far_reader, far_writer = await asyncio.open_connection(url.hostname, url.port)
        self._writers |= {writer, far_writer}
        asked: list[str] = [""]
        up = asyncio.create_task(self._up(reader, writer, far_writer, asked))
        down = asyncio.create_task(self._down(far_reader, writer, asked))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in (up, down):
                pump.cancel()
            for line in (writer, far_writer):
                line.transport.abort()
                self._writers.discard(line)
            await asyncio.gather(up, down, return_exceptions=True)

    async def _up(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far: asyncio.StreamWriter, asked: list[str]
    ) -> None:
        while part := await reader.read(65536):
            if part.startswith((b"GET ", b"POST ", b"HEAD ")):
                asked[0] = part.split(b" ", 2)[1].split(b"?")[0].decode()
            answer = self._answers.get(asked[0])
            if self.repeat and answer and part.startswith(b"GET "):
                self.repeats += 1
                self.repeat = False
                self.down += answer
                writer.write(answer)
            else:
                far.write(part)

    async def _down(self, far: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[str]) -> None:
        while part := await far.read(65536):
            if self.delay:
                await asyncio.sleep(self.delay)
            if self.lose:
                self.lose = False
                self.lost += 1
                return
            if self.cut_after is not None and self.cut_after < len(part):
                self.cuts += 1
                part, self.cut_after = part[: self.cut_after], None
                self.down += part
                writer.write(part)
                await writer.drain()
                return await self._linger(writer)
            if self.cut_after is not None:
                self.cut_after -= len(part)
            self._keep(asked[0], part)
            if self.repeat and asked[0] in ("/sse", "/ws") and not part.startswith(b"HTTP/"):
                self.repeats += 1
                part += part
            self.down += part
            writer.write(part)
            await writer.drain()
        writer.write_eof()

    def _keep(self, path: str, part: bytes) -> None:
        """Remember the last answer to each kind of poll."""
        if path in ("/poll", "/longpoll"):
            self._answers[path] = part if part.startswith(b"HTTP/") else self._answers.get(path, b"") + part

    async def _linger(self, writer: asyncio.StreamWriter) -> None:
        # What was written must arrive before the line goes, else nothing was cut in its middle.
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
