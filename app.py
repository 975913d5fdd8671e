"""The program: builds the hub, the chat room, the transports and the page, and serves them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from transport_fallback.chat import chat as chat_room
from transport_fallback.hub import Hub
from transport_fallback.lab.budget import Budget
from transport_fallback.lab.classroom import Classroom, announce, listen_everywhere, more_files
from transport_fallback.lab.feed import Feeds
from transport_fallback.lab.forms import forms
from transport_fallback.lab.guesses import Guesses
from transport_fallback.lab.load import load
from transport_fallback.lab.looks import Looks
from transport_fallback.lab.mirror import Mirror
from transport_fallback.lab.museum import Museum
from transport_fallback.lab.ndjson import NDJSON, ndjson
from transport_fallback.lab.network.links import Links
from transport_fallback.lab.queue import Queues
from transport_fallback.lab.room import STEPS
from transport_fallback.lab.several import Several
from transport_fallback.lab.stages import Stages
from transport_fallback.log.items import Log, NoLog
from transport_fallback.log.memory import Memory
from transport_fallback.protocol.errors import Refused
from transport_fallback.protocol.limits import DEFAULTS, Limits
from transport_fallback.registry.clients import Clients
from transport_fallback.serving.edge import Edge, Rules, on_gone, on_http_error, on_refused
from transport_fallback.serving.flags import options
from transport_fallback.serving.life import Life, Lived
from transport_fallback.serving.memory import settle
from transport_fallback.serving.meter import Meter
from transport_fallback.serving.names import Names, checked_host, checked_origin, name_of
from transport_fallback.serving.pages import is_file, page
from transport_fallback.serving.run import listen, server_for, url_of
from transport_fallback.transports.longpoll import longpoll
from transport_fallback.transports.poll import poll
from transport_fallback.transports.post import bye, emit, hello, ready
from transport_fallback.transports.request import headed, server_of
from transport_fallback.transports.sse import sse
from transport_fallback.transports.ws import ws


def build(
    hub: Hub | None = None,
    *,
    limits: Limits = DEFAULTS,
    allow_hosts: Iterable[str] = (),
    allow_origins: Iterable[str] = (),
    everywhere: bool = False,
    chat: bool = True,
    may_be_killed: bool = False,
) -> Starlette:
    """A Starlette application around a hub: the four transports, the page, and the instruments of the lab.

    `hub`: an application's own, whose limits then hold; by default a new one with `limits`. `allow_hosts`: names of
    this server, without scheme and port. `allow_origins`: origins whose pages may ask, with scheme. `everywhere`: this
    machine's addresses are its names, whichever it has. `chat`: the handlers of the chat room, too. `may_be_killed`:
    whoever may ask it may end it, for a lesson.

    ValueError: limits beside a hub that has its own, a hub that was built already, a name or an origin that no request
    could have.
    """
    if hub is not None and limits not in (DEFAULTS, hub.limits):
        raise ValueError("a hub has its limits already: Hub(Limits(…))")
    hub = hub or Hub(limits)
    given = [checked_host(name) for name in allow_hosts]
    classroom = Classroom(given, everywhere=everywhere)
    names = Names([*given, *filter(name_of, classroom.names())], classroom.knows)
    rules = Rules(names, [*map(checked_origin, allow_origins)], is_file)
    clients = Clients(hub)
    links, meter = Links(), Meter(lambda client: client in hub.roll(), hub.log)
    feeds = Feeds(clients, Budget(hub))
    stages = Stages(clients, {"forms": forms, **STEPS}, wire)
    several = Several(hub, may_be_killed=may_be_killed)
    sweeps = [meter.sweep, links.sweep, stages.sweep]
    life = Life(clients, sweeps=sweeps, on_leave=feeds.stop, drains=[stages.drain])
    Guesses(hub)
    if chat:
        chat_room(hub)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await life.open()
        yield
        await life.end()

    protocol = wire(clients)
    app = Starlette(
        routes=[
            *protocol,
            *links.routes(hub),
            *meter.routes(),
            *Looks(meter).routes(),
            *Mirror().routes(),
            *Queues(clients).routes(),
            Route("/lab/ndjson", headed(clients, ndjson(clients), NDJSON)),
            *stages.routes(),
            *Museum(clients).routes(),
            Route("/lab/load", load(hub)),
            *several.routes(),
            *feeds.routes(),
            *classroom.routes(),
            *page(names),
        ],
        middleware=[
            Middleware(Lived, life=life),
            Middleware(Edge, rules=rules, server=partial(server_of, clients)),
        ],
        exception_handlers={Refused: on_refused, HTTPException: on_http_error, ClientDisconnect: on_gone},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # /poll/ is no name of ours: 404, not the way to one
    app.state.hub, app.state.clients, app.state.links, app.state.meter = hub, clients, links, meter
    app.state.polls, app.state.rules = protocol[:2], rules  # what serving/door.py may answer
    app.state.feeds, app.state.classroom, app.state.life, app.state.names = feeds, classroom, life, names
    app.state.stages, app.state.several = stages, several
    return app


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
        Route("/ready", ready(clients)),
    ]


def log_of(chosen: dict[str, Any]) -> Callable[[Hub], Log]:
    """Where the items of the hub are logged. ImportError: what a shared log needs is not installed."""
    if chosen["log"] is None:
        return Memory
    try:
        from transport_fallback.log.streams.joined import on_redis
    except ModuleNotFoundError as missing:
        raise ImportError(f"{missing.name} is missing: pip install 'transport-fallback[redis]'") from None
    name, called, lease, patience = (chosen[f"log_{one}"] for one in ("name", "as", "lease", "patience"))
    return on_redis(chosen["log"], name=name, called=called or "", lease=lease, patience=patience)


def main(arguments: list[str]) -> int:
    chosen: dict[str, Any] = vars(options(arguments))
    limits, host, port, everywhere = (chosen[name] for name in ("limits", "host", "port", "class"))
    if everywhere:
        host, limits = "127.0.0.1", replace(limits, per_sid=True)
        more_files()
    hosts = [*chosen["allow_host"], host]
    try:
        hub = Hub(limits, log=log_of(chosen))
    except (ImportError, ValueError) as error:
        print(f"the log cannot be opened: {error}", file=sys.stderr)
        return 2
    rules = {"allow_hosts": hosts, "allow_origins": chosen["allow_origin"], "may_be_killed": chosen["may_be_killed"]}
    app = build(hub, everywhere=everywhere, **rules)
    try:
        listeners = listen_everywhere(listen, port) if everywhere else [listen(host, port)]
    except (OSError, OverflowError) as error:
        print(f"cannot listen on {host}:{port}: {error}; choose another with --port", file=sys.stderr)
        return 1
    port = listeners[0].getsockname()[1]
    here = f"http://{host}:{port}" if everywhere else url_of(listeners[0])
    print(f"Transport Fallback is at {here}  (Ctrl-C ends it)", flush=True)
    if everywhere:
        announce(app.state.classroom.addresses(port), port)
    settle()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server_for(app).run(sockets=listeners)
    except (ConnectionError, NoLog) as error:
        print(f"the log cannot be opened: {error}", file=sys.stderr)
        return 1
    return int(hub.log.failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
