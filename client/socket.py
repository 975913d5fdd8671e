"""The client: emit and on, over whatever transport is alive.

    async with io("http://127.0.0.1:3000") as socket:

        @socket.on("s2c")
        def heard(data): ...

        answer = await socket.emit("c2s", {"user": "Ada", "content": "hello"})

Reading goes on from one cursor, whatever carries it, so switching, repeating and reading twice lose nothing and hand
on nothing twice. Run as a program it is a chat in a terminal: python client/socket.py http://127.0.0.1:3000 --name Ada
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import inspect
import itertools
import math
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Self

from websockets.exceptions import InvalidHandshake

from . import options
from .acks import Acks
from .address import Elsewhere
from .alarm import Alarm
from .handlers import Handlers, Messages
from .http import Answer, Http
from .ladder import RUNGS, Attempt, End, Ladder, Note, Open, Shut, Tell
from .outbox import Emit
from .reading import Position, Reading, not_beyond
from .sentences import Part, part
from .transports import TRANSPORTS, Line, broke, refused, turned_away
from .wayup import WayUp
from .wire import Ack, Batch, ClosedError, EmitError, Gap, Greeting, Message, checked, decode, packed

__all__ = ["ClosedError", "EmitError", "Message", "Socket", "io"]

POST_SECONDS = 30.0  # s after which nobody waits for a POST any more
GREETING_SECONDS = 10.0  # s for the answer to /hello
NETWORKS = 8  # remembered while this client lives
REDIRECTS = 8  # sentences about where this client was not led, told once each
CLOSES = {4001: "kicked", 4003: "refused", 4010: "gone"}  # the same words as a ws says them
BYE_SECONDS = 1.0  # s a closing client waits for its `bye` to arrive, and for handlers to end


class Socket:
    """One client: its secret, its place in the log, its emits, and the pipes that carry them."""

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
        """`network`, `verdicts`: where this client was last and what it learnt there, as `socket.network`,
        `socket.verdicts` told it; the times of `every`, `heartbeat`, `hold` are in s.
        """
        self.http = Http(url)
        self.clock = options.function("clock", clock)
        self.chance = options.function("chance", chance)
        self._every = options.every(every)
        self._history = options.count("history", history)
        known: dict[str, Any] = {
            "network": options.a(str, "network", network),
            "verdicts": options.a(dict, "verdicts", verdicts),
            "wall": lambda: time.time() - clock(),
            "now": clock(),
        }
        beats: dict[str, Any] = {
            "heartbeat": options.seconds("heartbeat", heartbeat, *options.BEATS),
            "hold": options.seconds("hold", hold, *options.BEATS),
            "every": self._every,
        }
        self.ladder = Ladder(options.rungs("transports", transports), chance=chance, **beats, **known)
        self.repeats = 0  # messages thrown away because they had been handed on
        if use != "auto":
            self.ladder.use(options.rung("use", use, self.ladder.rungs.names), clock())
        self.way = WayUp(self)
        self._position = Position()
        self._acks = Acks(self._position)
        self._late_acks = Alarm(clock, self._read_acks)
        self._handlers = Handlers()
        self._lines: dict[int, Line] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._alarm = Alarm(clock, self._tick)
        self._asked = itertools.count(1)
        self._begun = False
        self._over: ClosedError | None = None  # why this client is at its end
        self._leaving: asyncio.Task[None] | None = None
        self._fresh = True  # the next `connect` is that of a client the server did not know
        self._news: Gap | None = None  # what the first batch said was lost
        self._networks: dict[str, dict[str, Any]] = {}  # what was learnt on those before this one
        self._told = True  # whether the loss that made this sid necessary was told
        self._redirects = set[str]()  # that were not followed, and told
        self._new_sid()

    def _new_sid(self) -> None:
        self._sid = secrets.token_urlsafe(16)
        self._birth = self._position.cursor  # where the server finds out that it does not know this sid

    # ---- what an application says: on, emit, use, close

    def on(self, event: str, handler: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """Run a handler for each `event`: `socket.on("s2c", f)` or `@socket.on("s2c")`. "*" hears every event.

        It is given as many of (data, reply, message) as it takes; of "*": (event, data, message). A plain function
        runs at once and in order, a coroutine function as a task begun in order. What it returns answers a message
        that asks.
        """
        options.heard(event)
        if handler is None:
            return lambda decorated: self.on(event, options.function("a handler", decorated))
        self._handlers.add(event, options.function("a handler", handler))
        return handler

    def once(self, event: str) -> asyncio.Future[Any]:
        """The data of the next `event`. ClosedError: this client is at its end, and none will come."""
        future = self._handlers.wait(options.heard(event))
        self._end_waits()
        return future

    def off(self, event: str, handler: Callable[..., Any] | None = None) -> None:
        """Forget one handler of `event`, or all of them."""
        self._handlers.remove(event, handler)

    def emit(self, event: str, data: Any = None) -> asyncio.Future[Any]:
        """Send an event up. Awaiting the result gives the ack's data. EmitError: refused, here or by the server."""
        emit = Emit(checked(event), packed(data), asyncio.get_running_loop().create_future(), self.clock())
        emit.done.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody has to await it
        if self._over:
            emit.done.set_exception(EmitError("gone", str(self._over)))
        else:
            self.way.outbox.add(emit)
            asyncio.get_running_loop().call_soon(self.way.flush)  # what is emitted in one turn goes up together
        return emit.done

    def send(self, data: Any = None) -> asyncio.Future[Any]:
        return self.emit("message", data)

    def use(self, rung: str, *, strict: bool = False) -> None:
        """Read by this transport only, or "auto". What reads now goes on until it does; `strict` lets go first."""
        known = options.rung("use", rung, ("auto", *self.ladder.rungs.names))
        self.ladder.use(known, self.clock(), strict=strict)
        self._obey()

    def cut(self) -> None:
        """Cut every line, as if the network had."""
        self.ladder.cut(self.clock())
        self._obey()

    def retry(self) -> None:
        """Try again now: no rest, no pause."""
        self.ladder.retry(self.clock())
        self._obey()

    def forget(self) -> None:
        """Forget what was learnt about this server's transports."""
        self._networks.clear()
        self.ladder.forget(self.clock())
        self._obey()

    def connect(self) -> Self:
        """Begin, or come back as a new client after the end. Needs no await; `ready` waits for the first batch."""
        if self._over:
            self._start_over()
        self._begun = True
        self.ladder.start(self.clock())
        self._obey()
        return self

    async def ready(self) -> Self:
        """Wait until the first batch is here. ClosedError: the server does not want this client, or it was closed."""
        if self._over:
            raise self._over.again()
        if not self._begun:
            raise ClosedError("closed", "not begun: say connect(), or enter the socket with `async with`")
        if not self.connected:
            await self.once("connect")
        return self

    async def close(self) -> None:
        """Leave: tell the server, end every pipe, wait until nothing of this socket runs any more."""
        if self._over is None or self._over.code != "closed":
            self._leaving = asyncio.get_running_loop().create_task(self._leave(asyncio.current_task(), *self._let_go()))
        if self._leaving:
            await asyncio.shield(self._leaving)

    def _let_go(self) -> tuple[set[asyncio.Task[Any]], dict[str, str] | None, bytes]:
        """End all this client does, in one step: who says connect() from now on is another client. Returns what still
        runs, and with what the server is told.
        """
        known = self._over is None and (self.cursor is not None or self.way.outbox.count > 0)
        running = self._tasks | self._handlers.tasks
        self._over = ClosedError("closed", "this socket was closed")
        self.ladder.stop(self.clock())
        self._obey()
        self.way.stop()
        bearer, words = (self.bearer(), self.way.outbox.last_words(self.clock())) if known else (None, b"")
        self._give_back("the socket was closed before the ack came")
        return running, bearer, words

    async def _leave(
        self,
        caller: asyncio.Task[Any] | None,
        running: set[asyncio.Task[Any]],
        bearer: dict[str, str] | None,
        words: bytes,
    ) -> None:
        last = self._handlers.tasks - running  # the handlers of `disconnect`, which have a moment
        await _end_tasks(running - {caller})  # a handler may close its own socket
        if bearer:
            await self._bye(bearer, words)
        if last:
            await asyncio.wait(last, timeout=BYE_SECONDS)
        if self._over:
            await _end_tasks(last)
            self.http.close()

    def _turned_out(self, why: ClosedError) -> None:
        """The server does not want this client: nothing of it goes on, and whoever waits is told."""
        self._over = why
        self.way.stop()
        self._give_back(str(why))

    def _give_back(self, message: str) -> None:
        """Nothing goes up any more. What was never sent is known not to have come."""
        self._acks.end()
        self._late_acks.set(math.inf)
        sent, unsent = self.way.outbox.give_up(math.inf)
        self.fail(sent, "unknown", message)
        self.fail(unsent, "gone", message)
        self._end_waits()

    def _end_waits(self) -> None:
        if why := self._over:
            self._handlers.end(why, lambda: self._over is why)

    async def __aenter__(self) -> Self:
        return self.connect()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def transport(self) -> str | None:
        """The transport in use, None while nobody reads."""
        return self.ladder.current.rung if self.ladder.current else None

    @property
    def connected(self) -> bool:
        return self.ladder.connected

    @property
    def id(self) -> str:
        """The public name: what a server makes of the sid."""
        return base64.urlsafe_b64encode(hashlib.sha256(self._sid.encode()).digest()).decode()[:10]

    @property
    def cursor(self) -> str | None:
        return self._position.cursor

    @property
    def decisions(self) -> list[Note]:
        """What the ladder tried and why, oldest first."""
        return list(self.ladder.notes)

    @property
    def network(self) -> str | None:
        """The name the server gave the network this client is on."""
        return self.ladder.network

    @property
    def verdicts(self) -> dict[str, Any]:
        """What was learnt about each rung on this network: plain data, for another `Socket` to begin with."""
        return self.ladder.verdicts

    @property
    def messages(self) -> Messages:
        """The messages from now on, for `async for`."""
        messages = self._handlers.listen()
        self._end_waits()
        return messages

    # ---- what the transports use

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._sid}", "Accept": "*/*"}

    def target(self, name: str, **params: Any) -> str:
        """The path and query that ask on from the own cursor; `t` is against caches."""
        history = self._history if self.cursor is None and self._history else None
        return self.http.target(name, {"cursor": self.cursor, "history": history, **params, "t": next(self._asked)})

    async def question(self, line: Line, name: str, **params: Any) -> Batch:
        """One request that one batch answers."""
        line.reading = Reading(self.cursor)
        async with self.http.asking("GET", self.target(name, **params), self.bearer(), b"") as answer:
            if answer.status != 200:
                raise refused(answer, await answer.body())
            if answer.kind == "application/json":
                self.opened(line)
            return decode(await answer.body(), Batch)

    def opened(self, line: Line) -> None:
        self.ladder.opened(line.pipe.number, self.clock())
        self._obey()

    # ---- obeying the ladder

    def _obey(self, why: ClosedError | None = None) -> None:
        """Do what was decided, and come back when time alone decides. `why`: it may be that the client is refused."""
        self._follow(why)
        self.way.use(self.ladder.current is not None, self._pipe())

    def _follow(self, why: ClosedError | None = None) -> None:
        for decision in self.ladder.decisions():
            if isinstance(decision, Open):
                line = self._lines[decision.attempt.number] = Line(decision.attempt, Reading(self.cursor))
                line.task = self.spawn(self._read(line))
            elif isinstance(decision, Shut):
                self._drop(decision.attempt)
            elif isinstance(decision, Tell):
                self._tell(decision.event, decision.detail)
        self._alarm.set(self.ladder.due)
        if self._begun and self.ladder.stopped and self._over is None:
            self._turned_out(why or ClosedError("gone", "the server does not want this client"))

    def _pipe(self) -> Line | None:
        """The line in use."""
        return self._lines.get(self.ladder.current.number) if self.ladder.current else None

    def _drop(self, attempt: Attempt) -> None:
        line = self._lines.pop(attempt.number, None)
        if line and line.task and line.task is not asyncio.current_task():
            line.task.cancel()

    def _tick(self) -> None:
        self.ladder.tick(self.clock())
        self._obey()

    def spawn(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # ---- reading

    async def _read(self, line: Line) -> None:
        """Carry batches from one pipe until it ends, and say why it did."""
        try:
            async with contextlib.aclosing(TRANSPORTS[line.pipe.rung](self, line)) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    self._take(line, batch)
                    if line.pipe.number not in self._lines:
                        return  # let go of while that was handed on: a task cannot be cancelled by itself
            end = End("lost", "it ended")
        except End as why:
            end = why
        except (OSError, EOFError, ValueError, InvalidHandshake) as error:
            if isinstance(error, Elsewhere):
                self._redirected(str(error))
            end = broke(error)
        self._lines.pop(line.pipe.number, None)
        detail = {"code": end.code, "message": end.why}
        if end.kind in ("refused", "over"):
            self._tell("error", detail)
        self.ladder.ended(line.pipe.number, end, self.clock())
        self._obey(_word(detail) if end.kind in ("refused", "over") else None)
        if turned_away(end) and self.ladder.current is None:
            self.way.shut(end)

    def _redirected(self, message: str) -> None:
        """Said once: a portal redirects whoever comes, until it lets them in, so it is tried on."""
        if message not in self._redirects and len(self._redirects) < REDIRECTS:
            self._redirects.add(message)
            self._tell("error", {"code": "redirected", "message": message})

    def _take(self, line: Line, batch: Batch) -> None:
        if line.pipe.number not in self._lines:
            return  # let go of just now: what it brings comes again elsewhere
        taken = self._position.take(line.reading, batch)
        self.repeats += len(batch.messages) - len(taken.messages)
        forgotten = self._forgotten(line.reading, taken.gap)
        if batch.more and self._expected(line.reading, taken.gap):
            self._birth = self.cursor  # until it has caught up, a server may tell of the same loss again
        self._news = taken.gap
        self._fresh = self._fresh or forgotten
        self.ladder.heard(line.pipe.number, self.clock())
        self._follow()  # what was sent waits: to a server that has forgotten us it would be new
        if taken.gap and (gap := self._untold(line.reading, taken.gap)):
            self._tell("gap", {"reason": gap.reason, "missed": gap.missed})
        for message in taken.messages:
            self._hand_on(message)
        if forgotten:
            self._renew(told=True)
        self._read_acks()
        self._obey()

    def _expected(self, reading: Reading, gap: Gap | None) -> bool:
        """Whether this is the `away` of a sid that was just made."""
        return gap is not None and gap.reason == "away" and not_beyond(reading.asked, self._birth)

    def _forgotten(self, reading: Reading, gap: Gap | None) -> bool:
        return gap is not None and gap.reason in ("epoch", "away") and not self._expected(reading, gap)

    def _untold(self, reading: Reading, gap: Gap) -> Gap | None:
        """The loss that the application has not been told of."""
        told, self._told = self._told, True
        if not (told and self._expected(reading, gap)):
            return gap
        return Gap("trimmed", gap.trimmed) if gap.trimmed else None

    def _start_over(self) -> None:
        """Be another client in the same place: the sid before cannot come back."""
        self.way.forget()
        self._new_sid()
        self._over, self._told, self._fresh = None, False, True

    def _renew(self, *, told: bool) -> None:
        """The server has forgotten this client: go on as a new one, from the own cursor."""
        old = self.bearer()
        lost = self.way.forget()
        self._acks.end()
        self._late_acks.set(math.inf)
        self.fail(lost, "unknown", "the server has forgotten this client: nobody knows whether this came")
        self._new_sid()
        self._told = told
        self.ladder.note(self.clock(), part("forgotten"))
        self.ladder.renew(self.clock())
        self._obey()
        self.spawn(self._bye(old, b""))

    async def _bye(self, bearer: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError):
            async with asyncio.timeout(BYE_SECONDS):
                await self.http.ask("POST", self.http.target("bye", {}), bearer, body)

    # ---- handing on

    def _hand_on(self, message: Message) -> None:
        seq, sid = message.seq, self._sid

        def reply(data: Any = None) -> None:
            if message.ack and sid == self._sid:
                self.way.outbox.reply(seq, packed(data))
                asyncio.get_running_loop().call_soon(self.way.flush)

        self._handlers.hand_on(message, reply)

    def _tell(self, event: str, detail: dict[str, Any]) -> None:
        """One event of the life cycle."""
        if event == "connect":
            missed = 0 if self._news is None else self._news.missed
            detail = {**detail, "fresh": self._fresh, "missed": missed}
            self._fresh = False
            self.spawn(self._greet())
        self._handlers.tell(event, detail)

    async def _greet(self) -> None:
        """Learn which network this is; what was learnt on another says nothing here."""
        with contextlib.suppress(OSError, EOFError, ValueError, End):
            async with asyncio.timeout(GREETING_SECONDS):
                answer, text = await self.hello()
            name = decode(text, Greeting).network if answer.status == 200 else ""
            if name and name != self.network:
                if self.network:
                    self._networks[self.network] = self.verdicts
                    for old in list(self._networks)[:-NETWORKS]:
                        del self._networks[old]
                self.ladder.on_network(name, self._networks.pop(name, {}), self.clock())
                self._obey()

    # ---- what the way up needs

    async def post(self, body: bytes) -> tuple[Answer, bytes]:
        headers = {**self.bearer(), "Content-Type": "application/json"}
        async with asyncio.timeout(POST_SECONDS):
            return await self.http.ask("POST", self.http.target("emit", {}), headers, body)

    async def hello(self) -> tuple[Answer, bytes]:
        return await self.http.ask("GET", self.http.target("hello", {"t": next(self._asked)}), self.bearer())

    def done(self, emit: Emit, ack: Ack) -> None:
        """An emit has its ack; it is told when the reading has come as far."""
        late = self._every if self.transport == "poll" else 0.0

        def tell() -> None:
            if ack.error:
                self.fail([emit], ack.error.code, ack.error.message)
            elif not emit.done.done():
                emit.done.set_result(ack.data)

        self._acks.add(ack.cursor, tell, self.clock(), late)
        self._late_acks.set(self._acks.due)

    def _read_acks(self) -> None:
        self._acks.read(self.clock())
        self._late_acks.set(self._acks.due)

    def forgotten(self) -> None:
        self._renew(told=False)

    def over(self, end: End) -> None:
        """The server's word is no, whatever carries it."""
        detail = {"code": end.code, "message": end.why}
        self._tell("error", detail)
        self.ladder.stop(self.clock(), end.why, [Part("text", {"text": end.why})])
        self._obey(_word(detail))

    def deaf(self, line: Line) -> None:
        """Nothing goes up by a line that still comes down: its rung has failed."""
        self.ladder.deaf(line.pipe.number, self.clock())
        self._obey()

    def doubt(self, line: Line) -> None:
        """What went up by a line has no answer."""
        self.ladder.doubt(line.pipe.number, self.clock())
        self._obey()

    def alive(self, line: Line) -> None:
        """It had one after all: only a handler is slow."""
        self.ladder.alive(line.pipe.number, self.clock())
        self._obey()

    def fail(self, emits: Iterable[Emit], code: str, message: str) -> None:
        for emit in emits:
            if not emit.done.done():
                emit.done.set_exception(EmitError(code, message))


def _word(detail: dict[str, Any]) -> ClosedError:
    """The server's word, for whoever waits."""
    code, message = CLOSES.get(detail["code"], str(detail["code"])), str(detail["message"])
    return ClosedError(code, message.removeprefix(f"{code}: "))


async def _end_tasks(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=BYE_SECONDS)  # one that will not end must not hold the others


def io(url: str, **said: Any) -> Socket:
    """A client of the server at `url`, to be entered with `async with`; the options are those of `Socket`."""
    known = [name for name in inspect.signature(Socket).parameters if name != "url"]
    for name in said:
        if name not in known:
            raise TypeError(f"io: there is no option {name!r}; there are {', '.join(known)}")
    return Socket(url, **said)
