"""The way up: one pipe at a time, and the next one when it is given up."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple, Protocol

from .alarm import Alarm
from .http import Answer
from .ladder import PAUSE, PAUSE_MOST, End, Ladder
from .outbox import WINDOW, Emit, Outbox, Reply
from .sentences import Part, part
from .transports import Line, broke, refused, turned_away, word
from .wire import Ack, Acks, Fault, Frame, decode

ANSWER = 1.5  # s until a way is given up, or 4 round trips
VOID_PAUSE = 30.0  # s: even nothing was refused, so something else is wrong
TURNED_AWAY = 60.0  # s: what stands on the way and lets nothing up may pass, a sign-in for one, but not for ever
UNHEARD = 300.0  # s in which this client reads, and nothing that goes up is answered
PATIENT = 16  # how many times longer a handler that was found alive may take
POSTS = 3  # requests that may wait for their answers, the given-up ones included
ELSEWHERE = ("not_found", "bad_method", "upgrade_required", "bad_host")  # not about what is in a request; it may pass


class Flight(NamedTuple):
    """One POST under way."""

    emits: list[Emit]
    best: int


class Office(Protocol):
    """What the way up needs of the client."""

    ladder: Ladder
    clock: Callable[[], float]
    chance: Callable[[], float]

    def spawn(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]: ...
    async def post(self, body: bytes) -> tuple[Answer, bytes]: ...
    async def hello(self) -> tuple[Answer, bytes]: ...
    def done(self, emit: Emit, ack: Ack) -> None: ...
    def fail(self, emits: Iterable[Emit], code: str, message: str) -> None: ...
    def forgotten(self) -> None: ...
    def over(self, end: End) -> None: ...
    def deaf(self, line: Line) -> None: ...
    def doubt(self, line: Line) -> None: ...
    def alive(self, line: Line) -> None: ...


class WayUp:
    """Sends what is in the outbox, by the ws that reads or by POST, and takes the acks."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.outbox = Outbox()
        self._alive = False  # something reads: while nothing does, emits once sent wait
        self._pipe: Line | None = None  # the ws that reads
        self._deaf: Line | None = None  # it was given up, until it is heard again
        self._silent: Line | None = None  # it was given up and did not answer the ping either
        self._way: Line | None = None  # the ws in use; None: POST
        self._posted = -math.inf  # when a POST brought acks last
        self._post: Flight | None = None  # the POST with emits under way, unless it was given up
        self._flights: dict[asyncio.Task[None], Flight] = {}
        self._alarm = Alarm(office.clock, self._rang)
        self._resume = -math.inf  # nothing goes up before this time
        self._calm = -math.inf  # when a ping was answered or asked last
        self._patience = 1
        self._failures = 0
        self._shut_since = math.inf  # since when nothing goes up, though this client reads
        self._alone = 0  # up to this n each emit goes alone
        self._client = 0  # answers to a sid before this one say nothing

    def use(self, alive: bool, pipe: Line | None) -> None:
        """What reads now; `pipe` is its ws, or None."""
        pipe = pipe if pipe is not None and pipe.up is not None else None
        if alive and not self._alive:
            self._shut_since = math.inf
        if alive and not self._alive or self._way not in (None, pipe):
            self._again()
        if self._way is not pipe:
            self._way = None
        self._alive, self._pipe = alive, pipe
        self.flush()

    def forget(self) -> list[Emit]:
        """The client has a new sid: what was sent is lost, and returned; what was not goes up under the new one."""
        self.stop()
        self._client += 1
        self._alive, self._pipe, self._way, self._deaf, self._silent = False, None, None, None, None
        self._alone, self._failures, self._resume, self._shut_since = 0, 0, -math.inf, math.inf
        return self.outbox.forget()

    def stop(self) -> None:
        self._alarm.set(math.inf)
        for task in self._flights:
            task.cancel()
        self._flights, self._post = {}, None

    def flush(self) -> None:
        """Send what may go."""
        now = self.office.clock()
        if self._alive and now >= self._resume:
            self._choose()
            if self._way is not None:
                self._send_frames(self._way, now)
            else:
                self._send_posts(now)
        self._arm(now)

    def heard(self, line: Line, frame: Frame) -> None:
        """A frame came down a ws: acks count on any, a refusal on the one in use."""
        if line is self._deaf and frame.acks:
            self._deaf = None
        client = self._client
        self._take(frame.acks, lambda n: _best(line, n))
        if frame.error and line is self._way and client == self._client:
            self._refused(_end_of(frame.error), [])
        if frame.acks or frame.error:
            self.flush()

    # ---- sending

    def _again(self) -> None:
        """All unacked go up again, in order. Late acks of the way before count all the same."""
        self.outbox.again()
        self._post = None

    def _choose(self) -> None:
        """The way changes only when nothing is under way: what goes by the new one must not overtake the old."""
        wanted = None if self._one_by_one or self._pipe is self._deaf else self._pipe
        if wanted is not self._way and self._post is None and self.outbox.unanswered == math.inf:
            self._way = wanted

    @property
    def _one_by_one(self) -> bool:
        return self.outbox.acked < self._alone

    def _send_frames(self, line: Line, now: float) -> None:
        while line.up is not None:
            replies, emits = self.outbox.take_replies(now), self.outbox.take(now)
            if not emits and not replies:
                return
            for emit in emits:
                line.bests.setdefault(emit.n, []).append(self.outbox.best)
            if replies:
                line.up.put_nowait(self.outbox.upload([], replies))
            if emits:
                line.up.put_nowait(self.outbox.upload(emits))

    def _send_posts(self, now: float) -> None:
        # A reply never waits behind an emit: the handler of that emit may be waiting for it.
        if replies := self.outbox.take_replies(now):
            self._send_post([], replies)
        if self._post is not None or len(self._flights) >= POSTS:
            return
        if emits := self.outbox.take(now, 1 if self._one_by_one else WINDOW):
            self._post = self._send_post(emits, [])

    def _send_post(self, emits: list[Emit], replies: list[Reply]) -> Flight:
        flight = Flight(emits, self.outbox.best)
        task = self.office.spawn(self._fly(flight, self.outbox.upload(emits, replies)))
        self._flights[task] = flight
        task.add_done_callback(lambda task: self._flights.pop(task, None))
        return flight

    async def _fly(self, flight: Flight, body: bytes) -> None:
        client = self._client
        failure: End | None = None
        try:
            answer, text = await self.office.post(body)
            if answer.status == 200 and answer.kind == "application/json":
                self._take(decode(text, Acks).acks, lambda _n: flight.best)
            else:
                failure = refused(answer, text)
        except End as end:
            failure = end
        except (OSError, EOFError, ValueError) as error:
            failure = broke(error)
        if client != self._client:
            return  # the answer is to a sid that is no more
        current = self._post is flight
        if current:
            self._post = None
        if failure is None:
            self._failures, self._posted = 0, self.office.clock()
            self._judge()
        elif current or not flight.emits:
            self._refused(failure, flight.emits)
        asyncio.get_running_loop().call_soon(self.flush)

    def _take(self, acks: list[Ack], best: Callable[[int], int]) -> None:
        done, hole, forgotten = self.outbox.answer(acks, best)
        if acks:
            self._shut_since = math.inf
        if done:
            self._patience = 1
        for emit, ack in done:
            self.office.done(emit, ack)
        if forgotten:
            self.office.forgotten()
        elif hole:
            self.office.ladder.note(self.office.clock(), part("lost"))

    # ---- refused, or never answered

    def _refused(self, end: End, emits: list[Emit]) -> None:
        """Refused whole: nothing was consumed that was not acked, so all go again."""
        now = self.office.clock()
        why = Part("text", {"text": end.why})
        self.office.ladder.note(now, part("unsent", way="ws" if self._way else "POST", because=why))
        self._again()
        if end.kind == "over":
            self.office.over(end)
        elif end.kind == "wait":
            self._resume = now + (1.0 if end.retry is None else end.retry)
        elif end.kind == "refused" and end.code not in ELSEWHERE:
            self._single(end, emits, now)
        else:
            self._failures += 1
            pause = min(PAUSE * 2.0 ** min(self._failures, 16), PAUSE_MOST) * self.office.chance()
            self._resume = now + pause
            if self._way is None and self._pipe is not None and self._pipe is not self._deaf:
                self._way, self._resume = self._pipe, -math.inf
            else:
                self.shut(end)

    def shut(self, end: End) -> None:
        """Nothing goes up. It is tried on, but what was said long ago ends: nobody has to wait for an ack for ever."""
        now = self.office.clock()
        limit = TURNED_AWAY if end.code in ELSEWHERE or turned_away(end) else UNHEARD
        self._shut_since = min(self._shut_since, now)
        if now < self._shut_since + limit:
            return
        sent, unsent = self.outbox.give_up(now - limit)
        self.office.fail(sent, "unknown", f"nothing goes up ({end.why})")
        self.office.fail(unsent, "unsent", f"nothing goes up ({end.why})")

    def _single(self, end: End, emits: list[Emit], now: float) -> None:
        """Something in it is not to the server's taste: one by one shows what. By POST: there each has its answer."""
        self._way = None
        if len(emits) != 1 or emits[0].n > self._alone:
            self._alone = self.outbox.count
        elif emits[0].void:
            self._resume = now + VOID_PAUSE
        else:
            refused_one = dataclasses.replace(emits[0])
            self.outbox.empties(refused_one.n)
            self.office.done(refused_one, Ack(n=refused_one.n, error=Fault(str(end.code), end.why)))

    # ---- given up: unanswered for too long

    @property
    def _give_up_at(self) -> float:
        limit = self.office.ladder.answer_time(ANSWER) * self._patience
        return max(self.outbox.unanswered, self._calm) + limit

    def _arm(self, now: float) -> None:
        resume = self._resume if self._resume > now else math.inf
        self._alarm.set(min(self._give_up_at, resume) if self._alive else math.inf)

    def _rang(self) -> None:
        now = self.office.clock()
        if now >= self._give_up_at:
            self._give_up(now)
        self.flush()

    def _give_up(self, now: float) -> None:
        """All unacked go by the next way. The old one is pinged: perhaps it is only a slow handler."""
        way, self._calm = self._way, now
        other = way is not None or (self._pipe is not None and self._pipe is not self._deaf)
        self.office.ladder.note(now, part("giveup", way="ws" if way else "POST"))
        if way is not None:
            self._deaf = way
        if other:
            self._way = None if way else self._pipe
            self._again()
        self.office.spawn(self._probe(way))
        if way is not None:
            self.office.doubt(way)

    async def _probe(self, way: Line | None) -> None:
        client, alive, began = self._client, False, self.office.clock()
        try:
            async with asyncio.timeout(self.office.ladder.answer_time(ANSWER)):
                if way is not None and way.up is not None:
                    await way.ping()
                    alive = True
                elif way is None:
                    alive = (await self.office.hello())[0].status == 200
        except (OSError, EOFError, ValueError):
            pass
        if client != self._client:
            return
        if alive:
            self._patience = min(PATIENT, self._patience * 2)
            self._deaf = None if way is self._deaf else self._deaf
            if way is not None:
                self.office.alive(way)
        elif way is not None:
            self._silent = way
            if self._posted >= began:
                self._judge()
        else:
            for task in self._flights:
                task.cancel()
            self.shut(End("lost", "no answer"))
            if self._way is None:
                self._again()
        self.flush()

    def _judge(self) -> None:
        """Another way brings acks: a line that does not even answer a ping has failed, though batches come by it."""
        silent, self._silent = self._silent, None
        if silent is not None and silent is self._deaf:
            self.office.deaf(silent)


def _best(line: Line, n: int) -> int:
    """The highest n with an ack when n went up this pipe. Its answers come in the order it was sent."""
    bests = line.bests.get(n, [])
    best = bests.pop(0) if bests else 0
    if not bests:
        line.bests.pop(n, None)
    return best


def _end_of(fault: Fault) -> End:
    """What an error frame asks for; on HTTP the status says it."""
    why = f"{fault.code}: {fault.message}"
    if fault.retry is not None or fault.code in ("rate", "window", "full", "draining", "readers"):
        return End("wait", why, code=fault.code, retry=fault.retry)
    return End(word(fault.code), why, code=fault.code)
