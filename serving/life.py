"""The life of an application: what it does beside answering, and its goodbye, whoever serves it."""

from __future__ import annotations

import asyncio
import contextvars
import signal
from collections.abc import Awaitable, Callable, Sequence

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ..registry.clients import Clients
from ..registry.handlers import log
from ..transports.scope import served

SWEEP = 0.25  # s between two looks at whose time is over


class Life:
    """The sweep of one application, in whatever event loop serves it, and its drain, once."""

    def __init__(
        self,
        clients: Clients,
        *,
        sweeps: Sequence[Callable[[], None]],
        on_leave: Callable[[], None],
        drains: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        """`sweeps`: what else is called again and again; `on_leave`: what is called once, before the goodbye; `drains`:
        the goodbyes that are said beside it.
        """
        self.clients, self.sweeps, self.on_leave = clients, (clients.sweep, *sweeps), on_leave
        self.drains = drains
        self.log = clients.hub.log
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: asyncio.TimerHandle | None = None
        self._goodbye: asyncio.Future[None] | None = None
        self._told = False  # somebody else's server was told to stop
        self._opening: asyncio.Task[None] | None = None  # of a log that is opened for each loop

    def begin(self) -> None:
        """Sweep in the loop that runs now, if it is another than before. A timer ends with its loop, unlike a task."""
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        self._loop, self._told = loop, False
        self._revive()
        context = contextvars.Context()  # of no request
        self._next = loop.call_later(SWEEP, self._tick, context=context)
        if not self.log.alone:
            self._opening = loop.create_task(self.log.open(), context=context)
            self._opening.add_done_callback(tell)

    async def open(self) -> None:
        """Begin, and wait until the log is open. An exception says why it cannot be."""
        self.begin()
        if self._opening is not None:
            self._opening.remove_done_callback(tell)  # whoever waits is told
            await asyncio.shield(self._opening)

    def _revive(self) -> None:
        self._goodbye = None
        self.clients.begin()

    def _tick(self) -> None:
        assert self._loop is not None
        self._next = self._loop.call_later(SWEEP, self._tick)
        for sweep in self.sweeps:
            sweep()
        told, self._told = self._told, stopping()
        if self._told and not told:
            self._leave()
        elif told and not self._told:  # that server has stopped, and another serves in this loop
            self._revive()

    def _leave(self) -> asyncio.Future[None]:
        if self._goodbye is None:
            self.on_leave()
            self._goodbye = asyncio.ensure_future(self._say_goodbye())
        return self._goodbye

    async def _say_goodbye(self) -> None:
        await asyncio.gather(self.clients.drain(), *(drain() for drain in self.drains))

    async def drain(self) -> None:
        """Answer who waits and say goodbye: once, however many ask for it."""
        await asyncio.shield(self._leave())

    async def end(self) -> None:
        """Drain, and sweep and read the log no more until it begins again."""
        await self.drain()
        await self.log.close()
        if self._next is not None:
            self._next.cancel()
        self._loop = self._next = None


def tell(opening: asyncio.Task[None]) -> None:
    """Who serves the application may not have waited for its log."""
    if not opening.cancelled() and opening.exception() is not None:
        log.critical("the log cannot be opened: %s", opening.exception())


class Lived:
    """Middleware that begins the life with the first request: Starlette runs no lifespan of a mounted application."""

    def __init__(self, app: ASGIApp, *, life: Life) -> None:
        self.app, self.life = app, life
        self.warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self.life.begin()
            if served(scope) is None:
                self.warn()
        await self.app(scope, receive, send)

    def warn(self) -> None:
        """Say once what does not hold when our own server does not serve."""
        if not self.warned:
            self.warned = True
            log.warning(
                "This is not served by `running` or `server_for`: no deadline for heads and for lines that take no "
                "bytes, no bound on frames and pings, no links and no figures; and an access log quotes sids."
            )


def stopping() -> bool:
    """Whether uvicorn, started by somebody's own command, was told to stop. It tells a mounted application nothing."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return isinstance(server, uvicorn.Server) and server.should_exit
