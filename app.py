"""The program: builds the hub, the chat room, the transports and the page, and serves them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bundle import bundle
from chat import chat as chat_room
from clients import Clients
from edge import LOCAL, Edge, on_http_error, on_refused
from errors import Refused
from hub import Hub
from lab.feed import Feeds
from lab.links import Links
from lab.meter import Meter
from lab.trace import Traces
from limits import DEFAULTS, Limits, flags
from server import listen, server_for, url_of
from transports import headed
from transports.emit import bye, emit, hello
from transports.longpoll import longpoll
from transports.poll import poll
from transports.sse import sse
from transports.ws import ws

WEB = Path(__file__).parent / "web"
SWEEP = 0.25  # s between two looks at whose time is over
POLICY = "default-src 'self'; connect-src 'self' ws: wss: {own}; img-src 'self' data:; frame-ancestors 'none'"


class Files(StaticFiles):
    """Files served as written. A module must not go stale between two reloads: ask each time, by ETag."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def build(
    hub: Hub | None = None,
    *,
    limits: Limits = DEFAULTS,
    allow_hosts: Iterable[str] = (),
    allow_origins: Iterable[str] = (),
    chat: bool = True,
) -> Starlette:
    """The whole lab around a hub: its own, or the one given, whose limits then hold."""
    hub = hub or Hub(limits)
    clients = Clients(hub)
    links, meter, feeds = Links(), Meter(), Feeds(hub)
    if chat:
        chat_room(hub)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(sweep(clients))
        yield
        feeds.stop()
        sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping

    app = Starlette(
        routes=[
            *wire(clients),
            *links.routes(),
            *meter.routes(),
            *Traces(meter).routes(),
            *feeds.routes(),
            *page([*LOCAL, *allow_hosts]),
        ],
        middleware=[Middleware(Edge, hosts=allow_hosts, origins=allow_origins)],
        exception_handlers={Refused: on_refused, HTTPException: on_http_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # /poll/ is no name of ours: 404, not the way to one
    app.state.hub, app.state.clients, app.state.links, app.state.meter = hub, clients, links, meter
    app.state.feeds = feeds
    return app


async def sweep(clients: Clients) -> None:
    while True:
        await asyncio.sleep(SWEEP)
        clients.sweep()


def wire(clients: Clients) -> list[Route | WebSocketRoute]:
    """The wire protocol."""

    async def not_upgraded(_request: Request) -> Response:
        raise Refused("upgrade_required", "this is a WebSocket: the upgrade did not arrive")

    return [
        Route("/poll", headed(clients, poll(clients))),
        Route("/longpoll", headed(clients, longpoll(clients))),
        Route("/sse", headed(clients, sse(clients), "text/event-stream")),
        WebSocketRoute("/ws", ws(clients)),
        Route("/ws", not_upgraded),
        Route("/emit", emit(clients), methods=["POST"]),
        Route("/bye", bye(clients), methods=["POST"]),
        Route("/hello", hello(clients)),
    ]


def policy(host: str, names: Iterable[str]) -> str:
    """What the page may load: nothing from outside. It may use any of our names: six connections are for each."""
    _, colon, port = host.rpartition(":")
    own = (f"http://{name}{colon}{port}" for name in names if ":" not in name)  # the policy knows no IPv6 addresses
    return POLICY.format(own=" ".join(own))


def page(names: Iterable[str]) -> list[Route | Mount]:
    """The page, the client, and the client as one classic script. `names`: those of this server."""
    entry = WEB / "client" / "socket.js"
    script = bundle(entry).encode() if entry.exists() else b""

    async def index(request: Request) -> Response:
        headers = {"Content-Security-Policy": policy(request.headers["host"], names), "Cache-Control": "no-cache"}
        return FileResponse(WEB / "index.html", headers=headers)

    async def classic(_request: Request) -> Response:
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    folders = [name for name in ("client", "page", "lessons") if (WEB / name).is_dir()]
    return [
        Route("/", index),
        Route("/socket.io/socket.io.js", classic),
        *(Mount(f"/{name}", Files(directory=WEB / name)) for name in folders),
    ]


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A lab of transports: poll, longpoll, sse, ws, and the way between.")
    parser.add_argument("--host", default=os.environ.get("LAB_HOST", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", type=int, default=int(os.environ.get("LAB_PORT", "3000")), help="0 = any free one")
    parser.add_argument("--allow-host", action="append", default=[], help="a name this server goes by")
    parser.add_argument("--allow-origin", action="append", default=[], help="an origin whose pages may use this server")
    group = parser.add_argument_group("limits", "each also settable in the environment, as LAB_NAME")
    for name, kind, meaning in flags():
        text = os.environ.get(f"LAB_{name.upper()}")
        default = getattr(DEFAULTS, name) if text is None else kind(text)
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default, help=meaning.replace("%", "%%"))
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    chosen: dict[str, Any] = vars(options(arguments))
    limits = Limits(**{name: chosen[name] for name, _kind, _meaning in flags()})
    hosts = [*chosen["allow_host"], chosen["host"]]
    app = build(limits=limits, allow_hosts=hosts, allow_origins=chosen["allow_origin"])
    try:
        listener = listen(chosen["host"], chosen["port"])
    except (OSError, OverflowError) as error:
        where = f"{chosen['host']}:{chosen['port']}"
        print(f"cannot listen on {where}: {error}; choose another with --port", file=sys.stderr)
        return 1
    print(f"Transport Fallback is at {url_of(listener)}  (Ctrl-C ends it)", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server_for(app).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
