"""The server: how uvicorn is run, so that no client can hold what is everybody's."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Host, Mount
from starlette.types import ASGIApp

from .answer import Whole
from .carry import Forms, is_on
from .door import Door, opens, straight
from .doors import Doors
from .http import Http
from .listener import Listener
from .memory import Memory
from .turns import Turns
from .ws import Ws

SEND_BUFFER = 128 << 10  # bytes the kernel takes for one client; its default swallows megabytes


class Server(uvicorn.Server):
    """uvicorn, which waits for those it is answering: so first answer those who wait for news."""

    signals = True

    def __init__(self, config: uvicorn.Config, lab: Starlette) -> None:
        super().__init__(config)
        self.lab = lab
        self.memory = Memory(lab.state.doors)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on these sockets, or listen as `host` and `port` of the settings say. ValueError: on something else."""
        config = self.config
        if sockets is None:
            if config.uds is not None or config.fd is not None:
                raise ValueError("for a socket of another kind, say run(sockets=[…])")
            sockets = [listen(config.host, config.port)]
            self.lab.state.names.add(config.host)
        await self.lab.state.life.open()
        await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but for who takes the connections. Sockets are always given: see `listen`."""
        await super().startup(sockets=[])
        doors = self.lab.state.doors
        for one in sockets or ():
            one.listen(self.config.backlog)
        self.servers = [Listener(one, self._protocol, doors) for one in sockets or ()]  # type: ignore[misc]

    def _protocol(self) -> asyncio.Protocol:
        config: Any = self.config
        protocol: asyncio.Protocol = config.http_protocol_class(config, self.server_state, self.lifespan.state)
        return protocol

    async def on_tick(self, counter: int) -> bool:
        self.memory.look()
        if self.lab.state.hub.log.failed:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        state = self.lab.state
        state.links.thaw()  # a network that hangs is not waited for
        await state.life.drain()
        await state.links.close()
        await super().shutdown(sockets)
        await state.life.end()  # where no lifespan has done so

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            end_by(sig)  # asked twice: at once
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if not self.signals:
            yield
            return
        with super().capture_signals():
            yield


def end_by(sig: int) -> None:
    """End this process as the signal does that nobody handles, so that whoever sent it sees so."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    signal.signal(sig, signal.SIG_DFL)
    signal.raise_signal(sig)
    os._exit(128 + sig)  # the first process of a container is spared (pid_namespaces(7))


def labs_in(app: ASGIApp) -> Iterator[tuple[Starlette, str]]:
    """Every application that `build` made: this one, or those mounted in it, each with the path it is mounted at."""
    waiting = [(app, "")]
    while waiting:
        one, path = waiting.pop()
        if isinstance(one, Starlette) and hasattr(one.state, "life"):
            yield one, path
        else:
            inner = [route for route in getattr(one, "routes", ()) if isinstance(route, Mount | Host)]
            waiting += [(route.app, path + getattr(route, "path", "")) for route in inner]


def lab_in(app: ASGIApp) -> Starlette:
    """The application that `build` made: this one, or the one mounted in it. ValueError: none, or several."""
    found = [lab for lab, _path in labs_in(app)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} applications of `build` are in this one, and one there must be: say lab=…")
    return found[0]


def server_for(app: ASGIApp, lab: Starlette | None = None, /, **settings: Any) -> Server:
    """The server for an application of `build`, or for another in which `lab`, found if it can be, is mounted."""
    state = (lab := lab or lab_in(app)).state
    state.links.mounted(next((path for one, path in labs_in(app) if one is lab), ""))
    limits = state.hub.limits
    state.doors = Doors(limits)
    shared = {"limits": limits, "meter": state.meter, "doors": state.doors, "turns": Turns()}
    shared["beats"] = state.hub.turn.beats
    shared["straight"] = straight(app, lab)
    shared["forms"] = Forms(state.meter.totals, limits) if is_on() and shared["straight"] else None
    door = Door(state.clients, state.rules) if is_on() and opens(app, lab) else None
    config = uvicorn.Config(
        Whole(app),
        http=type("Http", (Http,), {**shared, "links": state.links, "door": door}),
        ws=type("Ws", (Ws,), shared),
        ws_max_size=limits.body,
        ws_per_message_deflate=False,  # 64 KiB a connection, and no comparison of bytes would be fair
        workers=1,  # a log in memory has one process: two would be two logs
        proxy_headers=False,  # or anybody could claim any address
        server_header=False,
        access_log=False,  # a query may hold a sid
        log_level="error",  # bytes of a stranger that are no HTTP are no news
        timeout_graceful_shutdown=1,
        lifespan="auto",
        **settings,
    )
    return Server(config, lab)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections inherit a small send buffer. OSError: the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen(2048)
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.asynccontextmanager
async def running(
    app: ASGIApp, host: str = "127.0.0.1", port: int = 0, *, lab: Starlette | None = None
) -> AsyncIterator[str]:
    """Serve `app` in this event loop, by the name `host` too. Yields its URL; leaving drains it.

    `port`: 0 is any free one. `lab`: the application of `build` where several are mounted in `app`. OSError: the port
    is taken. ValueError: no application of `build` is in `app`, or several are.

    SIGTERM, where nobody else minds it, drains and cancels the body; when all has unwound, the process ends by it. A
    second one ends it at once. SIGINT is `asyncio.run`'s, which cancels its task: so that leaves, too.
    """
    server = server_for(app, lab)
    server.signals = False
    server.lab.state.names.add(host)
    listener = listen(host, port)
    with terminated(server):
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                if serving.done():
                    serving.result()
                await asyncio.sleep(0.005)
            yield url_of(listener)
        finally:
            server.should_exit = True
            await serving


@contextlib.contextmanager
def terminated(server: Server) -> Iterator[None]:
    """Let SIGTERM stop this server and cancel the body, unless somebody minds that signal already."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told = False

    def stop() -> None:
        nonlocal told
        if told:
            end_by(signal.SIGTERM)
        told = True
        atexit.register(end_by, signal.SIGTERM)
        if not server.should_exit and task is not None:  # else it is leaving, and must not be kept from draining
            server.should_exit = True
            task.cancel()

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    if told:
        raise SystemExit(128 + signal.SIGTERM)
