"""Links: a page's own way into the server, through a network that it may change while it runs.

A connection that asks for /via/~LINK/… is taken from the server's protocol before its parser has seen a byte, and
served over a line to a second connection of the same server. So faults act on real bytes of real HTTP, and nobody is
hurt who is not behind the link. The server is told who asks by the object it is given, not by a header.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...hub import Hub
from ...protocol.codec import SAFE_INTEGER, decode
from ...protocol.errors import Refused
from ...protocol.http1 import refusal
from ...protocol.limits import DEFAULTS, file_limit_share
from ...protocol.pace import owner_of
from ...transports.post import body_of
from ...transports.request import payer_of
from ..single import single
from .line import Line
from .linktable import Link, LinkTable
from .table import TABLE, Setting

DIRECT = "direct"  # which each server has by itself
LINES = 128  # connections of one link: a browser opens six, and a WebSocket for each lane
PIPE_BUFFER = 64 << 10  # bytes the kernel takes between a line and the server

NAME = re.compile(r"[A-Za-z0-9_-]{8,32}")
TARGET = rb"/via/(?:~|%7[Ee])([A-Za-z0-9_-]{8,32})(/[^ ]*)"
METHOD = rb"(?:\r\n)*+[A-Z]{1,16} "
FIRST = re.compile(METHOD + TARGET)
UNDECIDED = 80  # bytes of a first line after which it is known whose it is


class Change(msgspec.Struct):
    """What is put to a link."""

    network: str
    seed: int | None = None
    close: bool = False


class Links(LinkTable):
    """All links of one server, and the connections that ask for them."""

    closed = False
    base = b""  # the path at which the application is mounted in another
    target = re.compile(TARGET)
    first = FIRST

    def mounted(self, path: str) -> None:
        """Links begin with this path: an application that is mounted elsewhere has no other addresses."""
        self.base = quote(path, safe="/%:@!$&'()*+,;=~").encode()
        self.target = re.compile(re.escape(self.base) + TARGET)
        self.first = re.compile(METHOD + self.target.pattern)

    # ---- connections

    def claims(self, data: bytes) -> bool | None:
        """Whether a request that begins so is a link's. None: that cannot be told yet."""
        if self.first.match(data):
            return True
        method, space, target = data.lstrip(b"\r\n").partition(b" ")
        if not space:
            return None if len(method) <= 16 and (method.isalpha() and method.isupper() or not method) else False
        begins = self.base + b"/via/"
        known = min(len(target), len(begins))
        if target[:known] != begins[:known] or b" " in target or b"\r" in target or b"\n" in target:
            return False
        return None if len(target) < len(self.base) + UNDECIDED else False

    def carry(self, transport: asyncio.Transport, data: bytes, serve: Callable[..., asyncio.Protocol]) -> None:
        """Serve a connection that begins so over a link. `serve(link)` makes the server's end of a line."""
        found = self.first.match(data)
        assert found is not None
        try:
            if self.closed:
                raise Refused("draining", "the server is stopping", retry=1)
            peer = transport.get_extra_info("peername")
            link = self.use(found[1].decode(), owner_of(str(peer[0]) if peer else ""))
            if len(link.lines) >= LINES:
                raise Refused("full", f"{LINES} connections are open over this link", retry=1)
        except Refused as refused:
            transport.write(refusal(refused))
            return transport.close()
        if self.lines >= file_limit_share() // 8:  # each takes three files
            self.end_a_line()

        async def reach(end: asyncio.Protocol) -> None:
            await pair(lambda: serve(link), end)

        def aim(target: bytes) -> bytes | None:
            inside = self.target.fullmatch(target)
            return self.base + inside[2] if inside and inside[1].decode() == link.name else None

        def leave(transport: Any, rest: bytes) -> None:
            """What it asks now is not on this link."""
            protocol = serve(None)
            protocol.connection_made(transport)
            transport.set_protocol(protocol)
            protocol.data_received(rest)

        Line(link, reach, aim=aim, leave=leave).begin(transport, data)

    # ---- the server's end

    def thaw(self) -> None:
        for link in list(self._links.values()):
            link.thaw()

    async def close(self) -> None:
        """End all lines, when what the server said last has had a moment to pass."""
        self.closed = True
        for _ in range(50):
            lines = [line for link in self._links.values() for line in link.lines]
            if not any(line.busy for line in lines):
                break
            await asyncio.sleep(0.02)
        for link in list(self._links.values()):
            for line in list(link.lines):
                line.close()
            self._forget(link)
        await asyncio.sleep(0)

    # ---- how a page sets them

    def routes(self, hub: Hub) -> list[Route]:
        async def table(_request: Request) -> Response:
            return JSONResponse({"networks": [row.as_json() for row in TABLE]})

        async def setting(request: Request) -> Response:
            name = named(request)
            if request.method != "PUT":
                return JSONResponse((self.find(name) or Link(name)).as_json())
            change = decode(await body_of(request, DEFAULTS), Change)
            if change.seed is not None and not 0 <= change.seed <= SAFE_INTEGER:
                raise Refused("bad_parameter", "seed is a number from 0 to 2^53")
            if change.network != DIRECT:
                single(hub, "a network that does harm")
            try:
                Setting.parse(change.network)
            except ValueError as error:
                raise Refused("bad_parameter", str(error)) from None
            link = self.use(name, payer_of(request))
            link.change(change.network, change.seed)
            link.once = change.close
            return JSONResponse(link.as_json())

        async def astray(request: Request) -> Response:
            named(request)
            raise Refused("bad_request", "a link's requests begin with /via/~LINK/, and no link leads through another")

        return [
            Route("/via", table),
            Route("/via/~{link}", setting, methods=["GET", "PUT"]),
            Route("/via/~{link}/{rest:path}", astray, methods=["GET", "POST", "PUT"]),
        ]


def named(request: Request) -> str:
    name: str = request.path_params["link"]
    if not NAME.fullmatch(name):
        raise Refused("bad_parameter", "a link is named by 8 to 32 letters, digits, _ and -")
    return name


async def pair(serve: Callable[[], asyncio.Protocol], end: asyncio.Protocol) -> None:
    """Connect the two within this process, by a pair of sockets: the server serves it like any other connection."""
    loop = asyncio.get_running_loop()
    theirs, ours = socket.socketpair()
    for one in (theirs, ours):
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIPE_BUFFER)
    try:
        transport, _protocol = await loop.connect_accepted_socket(serve, theirs)
    except BaseException:
        ours.close()
        raise
    try:
        await loop.create_connection(lambda: end, sock=ours)
    except BaseException:
        transport.abort()
        raise
