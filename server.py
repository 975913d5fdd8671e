"""The server: how uvicorn is run, so that no client can hold what is everybody's."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette

from http_protocol import Http
from ws_protocol import Ws

SEND_BUFFER = 128 << 10  # bytes the kernel takes for one client; its default swallows megabytes


class Server(uvicorn.Server):
    """uvicorn, which waits for those it is answering: so first answer those who wait for news."""

    signals = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        state = self.config.app.state  # type: ignore[union-attr]
        state.links.thaw()  # what hangs is not waited for
        await state.clients.drain()
        await state.links.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if not self.signals:
            yield
            return
        with super().capture_signals():
            yield


def server_for(app: Starlette, **settings: Any) -> Server:
    limits = app.state.hub.limits
    config = uvicorn.Config(
        app,
        http=type("Http", (Http,), {"limits": limits, "links": app.state.links, "meter": app.state.meter}),
        ws=type("Ws", (Ws,), {"limits": limits, "meter": app.state.meter}),
        ws_max_size=limits.body,
        ws_per_message_deflate=False,  # 64 KiB a connection, and no comparison of bytes would be fair
        workers=1,  # a log in memory has one process: two would be two logs
        proxy_headers=False,  # or anybody could claim any address
        server_header=False,
        access_log=False,  # a query may hold a sid
        log_level="warning",
        timeout_graceful_shutdown=1,
        lifespan="on",
        **settings,
    )
    return Server(config)


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
async def running(app: Starlette, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `app` in this event loop, as tests and benches do. Yields its URL; leaving drains it."""
    listener = listen(host, port)
    server = server_for(app)
    server.signals = False
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
