"""The four transports as a stranger reads them: `open(cursor)`, `next()`, `close()`, `cut()`."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Self

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from tests.stranger.http import DEADLINE, Answer, Refused, target

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made once: reading the machine's certificates costs 20 ms a client
FIELDS = ("after", "cursor", "gap", "more", "messages")  # of a batch


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
        after, cursor, gap, more, messages = (found[name] for name in FIELDS)
        return cls(after, cursor, gap, more, messages, text, event_id)

    @property
    def seqs(self) -> list[int]:
        return [message["seq"] for message in self.messages]

    def each(self) -> list[str]:
        """The text of each message as it stood in the batch."""
        decoder, at = json.JSONDecoder(), self.text.index('"messages":') + len('"messages":')
        texts: list[str] = []
        at = self.text.index("[", at) + 1
        while len(texts) < len(self.messages):
            start = at + len(self.text[at:]) - len(self.text[at:].lstrip(" \n,"))
            _, at = decoder.raw_decode(self.text, start)
            texts.append(self.text[start:at])
        return texts


class Reader:
    """One client reading on one transport. Batches arrive in `inbox`; `next` hands them out."""

    name = ""
    kind = "stream"  # or "longpoll", if it holds a question that has no news, or "poll"
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
    kind = "poll"
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
    kind = "longpoll"
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
            self.inbox.put_nowait(Batch.parse("\n".join(fields["data"]), fields["id"][-1] if "id" in fields else None))


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
        plain: dict[str, Any] = {"compression": None, "ping_interval": None, "proxy": None, "max_size": 2**24}
        error: dict[str, Any] = {}
        try:
            self.line = await connect(url, additional_headers=self.headers, close_timeout=2, **plain)
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
        found: dict[str, Any] = json.loads(frame)
        if "messages" in found:
            self.inbox.put_nowait(Batch.parse(frame))
        for ack in found.get("acks", ()):
            self.acks.put_nowait(ack)
        if "pong" in found:
            self.pongs.put_nowait(found["pong"])
        if "error" in found:
            self.errors.put_nowait(found["error"])
        error: dict[str, Any] | None = found.get("error")
        return error

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
