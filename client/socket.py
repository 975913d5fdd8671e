"""The client: emit and on, over whatever transport is alive.

    async with io("http://127.0.0.1:3000") as socket:

        @socket.on("s2c")
        def heard(data): ...

        answer = await socket.emit("c2s", {"user": "Ada", "content": "hello"})

Reading goes on from one cursor, whatever carries it, so switching, repeating and reading twice lose nothing and hand
on nothing twice.

An application also hears the life of its client. Each of these events brings a dict:

    connecting      {"transport"}                     a transport answers
    connect         {"transport", "fresh", "missed"}  it reads; fresh: to the server this client is new; missed: see gap
    disconnect      {"reason"}                        nothing has read for 1.5 s
    reconnecting    {"attempt", "waitMs"}             it is tried again, for the nth time, after so many ms
    reconnect       {"transport", "attempt"}          it reads again
    connect_failed  {"message"}                       everything was tried once, in vain; trying goes on
    switch          {"from", "to", "why", "gapMs"}    another transport reads, after so many ms without
    gap             {"reason", "missed"}              messages may be lost, so many at most; None: nobody can tell
    error           {"code", "message"}               the server refused something, or a handler failed
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from typing import Any, Self, Unpack

from . import options
from .ladder import RUNGS, Ladder, Note
from .messages import BehindError, Messages
from .options import Options
from .outbox import Emit
from .requests import Requests
from .session import Session
from .wire import ClosedError, EmitError, Message, checked, packed

__all__ = ["BehindError", "ClosedError", "EmitError", "Message", "Messages", "Options", "Socket", "io"]


class Socket:
    """A client of one server: what an application says and asks. `Options` says what may be said when it is made."""

    def __init__(
        self,
        url: str,
        *,
        use: str = "auto",
        transports: Iterable[str] = RUNGS,
        every: float = 1.0,
        history: int = 0,
        heartbeat: float = 15.0,
        hold: float = 20.0,
        network: str | None = None,
        verdicts: dict[str, Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = options.function("clock", clock)
        requests = Requests(url, options.count("history", history))
        known: dict[str, Any] = {
            "network": options.a(str, "network", network),
            "verdicts": options.a(dict, "verdicts", verdicts),
            "wall": lambda: time.time() - clock(),
            "now": clock(),
        }
        beats: dict[str, Any] = {
            "heartbeat": options.seconds("heartbeat", heartbeat, *options.BEATS),
            "hold": options.seconds("hold", hold, *options.BEATS),
            "every": options.every(every),
        }
        chance = options.function("chance", chance)
        self._ladder = Ladder(options.rungs("transports", transports), chance=chance, **beats, **known)
        if use != "auto":
            self._ladder.use(options.rung("use", use, self._ladder.rungs.names), clock())
        self.session = Session(requests, self._ladder, every=beats["every"], clock=clock, chance=chance)

    # ---- what an application says

    def on(self, event: str, handler: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """Run a handler for each `event`: `socket.on("s2c", f)` or `@socket.on("s2c")`. "*" hears every event.

        It is given as many of (data, reply, message) as it takes; of "*": (event, data, message). A plain function
        runs at once and in order, a coroutine function as a task begun in order. What it returns answers a message
        that asks.
        """
        options.heard(event)
        if handler is None:
            return lambda decorated: self.on(event, options.function("a handler", decorated))
        self.session.handlers.add(event, options.function("a handler", handler))
        return handler

    def once(self, event: str) -> asyncio.Future[Any]:
        """The data of the next `event`. ClosedError: this client is at its end, and none will come."""
        future = self.session.handlers.wait(options.heard(event))
        self.session.end_waits()
        return future

    def off(self, event: str, handler: Callable[..., Any] | None = None) -> None:
        """Forget one handler of `event`, or all of them."""
        self.session.handlers.remove(event, handler)

    def emit(self, event: str, data: Any = None) -> asyncio.Future[Any]:
        """Send an event up: `data` is JSON of 16 KiB and 8 levels at most. Awaiting the result gives the ack's data,
        what the server's handler returned. EmitError: refused, here at once or by the server; or, with the codes
        `unknown`, `unsent` and `gone`, nobody answers. Who does not await sends all the same.
        """
        emit = Emit(checked(event), packed(data), asyncio.get_running_loop().create_future(), self._clock())
        emit.done.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody has to await it
        self.session.emit(emit)
        return emit.done

    def send(self, data: Any = None) -> asyncio.Future[Any]:
        """Emit `message`."""
        return self.emit("message", data)

    def use(self, rung: str, *, strict: bool = False) -> None:
        """Read by this transport only, or "auto". What reads now goes on until it does; `strict` lets go first."""
        known = options.rung("use", rung, ("auto", *self._ladder.rungs.names))
        self._ladder.use(known, self._clock(), strict=strict)
        self.session.runner.obey()

    def cut(self) -> None:
        """Cut every line, as if the network had."""
        self._ladder.cut(self._clock())
        self.session.runner.obey()

    def retry(self) -> None:
        """Try again now: no rest, no pause."""
        self._ladder.retry(self._clock())
        self.session.runner.obey()

    def forget(self) -> None:
        """Forget what was learnt about this server's transports."""
        self.session.networks.forget()
        self._ladder.forget(self._clock())
        self.session.runner.obey()

    def connect(self) -> Self:
        """Begin, or come back as a new client after the end. Needs no await; `ready` waits for the first batch."""
        self.session.start()
        return self

    async def ready(self) -> Self:
        """Wait until the first batch is here. ClosedError: the server does not want this client, or it was closed."""
        if self.session.over:
            raise self.session.over.again()
        if not self.session.begun:
            raise ClosedError("closed", "not begun: say connect(), or enter the socket with `async with`")
        if not self.connected:
            await self.once("connect")
        return self

    async def close(self) -> None:
        """Leave: tell the server, end every run, wait until nothing of this socket runs any more."""
        await self.session.close()

    async def __aenter__(self) -> Self:
        return self.connect()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def transport(self) -> str | None:
        """The transport in use, None while nobody reads."""
        return self._ladder.current.rung if self._ladder.current else None

    @property
    def connected(self) -> bool:
        """Whether it reads, or has not been without a reader for longer than 1.5 s."""
        return self._ladder.connected

    @property
    def id(self) -> str:
        """The public name: what a server makes of the sid."""
        return self.session.requests.sid.id

    @property
    def cursor(self) -> str | None:
        """The position in the log, as the server gave it. None: nothing has come yet."""
        return self.session.position.cursor

    @property
    def decisions(self) -> list[Note]:
        """What the ladder tried and why, oldest first."""
        return list(self._ladder.notes)

    @property
    def network(self) -> str | None:
        """The name the server gave the network this client is on."""
        return self._ladder.network

    @property
    def verdicts(self) -> dict[str, Any]:
        """What was learnt about each rung on this network: plain data, for another `Socket` to begin with."""
        return self._ladder.verdicts

    @property
    def messages(self) -> Messages:
        """The messages from now on, for `async for`: a new reader each time, which keeps what it has not read, 10,000
        messages at most. BehindError: more came. ClosedError: the server does not want this client.
        """
        messages = self.session.handlers.listen()
        self.session.end_waits()
        return messages


def io(url: str, **said: Unpack[Options]) -> Socket:
    """A client of the server at `url`, `http://127.0.0.1:3000` or under a path, to be entered with `async with`.
    TypeError, ValueError: something that was said cannot be meant, and what would have been right.
    """
    for name in said:
        if name not in Options.__annotations__:
            raise TypeError(f"io: there is no option {name!r}; there are {', '.join(Options.__annotations__)}")
    return Socket(url, **said)
