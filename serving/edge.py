"""The edge: which hosts and origins may ask, and how every refusal looks.

A browser sends cookies and opens WebSockets across origins without asking; what protects a hub that any page could
reach is that Host and Origin are checked, on http and ws alike. A Host nobody gave this server is a page that had its
own name point here (DNS rebinding). An <img> of another site asks without an Origin: Sec-Fetch-Site tells that.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..protocol.codec import encode
from ..protocol.errors import Refused
from ..transports.request import SERVER
from .names import PORTS, Names, checked_origin, origin_of, parts_of

log = logging.getLogger(__name__)

HEADERS = "Authorization, Content-Type, Last-Event-ID"
EXPOSED = "Retry-After"  # to a page of another origin; where several servers share a log, which of them answers, too
FILES = frozenset(("GET", "HEAD"))
TOLD = 100  # refused origins that are told to whoever runs the server


def refusal(refused: Refused) -> Response:
    """The error in the protocol's form, for HTTP."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if refused.retry is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refused.retry)))
    if refused.code in ("too_large", "bad_type"):
        headers["Connection"] = "close"  # the rest of the body is not read
    return Response(encode(refused.as_json()), refused.status, headers, "application/json")


async def on_refused(_request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return refusal(refused)


async def on_gone(_request: Request, _left: Exception) -> Response:
    """A client that hangs up in the middle of a request is no news, and hears no answer."""
    return refusal(Refused("bad_request", "the body did not come"))


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: "not_found", 405: "bad_method"}
    refused = Refused(known.get(error.status_code, "bad_request"), f"{request.method} here: {error.detail}")
    response = refusal(refused)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers.setdefault("Allow", listed(FILES))
    return response


def listed(methods: Iterable[str]) -> str:
    return ", ".join(sorted(methods))


def methods_of(route: BaseRoute) -> frozenset[str]:
    if isinstance(route, Route):
        return frozenset(route.methods or ())
    return FILES if isinstance(route, Mount) else frozenset()


def across(headers: Headers) -> str | None:
    """The origin of a page that is told that it may ask.

    One that asks its own server, as its browser says, needs no leave: CORS is about the others.
    """
    return headers.get("origin") if headers.get("sec-fetch-site") != "same-origin" else None


def exposed(server: str | None) -> str:
    """What such a page may read of the headers."""
    return EXPOSED if server is None else f"{EXPOSED}, {SERVER}"


def matches(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is not Match.NONE


class Rules:
    """Which hosts and origins may ask."""

    def __init__(
        self,
        names: Names,
        origins: Iterable[str] = (),
        open_to_all: Callable[[str], bool] = lambda path: False,
    ) -> None:
        self.names = names
        self.origins = set(map(checked_origin, origins))
        self.open_to_all = open_to_all  # a path that pages of other sites may load or lead to: it is a file of ours
        self._told: set[str] = set()

    def check(self, headers: Headers, path: str) -> bool:
        """Whether there is an Origin, and it is our own. Refused: a host or an origin that is not."""
        hosts = headers.getlist("host")
        host = parts_of(hosts[0]) if len(hosts) == 1 else None
        if host is None or host[0] not in self.names:
            raise Refused("bad_host", "this server does not go by that name; --allow-host NAME makes it one")
        asking = headers.get("origin")
        if asking is None:
            if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not self.open_to_all(path):
                raise Refused("bad_origin", "a page of another site asks, and does not say which")
            return False
        found = origin_of(asking)
        if found is None or found not in self.origins and not self.own(found, host[1]):
            self.tell(found)
            raise Refused("bad_origin", "pages of that origin may not ask here; --allow-origin makes it one")
        return True

    def own(self, origin: str, port: int | None) -> bool:
        """Whether this is one of our names at the port that was asked."""
        scheme, _, authority = origin.partition("://")
        parts, default = parts_of(authority), PORTS.get(scheme)
        if parts is None or default is None:
            return False
        return parts[0] in self.names and (parts[1] or default) == (port or default)

    def tell(self, origin: str | None) -> None:
        """Print which page was turned away and what would let it in: its author sees but a failed request."""
        if origin is not None and origin not in self._told and len(self._told) < TOLD:
            self._told.add(origin)
            log.warning("refused a page of %s; --allow-origin %s lets its like in", origin, origin)


class Edge:
    """Middleware around everything: Host, Origin, CORS, no caching of what is read, and which of several servers it is.

    `server()`: the name of this one; None: it is alone, and nobody is told.
    """

    def __init__(self, app: ASGIApp, *, rules: Rules, server: Callable[[], str | None] = lambda: None) -> None:
        self.app, self.rules, self.server = app, rules, server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        try:
            own = self.rules.check(headers, scope["path"].removeprefix(scope.get("root_path", "")))
        except Refused as refused:
            return await refusal(refused)(scope, receive, send)  # a ws handshake is denied the same way
        if scope["type"] == "http":
            send = self.sending(send, across(headers) if own else None, self.server())
            if scope["method"] == "OPTIONS":
                return await self.preflight(headers, scope)(scope, receive, send)
        await self.app(scope, receive, send)

    def preflight(self, headers: Headers, scope: Scope) -> Response:
        """The methods of this address; for a page that asks, all that there are."""
        routes: list[BaseRoute] = scope["app"].routes
        here = {method for route in routes if matches(route, scope) for method in methods_of(route)}
        allow = {"Allow": listed(here | {"OPTIONS"})}
        if "access-control-request-method" in headers:
            allow |= {
                "Access-Control-Allow-Methods": listed({method for route in routes for method in methods_of(route)}),
                "Access-Control-Allow-Headers": HEADERS,
                "Access-Control-Max-Age": "600",
            }
        return Response(status_code=204, headers=allow)

    @staticmethod
    def sending(send: Send, origin: str | None, server: str | None) -> Send:
        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.add_vary_header("Origin")
                if server is not None:
                    headers[SERVER] = server
                if origin is not None:
                    headers["Access-Control-Allow-Origin"] = origin  # the exact echo; no credentials
                    headers["Access-Control-Expose-Headers"] = exposed(server)
            await send(message)

        return wrapped
