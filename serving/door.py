"""The door: polls that need nobody to be waited for are answered here, before ASGI. The fast way; see serving/carry.py.

It only ever says yes. Whoever is new, has left, asks too often or in a way that is not simple goes on to Starlette as
if there were no door, and hears there what is wrong: so births, refusals and HEAD have one place. What it answers is
the same to the byte, in the figures and in the trace.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Host, Mount
from starlette.types import ASGIApp

from ..log.batch import Cursor
from ..protocol.errors import Refused
from ..registry.again import asks_again
from ..registry.client import Client
from ..registry.clients import Clients
from ..transports.request import SERVER, server_of
from .edge import Edge, Rules, across, exposed, matches
from .life import Lived

PLACES = {b"/poll": "poll", b"/longpoll": "longpoll"}
SAID = frozenset((b"sid", b"cursor", b"every", b"hold", b"t"))  # all that a simple question says
SECONDS = {"poll": (b"every", 100, 60_000), "longpoll": (b"hold", 1, 30)}  # whatever is beyond is cut elsewhere
DIGITS = re.compile(rb"[0-9]{1,5}")
EDGE = frozenset((b"host", b"origin", b"sec-fetch-site"))
NOT_SIMPLE = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))

REST = (  # of a head, after the length
    b"\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
    b"x-content-type-options: nosniff\r\nvary: Origin\r\n"
)

Raw = list[tuple[bytes, bytes]]


class Visitor:
    """What a connection asked with last, and what came of it: mostly it asks with the same again."""

    __slots__ = ("bearer", "by", "client", "sid", "tail")

    def __init__(self) -> None:
        self.by: Raw = []  # the headers that say who asks from where
        self.tail: bytes | None = None  # None: it may not
        self.bearer: bytes | None = None  # the sid, where a header says it
        self.sid = b""
        self.client: Client | None = None


class Question(NamedTuple):
    """A poll that the door takes."""

    transport: str
    client: Client
    cursor: Cursor
    number: float | None  # ms between two polls, s of a hold; None: as the limits say
    tail: bytes  # of the head of its answer: what is said to a page of another origin


class Door:
    """The door of one server."""

    def __init__(self, clients: Clients, rules: Rules) -> None:
        self.clients, self.rules = clients, rules
        self._date: Raw = []
        self._head = self._rest = b""

    def question(self, url: bytes, headers: Raw | None, visitor: Visitor) -> Question | None:
        """What is asked, if it is simple and its answer needs nobody. `headers`: None, if they are those of before."""
        path, _, query = url.partition(b"?")
        transport = PLACES.get(path)
        if transport is None or b"%" in query or b"+" in query:
            return None
        try:
            said: dict[bytes, bytes] = dict([field.split(b"=", 1) for field in query.split(b"&")])
        except ValueError:  # one that says nothing
            return None
        if len(said) != query.count(b"&") + 1 or not said.keys() <= SAID or b"cursor" not in said:
            return None
        if headers is not None and not self._knows(visitor, headers, path):
            return None
        sid = said.get(b"sid", visitor.bearer)
        name, least, most = SECONDS[transport]
        number = said.get(name)
        if sid is None or visitor.bearer is not None and b"sid" in said:
            return None
        if number is not None and not (DIGITS.fullmatch(number) and least <= int(number) <= most):
            return None
        try:
            cursor = Cursor.parse(said[b"cursor"].decode())
            known = visitor.client if sid == visitor.sid else None
            client = asks_again(self.clients, sid.decode(), cursor, known, paced=transport == "poll")
        except (Refused, UnicodeDecodeError):
            return None
        visitor.sid, visitor.client = sid, client
        if client is None or visitor.tail is None:
            return None
        return Question(transport, client, cursor, None if number is None else int(number), visitor.tail)

    def _knows(self, visitor: Visitor, headers: Raw, path: bytes) -> bool:
        """Whether these headers ask for nothing but the answer, and by whom they are said may have it."""
        by: Raw = []
        visitor.bearer = None
        for header in headers:
            name, value = header
            if name in EDGE:
                by.append(header)
            elif name in NOT_SIMPLE or name == b"connection" and value.lower() != b"keep-alive":
                return False
            elif name == b"authorization":
                if value[:7].lower() != b"bearer " or visitor.bearer is not None:
                    return False
                visitor.bearer = value[7:].strip()
        if by != visitor.by:
            visitor.by, visitor.tail = by, None
            try:
                visitor.tail = self._tail(Headers(raw=by), path)
            except Refused:
                return False
        return visitor.tail is not None

    def _tail(self, headers: Headers, path: bytes) -> bytes:
        """Refused: a host or an origin that may not ask."""
        origin = across(headers) if self.rules.check(headers, path.decode()) else None
        if origin is None:
            return b"\r\n"
        told = b"access-control-allow-origin: %b\r\naccess-control-expose-headers: %b\r\n\r\n"
        return told % (origin.encode("latin-1"), exposed(server_of(self.clients)).encode())

    def head(self, date: Raw, length: int, tail: bytes) -> bytes:
        """The head of an answer of so many bytes. `date`: the headers that the server says with each."""
        if date is not self._date:
            self._date = date
            self._head = b"HTTP/1.1 200 OK\r\n%bcontent-length: " % b"".join(b"%b: %b\r\n" % one for one in date)
            self._rest = REST + signature(server_of(self.clients))
        return b"%b%d%b%b" % (self._head, length, self._rest, tail)


def signature(server: str | None) -> bytes:
    """The line of a head that says which of several servers answers."""
    return b"" if server is None else f"{SERVER.lower()}: {server}\r\n".encode()


def straight(app: ASGIApp, lab: Starlette) -> bool:
    """Whether nobody stands between the server and the lab who may want to see what goes by: mounts only lead there."""
    own: list[object] = [Lived, Edge] if app is lab else []
    if not isinstance(app, Starlette) or [one.cls for one in app.user_middleware] != own:
        return False
    inner = (route.app for route in app.routes if isinstance(route, Mount | Host))
    return app is lab or any(straight(one, lab) for one in inner)


def opens(app: ASGIApp, lab: Starlette) -> bool:
    """Whether polls may be answered before ASGI: nobody has put anything around the lab, or routes before its own."""
    if app is not lab or not straight(app, lab):
        return False
    asked = [
        {"type": "http", "method": "GET", "path": path.decode(), "root_path": "", "headers": []} for path in PLACES
    ]
    first = [next((route for route in lab.routes if matches(route, scope)), None) for scope in asked]
    return bool(first == lab.state.polls)
