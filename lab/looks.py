"""The looks: the line on which a page follows the traces of its own clients, `/lab/trace`.

A page says `{"look": {SID: n}}` and is told `{"events": {SID: [missed, events]}}`, a part at a time, from the events
after the first `n` on; `{"ping": X}` is answered with the time it is here. Whoever knows the sid may look, and nobody
else: a head holds what a browser says of its owner.
"""

from __future__ import annotations

import re
import time
from typing import Any, Protocol
from urllib.parse import parse_qs

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ..protocol.codec import SAFE_INTEGER, decode, encode, packed
from ..protocol.errors import Refused
from ..registry.identity import public_id
from ..serving.sockets import Sockets
from ..serving.trace import HEAD, Trace

EVERY = 0.05  # s between two looks of one line
TOLD = 24 << 10  # bytes of events that one look tells, about
LINES, CLIENTS = 64, 8  # lines that look, clients of one
SAID = 4096  # bytes a page may say at once
DEPTH = 4  # of what it may ask back

SID = re.compile(r"[A-Za-z0-9_-]{22}")
SECRET = re.compile(r"((?:[?&])sid=)[^& ]*+")
HIDDEN = ("authorization", "cookie")


class Kept(Protocol):
    """Where the traces are: the meter's."""

    def trace(self, client: str) -> Trace: ...


class Said(msgspec.Struct):
    """What a page says: at whom it looks, each by its sid and with the events it has, or a ping."""

    look: dict[str, int] = {}
    ping: Any = msgspec.UNSET


class Looks:
    """All lines on which pages look."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self._lines = Sockets(LINES, EVERY)

    def routes(self) -> list[WebSocketRoute]:
        return [WebSocketRoute("/lab/trace", self._line)]

    async def _line(self, socket: WebSocket) -> None:
        looked: dict[str, int] = {}  # sid → events it has

        async def tell() -> None:
            if news := self._news(looked):
                await socket.send_text(encode({"events": news}).decode())

        async def hear(text: str) -> None:
            said = parsed(text)
            if said.ping is not msgspec.UNSET:
                pong = packed(said.ping, SAID, DEPTH).decode()
                await socket.send_text(f'{{"pong":{pong},"now":{time.time() * 1000}}}')
            looked.update({sid: n for sid, n in said.look.items() if SID.fullmatch(sid)})
            while len(looked) > CLIENTS:
                looked.pop(next(iter(looked)))  # the one looked at first: a page's clients take new sids

        await self._lines.serve(socket, tell, hear)

    def _news(self, looked: dict[str, int]) -> dict[str, Any]:
        """What is new, as much as one look tells: the rest waits until that has been sent."""
        news, room = {}, TOLD
        for others, sid in zip(range(len(looked) - 1, -1, -1), list(looked), strict=True):
            trace = self.kept.trace(public_id(sid.encode()))
            missed, events = trace.after(looked[sid], room // (others + 1))
            looked[sid] += missed + len(events)
            if events or missed > 0:
                news[sid] = [max(0, missed), [told(event) for event in events]]
            room -= sum(len(event[4]) for event in events if isinstance(event[4], bytes))
        return news


def parsed(text: str) -> Said:
    """Refused: too long, no JSON of this kind, or a number of events that is none."""
    if len(text) > SAID:
        raise Refused("too_large", f"{SAID} bytes say all that can be said here")
    said = decode(text, Said)
    if not all(0 <= n <= SAFE_INTEGER for n in said.look.values()):
        raise Refused("bad_parameter", "the events one has are a number from 0 to 2^53")
    return said


def told(event: tuple[Any, ...]) -> list[Any]:
    """An event as JSON has it: times in ms, heads as texts."""
    exchange, at, kind, size, more = event
    if kind == "ask":
        more = asked(more)
    elif isinstance(more, bytes):
        more = shortened(more.decode("latin-1"))
    return [exchange, round(at * 1000, 2), kind, size, more]


def asked(kept: bytes) -> dict[str, Any]:
    """A request: what it asks for, its mark (`t`, which a client makes for each), and its head without secrets."""
    line, *lines = kept[1:].decode("latin-1").split("\r\n")
    method, _, target = line.removesuffix(" HTTP/1.1").partition(" ")
    path, _, query = target.partition("?")
    head = "\r\n".join([hidden(line), *map(shown, lines)])
    return {
        "name": path.rpartition("/")[2],
        "method": method,
        "mark": parse_qs(query).get("t", [""])[0],
        "new": kept.startswith(b"+"),
        "head": head + "…" if len(kept) > HEAD else head,
    }


def shortened(head: str) -> str:
    return head + "…" if len(head) >= HEAD else head


def shown(line: str) -> str:
    name, colon, _value = line.partition(": ")
    return f"{name}{colon}…" if name in HIDDEN else hidden(line)


def hidden(text: str) -> str:
    """A text without the sids in it."""
    return SECRET.sub(r"\1…", text)
