"""The session: one client, from its beginning to its end: its sid, its place in the log, its emits and their acks."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from .answers import Answers
from .closings import turned_away, word
from .handlers import Handlers
from .ladder import End, Ladder
from .networks import Networks
from .outbox import Emit
from .reading import Position
from .requests import BYE_SECONDS, Requests
from .run import Run
from .runner import Runner, end_tasks
from .sentences import Part, part
from .sid import Sid
from .wayup import WayUp
from .wire import Ack, Batch, ClosedError, Frame, Gap, Greeting, Message, decode, packed

GREETING_SECONDS = 10.0  # s for the answer to /hello


class Session:
    """What the runner, the way up and an application ask of a client. `every`: s between polls."""

    def __init__(
        self,
        requests: Requests,
        ladder: Ladder,
        *,
        every: float,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self.requests = requests
        self.ladder = ladder
        self.clock = clock
        self.chance = chance
        self.handlers = Handlers()
        self.networks = Networks(ladder)
        self.position = Position()
        self.runner = Runner(self, ladder, self.position, requests, clock)
        self.way = WayUp(self)
        self.over: ClosedError | None = None  # why this client is at its end
        self.begun = False
        self.repeats = 0  # messages thrown away because they had been handed on
        self._every = every
        self.answers = Answers(self.position, clock)
        self._leaving: asyncio.Task[None] | None = None
        self._fresh = True  # the next `connect` is that of a client the server did not know
        self._news: Gap | None = None  # what the first batch said was lost

    def start(self) -> None:
        """Begin, or come back after the end as another client in the same place: the sid before cannot come back."""
        if self.over:
            self.way.forget()
            self._new_sid(told=False)
            self.over, self._fresh = None, True
        self.begun = True
        self.ladder.start(self.clock())
        self.runner.obey()

    def emit(self, emit: Emit) -> None:
        if self.over:
            return self.fail([emit], "gone", str(self.over))
        self.way.outbox.add(emit)
        asyncio.get_running_loop().call_soon(self.way.flush)  # what is emitted in one turn goes up together

    # ---- the end

    async def close(self) -> None:
        """Leave: tell the server, end every run, wait until nothing of this client runs any more."""
        if self.over is None or self.over.code != "closed":
            self._leaving = asyncio.get_running_loop().create_task(self._leave(asyncio.current_task(), *self._let_go()))
        if self._leaving:
            await asyncio.shield(self._leaving)

    def _let_go(self) -> tuple[set[asyncio.Task[Any]], Sid, bytes | None]:
        """End all this client does, in one step: who says connect() from now on is another client. Returns what still
        runs, and who says what to the server; None: it does not know this client.
        """
        known = self.over is None and (self.position.cursor is not None or self.way.outbox.count > 0)
        running = self.runner.tasks | self.handlers.tasks
        self.over = ClosedError("closed", "this socket was closed")
        self.ladder.stop(self.clock())
        self.runner.obey()
        self.way.stop()
        words = self.way.outbox.last_words(self.clock()) if known else None
        self._give_back("the socket was closed before the ack came")
        return running, self.requests.sid, words

    async def _leave(
        self, caller: asyncio.Task[Any] | None, running: set[asyncio.Task[Any]], sid: Sid, words: bytes | None
    ) -> None:
        last = self.handlers.tasks - running  # the handlers of `disconnect`, which have a moment
        await end_tasks(running - {caller})  # a handler may close its own socket
        if words is not None:
            await self.requests.bye(sid, words)
        if last:
            await asyncio.wait(last, timeout=BYE_SECONDS)
        if self.over:
            await end_tasks(last)
            self.requests.http.close()

    def _turned_out(self, why: ClosedError) -> None:
        """The server does not want this client: nothing of it goes on, and whoever waits is told."""
        self.over = why
        self.way.stop()
        self._give_back(str(why))

    def _give_back(self, message: str) -> None:
        """Nothing goes up any more. What was never sent is known not to have come."""
        self.answers.end()
        sent, unsent = self.way.outbox.give_up(math.inf)
        self.fail(sent, "unknown", message)
        self.fail(unsent, "gone", message)
        self.end_waits()

    def end_waits(self) -> None:
        """Whoever waits for what this client hears is told, if it is at its end."""
        if why := self.over:
            self.handlers.end(why, lambda: self.over is why)

    # ---- what the runner tells

    def take(self, run: Run, batch: Batch) -> None:
        asked = run.reading.asked
        taken = self.position.take(run.reading, batch)
        self.repeats += len(batch.messages) - len(taken.messages)
        tell, forgotten = self.requests.sid.hears(taken.gap, asked, self.position.cursor if batch.more else None)
        self._news = taken.gap
        self._fresh = self._fresh or forgotten
        self.ladder.heard(run.attempt.number, self.clock())
        self.runner.follow()  # what was sent waits: to a server that has forgotten us it would be new
        if tell:
            self.tell("gap", {"reason": tell.reason, "missed": tell.missed})
        for message in taken.messages:
            self.handlers.hand_on(message, self._reply(message))
        if forgotten:
            self._renew(told=True)
        self.answers.read()
        self.runner.obey()

    def frame(self, run: Run, frame: Frame) -> None:
        self.way.heard(run, frame)

    def tell(self, event: str, detail: dict[str, Any]) -> None:
        if event == "connect":
            missed = 0 if self._news is None else self._news.missed
            detail = {**detail, "fresh": self._fresh, "missed": missed}
            self._fresh = False
            self.spawn(self.greet())
        self.handlers.tell(event, detail)

    def moved(self, why: ClosedError | None = None) -> None:
        """`why`: it may be that the server does not want this client."""
        if self.begun and self.ladder.stopped and self.over is None:
            self._turned_out(why or ClosedError("gone", "the server does not want this client"))
        self.way.use(self.ladder.current is not None, self.runner.current)

    def ended(self, end: End) -> None:
        self.runner.follow()
        self.moved(word(end) if end.kind in ("refused", "over") else None)
        if turned_away(end) and self.ladder.current is None:
            self.way.shut(end)

    # ---- what the way up asks

    def spawn(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self.runner.spawn(job)

    def answer_time(self, least: float) -> float:
        return self.ladder.answer_time(least)

    def say(self, *parts: Part) -> None:
        self.ladder.note(self.clock(), *parts)

    def done(self, emit: Emit, ack: Ack) -> None:
        polls = self.ladder.current is not None and self.ladder.current.rung == "poll"
        self.answers.done(emit, ack, self._every if polls else 0.0)

    def fail(self, emits: Iterable[Emit], code: str, message: str) -> None:
        self.answers.fail(emits, code, message)

    def forgotten(self) -> None:
        self._renew(told=False)

    def unwanted(self, end: End) -> None:
        self.tell("error", {"code": end.code, "message": end.why})
        self.ladder.stop(self.clock(), end.why, [Part("text", {"text": end.why})])
        self.runner.follow()
        self.moved(word(end))

    def deaf(self, run: Run) -> None:
        self.ladder.deaf(run.attempt.number, self.clock())
        self.runner.obey()

    def doubt(self, run: Run) -> None:
        self.ladder.doubt(run.attempt.number, self.clock())
        self.runner.obey()

    def alive(self, run: Run) -> None:
        self.ladder.alive(run.attempt.number, self.clock())
        self.runner.obey()

    # ---- replies, and being forgotten

    def _reply(self, message: Message) -> Callable[[Any], None]:
        seq, sid = message.seq, self.requests.sid

        def reply(data: Any = None) -> None:
            if message.ack and sid is self.requests.sid:
                self.way.outbox.reply(seq, packed(data))
                asyncio.get_running_loop().call_soon(self.way.flush)

        return reply

    def _renew(self, *, told: bool) -> None:
        """The server has forgotten this client: go on as a new one, from the own cursor."""
        old, lost = self.requests.sid, self.way.forget()
        self.answers.end()
        self.fail(lost, "unknown", "the server has forgotten this client: nobody knows whether this came")
        self._new_sid(told=told)
        self.say(part("forgotten"))
        self.ladder.renew(self.clock())
        self.runner.obey()
        self.spawn(self.requests.bye(old))

    def _new_sid(self, *, told: bool) -> None:
        self.requests.sid = Sid(self.position.cursor, told=told)

    async def greet(self) -> None:
        """Learn which network this is."""
        with contextlib.suppress(OSError, EOFError, ValueError, End):
            async with asyncio.timeout(GREETING_SECONDS):
                answer, text = await self.requests.hello()
            if answer.status == 200 and self.networks.enter(decode(text, Greeting).network, self.clock()):
                self.runner.obey()
