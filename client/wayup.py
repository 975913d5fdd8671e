"""The way up: by one way at a time, and by the next when it is given up."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections.abc import Callable

from .alarm import Alarm
from .closings import fate, longest, told
from .ladder import PAUSE, PAUSE_MOST, End
from .office import Office
from .outbox import WINDOW, Emit, Outbox
from .patience import Patience
from .run import Run
from .sentences import Part, part
from .ways import Flight, PostWay, WsWay
from .wire import Ack, Frame, Refusal

VOID_PAUSE = 30.0  # s: even nothing was refused, so something else is wrong


class WayUp:
    """Sends what is in the outbox, by the ws that reads or by POST, and takes the acks."""

    def __init__(self, office: Office) -> None:
        self.outbox = Outbox()
        self._office = office
        self._patience = Patience(office.answer_time)
        self._alarm = Alarm(office.clock, self._rang)
        self._posts = PostWay(office, self._landed)
        self._alive = False  # something reads: while nothing does, emits once sent wait
        self._ws: WsWay | None = None  # the ws that reads
        self._way: WsWay | None = None  # the way in use; None: POST
        self._acked_at = -math.inf  # when a POST brought acks last
        self._resume = -math.inf  # nothing goes up before this time
        self._failures = 0
        self._shut_since = math.inf  # since when nothing goes up, though this client reads
        self._alone = 0  # up to this n each emit goes alone
        self._client = 0  # answers to a sid before this one say nothing

    def use(self, alive: bool, run: Run | None) -> None:
        """What reads now; `run`: where that is a ws, it is the other way up."""
        run = run if run is not None and run.up is not None else None
        if alive and not self._alive:
            self._shut_since = math.inf
        if (self._ws and self._ws.run) is not run:
            self._ws = WsWay(run) if run else None
        if alive and not self._alive or self._way not in (None, self._ws):
            self._again()
        if self._way is not self._ws:
            self._way = None
        self._alive = alive
        self.flush()

    def forget(self) -> list[Emit]:
        """The client has a new sid: what was sent is lost, and returned; what was not goes up under the new one."""
        self.stop()
        self._client += 1
        self._alive, self._ws, self._way = False, None, None
        self._alone, self._failures, self._resume, self._shut_since = 0, 0, -math.inf, math.inf
        return self.outbox.forget()

    def stop(self) -> None:
        self._alarm.set(math.inf)
        self._posts.hang_up()

    def flush(self) -> None:
        """Send what may go."""
        now = self._office.clock()
        if self._alive and now >= self._resume:
            self._choose()
            if self._way is not None:
                self._way.send(self.outbox, now)
            else:
                self._posts.send(self.outbox, now, 1 if self._one_by_one else WINDOW)
        self._arm(now)

    @property
    def _one_by_one(self) -> bool:
        return self.outbox.acked < self._alone

    def _choose(self) -> None:
        """The way changes only when nothing is under way: what goes by the new one must not overtake the old."""
        wanted = None if self._one_by_one else self._hearing
        if wanted is not self._way and self._posts.current is None and self.outbox.unanswered == math.inf:
            self._way = wanted

    @property
    def _hearing(self) -> WsWay | None:
        """The ws that reads, unless it was given up."""
        return None if self._ws is None or self._ws.deaf else self._ws

    def _again(self) -> None:
        """All unacked go up again, in order. Late acks of the way before count all the same."""
        self.outbox.again()
        self._posts.current = None

    # ---- answers

    def heard(self, run: Run, frame: Frame) -> None:
        """A frame came down a ws: acks count on any, a refusal on the one in use."""
        ws = self._ws if self._ws and self._ws.run is run else None
        if ws and frame.acks:
            ws.deaf = False
        client = self._client
        self._take(frame.acks, ws.best if ws else lambda _n: 0)
        if frame.error and ws and ws is self._way and client == self._client:
            self._refused(told(frame.error), [])
        if frame.acks or frame.error:
            self.flush()

    def _landed(self, flight: Flight, acks: list[Ack], failure: End | None) -> None:
        """A POST was answered, or failed."""
        client = self._client
        self._take(acks, lambda _n: flight.best)
        if client != self._client:
            return
        current = self._posts.current is flight
        if current:
            self._posts.current = None
        if failure is None:
            self._failures, self._acked_at = 0, self._office.clock()
            self._judge()
        elif current or not flight.emits:
            self._refused(failure, flight.emits)
        asyncio.get_running_loop().call_soon(self.flush)

    def _take(self, acks: list[Ack], best: Callable[[int], int]) -> None:
        done, hole, forgotten = self.outbox.answer(acks, best)
        if acks:
            self._shut_since = math.inf
        if done:
            self._patience.shrink()
        for emit, ack in done:
            self._office.done(emit, ack)
        if forgotten:
            self._office.forgotten()
        elif hole:
            self._office.say(part("lost"))

    # ---- refused, or never answered

    def _refused(self, end: End, emits: list[Emit]) -> None:
        """Refused whole: nothing was consumed that was not acked, so all go again."""
        now, by_ws = self._office.clock(), self._way is not None
        self._office.say(part("unsent", way=_name(self._way), because=Part("text", {"text": end.why})))
        self._again()
        match fate(end):
            case "over":
                self._office.unwanted(end)
            case "later":
                self._resume = now + (end.retry or 0.0)
            case "alone" if emits or by_ws:
                self._single(end, emits, now)
            case _ if not by_ws and self._hearing:
                self._way = self._hearing
            case _:
                self._failures += 1
                pause = min(PAUSE * 2.0 ** min(self._failures, 16), PAUSE_MOST) * self._office.chance()
                self._resume = now + pause
                self.shut(end)

    def shut(self, end: End) -> None:
        """Nothing goes up. It is tried on, but what was said long ago ends: nobody has to wait for an ack for ever."""
        now, limit = self._office.clock(), longest(end)
        self._shut_since = min(self._shut_since, now)
        if now < self._shut_since + limit:
            return
        sent, unsent = self.outbox.give_up(now - limit)
        self._office.fail(sent, "unknown", f"nothing goes up ({end.why})")
        self._office.fail(unsent, "unsent", f"nothing goes up ({end.why})")

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
            self._office.done(refused_one, Ack(n=refused_one.n, error=Refusal(str(end.code), end.why)))

    # ---- given up: unanswered for too long

    def _arm(self, now: float) -> None:
        resume = self._resume if self._resume > now else math.inf
        self._alarm.set(min(self._patience.ends(self.outbox.unanswered), resume) if self._alive else math.inf)

    def _rang(self) -> None:
        now = self._office.clock()
        if now >= self._patience.ends(self.outbox.unanswered):
            self._give_up(now)
        self.flush()

    def _give_up(self, now: float) -> None:
        """All unacked go by the next way. The old one is pinged: perhaps it is only a slow handler."""
        way, other = self._way, self._way is not None or self._hearing is not None
        self._patience.start_anew(now)
        self._office.say(part("giveup", way=_name(way)))
        if other:
            self._way = None if way else self._hearing
            self._again()
        if way is not None:
            way.deaf = True
        self._office.spawn(self._probe(way))
        if way is not None:
            self._office.doubt(way.run)

    async def _probe(self, way: WsWay | None) -> None:
        client, began = self._client, self._office.clock()
        alive = await self._answers(way or self._posts)
        if client != self._client:
            return
        if alive:
            self._patience.grow()
            if way is not None:
                way.deaf = False
                self._office.alive(way.run)
        elif way is not None:
            way.silent = True
            if self._acked_at >= began:
                self._judge()
        else:
            self._posts.hang_up()
            self.shut(End("lost", "no answer"))
            if self._way is None:
                self._again()
        self.flush()

    async def _answers(self, way: WsWay | PostWay) -> bool:
        """Whether this way answers a ping in time."""
        try:
            async with asyncio.timeout(self._patience.of_a_ping):
                return await way.ping()
        except (OSError, EOFError, ValueError):
            return False

    def _judge(self) -> None:
        """Another way brings acks: a line that does not even answer a ping has failed, though batches come by it."""
        if self._ws and self._ws.silent and self._ws.deaf:
            self._ws.silent = False
            self._office.deaf(self._ws.run)


def _name(way: WsWay | None) -> str:
    return "ws" if way else "POST"
