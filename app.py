"""The program: builds the hub, the chat room, the transports and the page, and serves them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from chat import chat as chat_room
from clients import Clients
from edge import LOCAL, Edge, on_http_error, on_refused
from errors import Refused
from hub import Hub
from lab.classroom import Classroom, announce, listen_everywhere, more_files
from lab.feed import Feeds
from lab.links import Links
from lab.meter import Meter
from lab.trace import Traces
from limits import DEFAULTS, Limits, flags
from pages import page
from server import listen, server_for, url_of
from transports import headed
from transports.emit import bye, emit, hello
from transports.longpoll import longpoll
from transports.poll import poll
from transports.sse import sse
from transports.ws import ws

SWEEP = 0.25  # s between two looks at whose time is over


def build(
    hub: Hub | None = None,
    *,
    limits: Limits = DEFAULTS,
    allow_hosts: Iterable[str] = (),
    allow_origins: Iterable[str] = (),
    everywhere: bool = False,
    chat: bool = True,
) -> Starlette:
    """The whole lab around a hub: its own, or the one given, whose limits then hold.

    `everywhere`: this machine's addresses are names of this server, whichever it has.
    """
    hub = hub or Hub(limits)
    classroom = Classroom(allow_hosts, everywhere=everywhere)
    hosts = [*allow_hosts, *classroom.names()]
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
            *classroom.routes(),
            *page([*LOCAL, *hosts]),
        ],
        middleware=[Middleware(Edge, hosts=hosts, origins=allow_origins, knows=classroom.knows)],
        exception_handlers={Refused: on_refused, HTTPException: on_http_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # /poll/ is no name of ours: 404, not the way to one
    app.state.hub, app.state.clients, app.state.links, app.state.meter = hub, clients, links, meter
    app.state.feeds, app.state.classroom = feeds, classroom
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


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A lab of transports: poll, longpoll, sse, ws, and the way between.")
    parser.add_argument("--host", default=os.environ.get("LAB_HOST", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", type=int, default=int(os.environ.get("LAB_PORT", "3000")), help="0 = any free one")
    parser.add_argument(
        "--class", action="store_true", help="open the lab to everybody on this network, on all addresses"
    )
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
    host, port, everywhere = chosen["host"], chosen["port"], chosen["class"]
    if everywhere:
        host, limits = "127.0.0.1", replace(limits, per_sid=True)
        more_files()
    hosts = [*chosen["allow_host"], host]
    app = build(limits=limits, allow_hosts=hosts, allow_origins=chosen["allow_origin"], everywhere=everywhere)
    try:
        listeners = listen_everywhere(listen, port) if everywhere else [listen(host, port)]
    except (OSError, OverflowError) as error:
        print(f"cannot listen on {host}:{port}: {error}; choose another with --port", file=sys.stderr)
        return 1
    port = listeners[0].getsockname()[1]
    here = f"http://{host}:{port}" if everywhere else url_of(listeners[0])
    print(f"Transport Fallback is at {here}  (Ctrl-C ends it)", flush=True)
    if everywhere:
        announce(app.state.classroom.addresses(port))
    with contextlib.suppress(KeyboardInterrupt):
        server_for(app).run(sockets=listeners)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
