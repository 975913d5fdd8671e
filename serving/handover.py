"""Handover: what a connection of HTTP becomes, a WebSocket or another's that leads it through a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..transports.scope import Link
from .connection import Connection
from .heads import head_of, is_handshake


class Links(Protocol):
    """The taker of connections that ask to come through a network, before the parser has seen a byte."""

    def claims(self, data: bytes) -> bool | None:
        """Whether a request that begins so asks for that. None: that cannot be told yet."""

    def carry(
        self, transport: asyncio.Transport, data: bytes, serve: Callable[[Link | None], asyncio.Protocol]
    ) -> None:
        """Take a connection that begins so. `serve(link)` makes the server's end behind a link; None: of none."""


def parser_of(connection: HttpToolsProtocol) -> httptools.HttpRequestParser:
    """A parser as uvicorn makes it."""
    parser = httptools.HttpRequestParser(connection)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


class Handover(Connection, HttpToolsProtocol):
    """The part of a connection that lets go of it."""

    _heard = 0  # bytes of the request so far

    @property
    def _line(self) -> tuple[bytes, str]:
        """The method and the version of the request."""
        return self.parser.get_method(), self.parser.get_http_version()

    def _should_upgrade(self) -> bool:
        return is_handshake(*self._line, self.headers)

    def _upgrade(self) -> None:
        self._let_go()
        rest = bytes(self._input)
        self._input.clear()
        protocol: Any = self.ws_protocol_class(self.config, self.server_state, self.app_state)  # type: ignore[call-arg, misc]
        protocol.link, protocol.origin = self.link, self.origin
        self.real.set_protocol(protocol)
        protocol.connection_made(self.transport)
        protocol.upgraded(head_of(b"GET", self.url, "1.1", self.headers), rest)

    def _ignore(self) -> None:
        """Parse the request as if it had not offered anything: the parser takes what follows an offer for no HTTP."""
        method, version = self._line
        if method == b"CONNECT":
            return self.send_400_response("this is no proxy")
        kept = [header for header in self.headers if header[0] != b"upgrade"]
        self.parser = parser_of(self)
        self.parser.feed_data(head_of(method, self.url, version, kept))

    def _hand_over(self, links: Links) -> None:
        """Give away a connection that asks for a link."""
        self._let_go()
        self.doors.leave(self)
        data = bytes(self._input)
        self._input.clear()
        self._heard = 0
        links.carry(self.real, data, self._again)

    def _let_go(self) -> None:
        """The connection is another's from now on."""
        self._disarm()
        self._moving()
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        self.release()

    def _again(self, link: Link | None) -> asyncio.Protocol:
        """Another protocol for the same client: at the far end of a link, or for its connection that comes back."""
        protocol = type(self)(self.config, self.server_state, self.app_state)
        protocol.link, protocol.origin = link, None if link is None else self.client
        return protocol
