"""The edge: which hosts and origins may ask, and how every refusal looks.

A browser sends cookies and opens WebSockets across origins without asking; what protects a hub that any page could
reach is that Host and Origin are checked, on http and ws alike. A Host nobody gave this server is a page that had its
own name point here (DNS rebinding).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codec import encode
from errors import Refused

LOCAL = ("localhost", "127.0.0.1", "::1")
METHODS = "GET, HEAD, POST, PUT"
HEADERS = "Authorization, Content-Type, Last-Event-ID"
PORTS = {"http": 80, "https": 443}


def refusal(refused: Refused) -> Response:
    """The error in the protocol's form, for HTTP."""
    headers = {"Cache-Control": "no-store"}
    if refused.retry is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refused.retry)))
    if refused.code in ("too_large", "bad_type"):
        headers["Connection"] = "close"  # the rest of the body is not read
    return Response(encode(refused.as_json()), refused.status, headers, "application/json")


async def on_refused(_request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return refusal(refused)


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: "not_found", 405: "bad_method"}
    refused = Refused(known.get(error.status_code, "bad_request"), f"{request.method} here: {error.detail}")
    response = refusal(refused)
    response.headers.update(error.headers or {})
    return response


def name_and_port(host: str, scheme: str) -> tuple[str, int | None] | None:
    """Split a Host or the authority of an Origin; None: it is none."""
    try:
        parts = urlsplit(f"//{host}")
        if parts.username is not None or parts.path or parts.query or not parts.hostname:
            return None
        return parts.hostname, parts.port or PORTS.get(scheme)
    except ValueError:
        return None


class Edge:
    """Middleware around everything: Host, Origin, CORS, and no caching of what is read."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        knows: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.app = app
        self.knows = knows  # a name that this server has now, though it had it not when it began
        self.hosts = {host.lower().strip("[]") for host in (*LOCAL, *hosts)}
        self.origins = {origin.lower().rstrip("/") for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        try:
            own = self.check(headers, origin)
        except Refused as refused:
            return await refusal(refused)(scope, receive, send)  # a ws handshake is denied the same way
        if scope["type"] == "http":
            send = self.sending(send, origin if own else None)
            if scope["method"] == "OPTIONS":
                return await self.preflight(headers)(scope, receive, send)
        await self.app(scope, receive, send)

    def own(self, name: str) -> bool:
        return name in self.hosts or self.knows(name)

    def check(self, headers: Headers, origin: str | None) -> bool:
        """Whether there is an Origin, and it is our own. Refused: a host or an origin that is not."""
        hosts = headers.getlist("host")
        host = name_and_port(hosts[0], "http") if len(hosts) == 1 else None
        if host is None or not self.own(host[0]):
            raise Refused("bad_host", "this server does not go by that name; --allow-host NAME makes it one")
        if origin is None:
            return False
        scheme, _, authority = origin.lower().partition("://")
        asked = name_and_port(authority, scheme) if scheme in PORTS else None
        _name, port = name_and_port(hosts[0], scheme) or host
        own = asked is not None and self.own(asked[0]) and asked[1] == port
        if not own and origin.lower() not in self.origins:
            raise Refused("bad_origin", "pages of that origin may not ask here; --allow-origin makes it one")
        return True

    def preflight(self, headers: Headers) -> Response:
        allow = {"Allow": f"{METHODS}, OPTIONS"}
        if "access-control-request-method" in headers:
            allow |= {
                "Access-Control-Allow-Methods": METHODS,
                "Access-Control-Allow-Headers": HEADERS,
                "Access-Control-Max-Age": "600",
            }
        return Response(status_code=204, headers=allow)

    @staticmethod
    def sending(send: Send, origin: str | None) -> Send:
        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.add_vary_header("Origin")
                if origin is not None:
                    headers["Access-Control-Allow-Origin"] = origin  # the exact echo; no credentials
                    headers["Access-Control-Expose-Headers"] = "Retry-After"
            await send(message)

        return wrapped
