"""The answer: the rules of HTTP for it that uvicorn and the application leave open."""

from __future__ import annotations

from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..transports.scope import served

BODILESS = (204, 304)
KEPT = {"type", "method", "http_version"}  # of the scope of a stream


class Whole:
    """The application, and what goes on when it has returned, without what it had to know of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        rest = rest_of(scope)
        if rest is not None:
            await rest(scope, receive, send)


class Answered:
    """The same, as one request sees it."""

    __slots__ = ("_cycle", "_scope", "_send", "_until_close", "_whole")

    def __init__(self, whole: Whole, cycle: Any) -> None:
        self._whole, self._cycle = whole, cycle
        self._scope: Scope
        self._send: Send
        self._until_close = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle, self._scope, self._send = self._cycle, scope, send
        if cycle.waiting_for_100_continue and not waits(scope):
            cycle.waiting_for_100_continue = False
        try:
            await self._whole.app(scope, receive, self.tell)
            rest = rest_of(scope)
            if rest is not None:
                await rest(scope, receive, self.tell)
        except ClientDisconnect:  # it went away in the middle of its own request: no fault of ours
            if not cycle.disconnected:
                raise

    async def tell(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._until_close = begin(self._cycle, self._scope, message)
        elif self._until_close and not message.get("more_body", False):
            self._cycle.expected_content_length = len(message.get("body", b""))
        await self._send(message)


def rest_of(scope: Scope) -> ASGIApp | None:
    """What goes on of this request; from now on its scope says no more of it than that needs. None: nothing."""
    by = served(scope)
    if by is None or by.rest is None:
        return None
    rest, by.rest = by.rest, None
    kept = {name: scope[name] for name in KEPT & scope.keys()}
    scope.clear()  # for whoever else holds it
    scope.update(kept)
    return rest


def waits(scope: Scope) -> bool:
    """Whether a client that expects `100 Continue` has a body and a version that knows it (RFC 9110, 10.1.1)."""
    sent = {name: value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")}
    return scope["http_version"] == "1.1" and bool(sent) and sent.get(b"content-length") != b"0"


def begin(cycle: Any, scope: Scope, message: Message) -> bool:
    """Make the head of an answer fit its connection. Returns whether its end is that of the connection."""
    headers = list(message.get("headers", []))
    names = {name.lower() for name, _ in headers}
    if cycle.waiting_for_100_continue:
        cycle.keep_alive = False  # whether the body follows now, nobody knows (RFC 9110, 10.1.1)
    if not cycle.keep_alive:  # uvicorn says that it closes; a stream's `keep-alive` beside it would contradict it
        headers = [(name, value) for name, value in headers if name.lower() != b"connection"]
    message["headers"] = headers
    if scope["http_version"] == "1.1" or b"content-length" in names:
        return False
    if scope["method"] == "HEAD" or message["status"] in BODILESS:
        return False
    # HTTP/1.0 knows no chunks (RFC 9112, 6.1): the answer ends with the connection.
    cycle.chunked_encoding, cycle.expected_content_length = False, 1 << 62
    return True
