"""The answer: the rules of HTTP for it that uvicorn and the application leave open."""

from __future__ import annotations

from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..transports.scope import served

BODILESS = (204, 304)
KEPT = {"type", "method", "http_version"}  # of the scope of a stream


def answered(app: Any, cycle: Any) -> Any:
    """The application, as one request sees it."""
    until_close = False

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            nonlocal until_close
            if message["type"] == "http.response.start":
                until_close = begin(cycle, scope, message)
            elif until_close and not message.get("more_body", False):
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        if cycle.waiting_for_100_continue and not waits(scope):
            cycle.waiting_for_100_continue = False
        try:
            await app(scope, receive, tell)
        except ClientDisconnect:  # it went away in the middle of its own request: no fault of ours
            if not cycle.disconnected:
                raise

    return answer


def whole(app: ASGIApp) -> ASGIApp:
    """The application, and what goes on when it has returned, without what it had to know of the request."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        by = served(scope)
        if by is not None and by.rest is not None:
            rest, by.rest = by.rest, None
            kept = {name: scope[name] for name in KEPT & scope.keys()}
            scope.clear()  # for whoever else holds it
            scope.update(kept)
            await rest(scope, receive, send)

    return answer


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
