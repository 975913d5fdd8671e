"""The meter: the bytes and messages of each client and transport, counted where they are written and read.

A page cannot know: a browser tells a fixed guess for the head of an answer, nothing of a stream that runs, and nothing
at all of a WebSocket. Here each byte is counted once, as the server's connection is given it. What the kernel, TCP and
TLS add is not in it. Up is from the client to the server, down the other way.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ..log.batch import Batch
from ..log.items import Log
from ..protocol.errors import Refused
from ..registry.identity import public_id
from .accounts import Account, Accounts, Counts
from .sockets import Sockets
from .trace import FRAMES, HEAD, Head, Shelf, Trace, head_of

SID = re.compile(rb"[A-Za-z0-9_-]{22}")
SAID = re.compile(rb"(?:^|&)sid=([^&]+)")  # a query is not taken apart for it: it may have thousands of fields
ID = re.compile(r"[A-Za-z0-9_-]{10}")
WATCHERS, WATCHED, WATCH_SECONDS = 200, 8, 0.5  # lines that watch, clients of one, s between two looks
READING = ("poll", "longpoll", "sse", "ws")
STREAMS = ("sse", "ws")  # where what is written is more than what is said
NAMES = (*READING, "emit", "hello", "bye", "other")  # other: the page and its files, and what is no request of ours


class Exchange:
    """One request and its answer, or one WebSocket: to whom its bytes are counted."""

    __slots__ = ("account", "all", "frames", "head", "mine", "name", "number", "said", "trace", "up")

    def __init__(self, name: str, mine: Counts, everybody: Counts, account: Account) -> None:
        self.name = name
        self.frames = int(name == "ws")  # a batch is one frame
        self.mine, self.all = mine, everybody
        self.head = True  # the next bytes down are the head of an answer
        self.account = account
        self.trace = account.trace
        self.number = self.trace.begin()
        self.said: Any = None  # what the next bytes down say: the messages of a batch, or a word
        self.up: list[int] = []  # the frames in what came up last, each by the size of its text

    def asked(self, head: Head, size: int) -> None:
        """The head of the request is here; so many bytes came with it."""
        for counts in (self.mine, self.all):
            counts.up += size
            counts.requests += 1
        if self.trace.on:
            self.trace.add(self.number, "ask", size, head_of(head))

    def asked_whole(self, head: Head, size: int) -> None:
        """A request without a body is here, all of it in one piece."""
        self.asked(head, size)
        self.mine.head_up += size
        self.all.head_up += size

    def whole(self, head: int, body: int) -> None:
        """The request is here to its end."""
        for counts in (self.mine, self.all):
            counts.head_up += head
            counts.payload_up += body
        if body and self.trace.on:
            self.trace.add(self.number, "whole", 0, body)

    def add(self, name: str, n: int = 1) -> None:
        setattr(self.mine, name, getattr(self.mine, name) + n)
        setattr(self.all, name, getattr(self.all, name) + n)

    def heard(self, size: int) -> None:
        self.mine.up += size
        self.all.up += size
        if self.trace.on:
            self.up = []
            self.trace.add(self.number, "up", size, self.up)

    def frame(self, payload: int) -> None:
        """In what was heard last there was the end of a frame."""
        self.add("frames_up")
        self.add("payload_up", payload)
        if not self.trace.on:  # else nobody empties it, and a WebSocket lives for hours
            return
        if len(self.up) < FRAMES:
            self.up.append(payload)
        else:
            self.up[-1] += payload

    def text(self, word: str, payload: int) -> None:
        """The next frame down is no batch."""
        self.add("payload_down", payload)
        self.add("frames_down")
        self.said = word

    def ended(self) -> None:
        """The line is gone before the answer was whole, or the stream was closed."""
        if self.trace.on:
            self.trace.add(self.number, "end", 0)

    def written(self, data: bytes) -> None:
        size, head, body = len(data), self.head, self.name not in STREAMS
        for counts in (self.mine, self.all):
            counts.down += size
            if head:
                counts.head_down += size
            elif body:
                counts.payload_down += size
        if head:
            self.head = data.startswith(b"HTTP/1.1 100 ")  # it only says: go on
            if self.trace.on:
                self.trace.add(self.number, "head", size, bytes(data[:HEAD]))
            return
        if self.trace.on:
            said = [message.seq for message in self.said] if isinstance(self.said, list) else self.said
            self.trace.add(self.number, "down", size, said)
        self.said = None

    def answered(self, head: bytes, batch: Batch) -> None:
        """A batch was the whole of an answer."""
        if self.trace.on:
            self.batch(batch)
            self.written(head)
            return self.written(batch.text)
        before, text, messages, news = len(head), len(batch.text), len(batch.messages), batch.news
        for counts in (self.mine, self.all):
            counts.down += before + text
            counts.head_down += before
            counts.payload_down += text
            counts.batches += 1
            counts.messages += messages
            counts.news += news
            counts.empty += not news

    def given(self, batch: Batch, size: int) -> None:
        """A line that carries its reader has written a batch; it is counted elsewhere."""
        self.trace.add(self.number, "down", size, [message.seq for message in batch.messages])

    def batch(self, batch: Batch) -> None:
        """A reader was given a batch; its bytes come by `written`."""
        messages, news = len(batch.messages), bool(batch.messages or batch.gap)
        payload = len(batch.text) if self.name in STREAMS else 0
        for counts in (self.mine, self.all):  # this is the hot path of a fan-out: plain additions, no names
            counts.batches += 1
            counts.messages += messages
            counts.news += news
            counts.empty += not news
            counts.payload_down += payload
            counts.frames_down += self.frames
        self.said = batch.messages


class Wire:
    """A connection's transport, whose writes are counted."""

    __slots__ = ("exchange", "transport")

    def __init__(self, transport: Any, exchange: Exchange) -> None:
        self.transport = transport
        self.exchange = exchange

    def write(self, data: bytes) -> None:
        self.exchange.written(data)
        self.transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


class Meter:
    """All counts of one server: by transport, and by client."""

    def __init__(self, here: Callable[[str], bool] = lambda client: False, log: Log | None = None) -> None:
        """`here(client)`: whether it is to stay first; `log`: that of the process whose figures these are."""
        self.log = log
        self.since = time.time()
        self.totals = {name: Counts(name) for name in NAMES}
        self.accounts = Accounts(here)
        self._nobody = Account(Shelf())
        self._nobody.trace.end()  # nobody can prove to be nobody
        self._watchers = Sockets(WATCHERS, WATCH_SECONDS)

    def exchange(self, name: str, client: str) -> Exchange:
        """A request of this name has come from this client, "" where nobody says who."""
        everybody = self.totals.get(name) or self.totals["other"]
        known = self.account(client) if client else self._nobody
        return Exchange(everybody.name, known.on(everybody.name), everybody, known)

    def account(self, client: str) -> Account:
        return self.accounts.open(client)

    def of(self, client: str) -> dict[str, Counts]:
        """The counts of one client, by transport."""
        known = self.accounts.find(client) if client else self._nobody
        if known is None:
            return {}
        for line in known.lines:
            line.settle()
        return {counts.name: counts for counts in known.counts}

    def trace(self, client: str) -> Trace:
        """The trace of one client, for who looks at it now; it may be one that has yet to come."""
        known = self.account(client)
        for line in known.lines:
            line.look()
        return known.trace

    def sweep(self) -> None:
        """Free whatever is kept too long already."""
        self.accounts.sweep()

    def whose(self) -> dict[str, Any]:
        """The process whose figures these are, and of how many it is one."""
        log = self.log
        return {"process": log and log.process, "processes": log.processes if log else 1}

    def routes(self) -> list[Route | WebSocketRoute]:
        return [
            Route("/stats", self._stats),
            Route("/metrics", self._metrics),
            WebSocketRoute("/lab/watch", self._watch),
        ]

    async def _watch(self, socket: WebSocket) -> None:
        """Tell the counts of some clients as they change: `?client=ID`, up to eight times. This counts as other."""
        clients = socket.query_params.getlist("client")[:WATCHED]
        told = ""

        async def tell() -> None:
            nonlocal told
            if not clients or not all(map(ID.fullmatch, clients)):
                raise Refused("bad_parameter", "say whom to watch: client=ID, up to eight times")
            counts: dict[str, Any] = {client: figures(self.of(client)) for client in clients}
            if self.log is not None and not self.log.alone:
                counts["server"] = list(self.whose().values())  # no id of a client is so short
            text = json.dumps(counts, separators=(",", ":"))
            if text != told:
                told = text
                await socket.send_text(text)

        await self._watchers.serve(socket, tell)

    async def _stats(self, request: Request) -> Response:
        """All of it, or with `?client=ID` what one client caused."""
        client = request.query_params.get("client")
        counts = self.totals if client is None else self.of(client)
        about = {"since": int(self.since * 1000), "client": client, "transports": figures(counts)}
        return JSONResponse(about | self.whose(), headers={"Cache-Control": "no-store"})

    async def _metrics(self, _request: Request) -> Response:
        """The same for Prometheus (text format 0.0.4), by transport only: clients come and go."""
        lines = ["# TYPE lab_processes gauge", f"lab_processes {self.whose()['processes']}"]
        for figure in Counts().as_json():
            lines.append(f"# TYPE lab_{figure}_total counter")
            for name, counts in self.totals.items():
                lines.append(f'lab_{figure}_total{{transport="{name}"}} {counts.as_json()[figure]}')
        text = "\n".join(lines) + "\n"
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"})


def figures(counts: dict[str, Counts]) -> dict[str, dict[str, int]]:
    """Counts by transport, for JSON."""
    return {name: one.as_json() for name, one in counts.items()}


def name_of(path: bytes) -> str:
    """The name a request asks for: the last part of its path."""
    return path.rpartition(b"/")[2].decode("latin-1")


def client_of(query: bytes, headers: list[tuple[bytes, bytes]]) -> str:
    """Who asks, by the public name of the sid; "" for nobody. Whether the server knows it is not asked here."""
    bearers = (value for name, value in headers if name == b"authorization" and value[:7].lower() == b"bearer ")
    sid = next(bearers, b"")[7:].strip()
    if not sid and (found := SAID.search(query)):
        sid = unquote_to_bytes(found[1])
    if not SID.fullmatch(sid):
        return ""
    return public_id(sid)
