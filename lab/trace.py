"""The trace: each request, answer and frame of one client as it crossed the wire, told to that client alone.

It is a log, as the hub's is: looking takes nothing, and whoever looks goes on from where it was. It says when and how
many bytes; what the bytes said is told of heads only, for a client knows its own messages. Whoever knows the sid may
look, and nobody else: a head holds what a browser says of its owner.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import time
from collections import deque
from typing import Any, Protocol
from urllib.parse import parse_qs

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

YOUNG = 5.0  # s the first moments of a client are kept for whoever comes to look
WATCHED = 30.0  # s they are kept on after somebody looked
KEPT = 1000  # events of one client
LOOK = 0.05  # s between two looks of one line
LINES, CLIENTS = 64, 8  # lines that look, clients of one
FRAME = 4096  # bytes a page may say at once

SID = re.compile(r"[A-Za-z0-9_-]{22}")
SECRET = re.compile(r"((?:[?&])sid=)[^& ]*")

Head = tuple[str, bytes, list[tuple[bytes, bytes]], bool]  # method, target, headers, whether the connection is new


def public_name(sid: bytes) -> str:
    """The client's `id`, which everybody may know."""
    return base64.urlsafe_b64encode(hashlib.sha256(sid).digest())[:10].decode()


class Trace:
    """What crossed the wire for one client. An event is (exchange, s since 1970, kind, bytes, more)."""

    __slots__ = ("_events", "_until", "exchanges", "on", "total")

    def __init__(self) -> None:
        self.on = True
        self.exchanges = 0
        self.total = 0  # events so far, those no longer kept included
        self._events: deque[tuple[Any, ...]] = deque(maxlen=KEPT)
        self._until = time.time() + YOUNG

    def begin(self) -> int:
        self.exchanges += 1
        return self.exchanges

    def add(self, exchange: int, kind: str, size: int, more: Any = None) -> None:
        now = time.time()
        if now > self._until:
            self.on = False  # nobody looks
            return self._events.clear()
        self.total += 1
        self._events.append((exchange, now, kind, size, more))

    def after(self, n: int) -> tuple[int, list[tuple[Any, ...]]]:
        """The events after the first `n`, and how many of those are not kept any more."""
        self._until = time.time() + WATCHED
        self.on = True
        fresh = min(max(0, self.total - n), len(self._events))
        return self.total - n - fresh, [self._events[i] for i in range(len(self._events) - fresh, len(self._events))]


def told(event: tuple[Any, ...]) -> list[Any]:
    """An event as JSON has it: times in ms, heads as texts."""
    exchange, at, kind, size, more = event
    if kind == "ask":
        more = asked(*more)
    elif isinstance(more, bytes):
        more = more.decode("latin-1")
    elif kind == "down" and isinstance(more, list):
        more = [message.seq for message in more]
    return [exchange, round(at * 1000, 2), kind, size, more]


def asked(method: str, target: bytes, headers: list[tuple[bytes, bytes]], fresh: bool) -> dict[str, Any]:
    """A request: what it asks for, its mark (`t`, which a client makes for each), and its head without secrets."""
    text = target.decode("latin-1")
    path, _, query = text.partition("?")
    lines = [f"{method} {hidden(text)} HTTP/1.1"]
    lines += [f"{name.decode('latin-1')}: {shown(name, value)}" for name, value in headers]
    mark = parse_qs(query).get("t", [""])[0]
    name = path.rpartition("/")[2]
    return {"name": name, "method": method, "mark": mark, "new": fresh, "head": "\r\n".join([*lines, "", ""])}


def shown(name: bytes, value: bytes) -> str:
    return "…" if name in (b"authorization", b"cookie") else hidden(value.decode("latin-1"))


def hidden(text: str) -> str:
    """A text without the sids in it."""
    return SECRET.sub(r"\1…", text)


class Kept(Protocol):
    """Where the traces are: the meter's."""

    def trace(self, client: str) -> Trace: ...


class Traces:
    """The line on which pages look: `{"look": {SID: n}}`, answered by `{"events": {SID: [missed, events]}}`."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self._lines = 0

    def routes(self) -> list[WebSocketRoute]:
        return [WebSocketRoute("/lab/trace", self._line)]

    async def _line(self, socket: WebSocket) -> None:
        await socket.accept()
        if self._lines >= LINES:
            return await socket.close(4153, "full")
        self._lines += 1
        looked: dict[str, int] = {}  # sid → events it has
        listening = asyncio.ensure_future(self._listen(socket, looked))
        try:
            while not listening.done():
                if news := self._news(looked):
                    await socket.send_text(json.dumps({"events": news}, separators=(",", ":"), ensure_ascii=False))
                await asyncio.wait([listening], timeout=LOOK)
            if listening.result():
                await socket.close(4000, "bad_request")
        except (WebSocketDisconnect, RuntimeError):  # the line was lost while something was sent
            pass
        finally:
            self._lines -= 1
            listening.cancel()

    def _news(self, looked: dict[str, int]) -> dict[str, Any]:
        news = {}
        for sid, n in looked.items():
            trace = self.kept.trace(public_name(sid.encode()))
            missed, events = trace.after(n)
            looked[sid] = trace.total
            if events or missed > 0:
                news[sid] = [max(0, missed), [told(event) for event in events]]
        return news

    async def _listen(self, socket: WebSocket, looked: dict[str, int]) -> bool:
        """Whom this page wants to look at, and what time it is here. Done when it leaves; True: it speaks nonsense."""
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            try:
                text = message.get("text") or ""
                said: Any = json.loads(text) if len(text) <= FRAME else None
                if "ping" in said:
                    await socket.send_text(json.dumps({"pong": said["ping"], "now": time.time() * 1000}))
                wanted = {sid: max(0, int(n)) for sid, n in said.get("look", {}).items() if SID.fullmatch(sid)}
            except (ValueError, TypeError, AttributeError, RecursionError):
                return True
            looked.update(wanted)
            while len(looked) > CLIENTS:
                looked.pop(next(iter(looked)))  # the one looked at first: a page's clients take new sids
        return False
