"""The line: a process's connections to Redis for as long as they hold.

One reads, one appends, one says that it is alive. Where one of them breaks, all are made anew, and the log is adopted
before anything is sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from ..batch import DIGITS
from ..items import NoLog
from . import items
from .here import Here
from .pending import Own, Pending, words
from .scripts import Terms, call
from .wire import WHO, Answered, Server, Wire

COUNT = 500  # items in one read: 5 ms to apply
BLOCK = 1.0  # s that a read waits for the first: at least so often it is known that nothing is missing
FLIGHTS = 4  # groups on their way at once
PAUSE = 0.25  # s until what a full Redis has refused is sent again
FOR_NOW = ("OOM", "NOREPLICAS", "MISCONF", "BUSY")  # Redis takes no writes: full, without its replicas or its disk

Apply = Callable[[int, str, str, tuple[Any, ...], bytes, int], Any]


class Broken(NoLog):
    """Applying an item has failed. Nothing can be applied after it."""


class Flight(NamedTuple):
    """One call of append that is not answered yet."""

    group: list[Own]
    asking: list[asyncio.Future[None]]


class Line:
    """Three connections to one server, and what goes over them."""

    def __init__(self, wires: tuple[Wire, Wire, Wire], terms: Terms, here: Here, pending: Pending) -> None:
        self.reading, self.appending, self.beating = wires
        self.terms, self.keys, self.here, self.pending = terms, terms.keys, here, pending
        self.server = Server("", "")
        self.news = asyncio.Event()  # something is to be sent, or may be
        self._found = 0  # the place of the last item that was applied here and that the log has, when it was adopted
        self._leaving: asyncio.Future[str | None] | None = None
        self._hurry = asyncio.Event()  # somebody waits for the connection that beats
        self._flown = asyncio.Event()  # something is to be answered
        self._flights: deque[Flight] = deque()
        self._held = False  # nothing is sent until all that was refused is back

    async def connect(self) -> None:
        """ConnectionError, Unusable: not all of them lead to one server that may keep a log."""
        for wire in (self.reading, self.appending, self.beating):
            server = await wire.connect()
            if self.server.run not in ("", server.run):
                raise ConnectionError("two connections led to two servers")
            self.server = server
        await self.appending.load("append")
        await self.beating.load("adopt", "beat", "leave", "trim")

    async def come(self, on_renamed: Callable[[], None], on_emptied: Callable[[], None]) -> None:
        """Come to the log as who one is or, where that is nobody any more, as somebody new."""
        here = self.here
        while True:
            known = here.known
            try:
                if await self._adopt():
                    return
            except Answered as refused:
                if refused.code != "DOWN":
                    raise
                self._forget_own()
                on_renamed()
                continue
            # What it had claimed may stand in this log, and nobody here would run it: that name must be gone, too.
            if known:
                self._forget_own()
            self.pending.fail("the log has begun anew, and what was applied here is not in it")
            here.empty()
            on_emptied()
            if not known:
                return

    def _forget_own(self) -> None:
        """Be somebody else: what was appended under this name is as it is, and nobody waits for it."""
        self.pending.fail("this process was declared gone")
        self.here.rename()

    async def _adopt(self) -> bool:
        """Whether the log holds what was applied here. Answered DOWN: this name is nobody's."""
        here = self.here
        end = "".join(secrets.choice(DIGITS) for _ in range(3))
        known = (here.epoch, here.place, here.head, end, here.process, self.pending.applied if here.known else "")
        terms = (self.terms.limits, int(self.terms.lease * 1000))
        said = call("adopt", self.keys, self.server.run, *known, *terms, here.before)
        epoch, lineage, holds = await self.beating.ask(*said)
        here.known, here.before, here.full, here.epoch = True, "", False, epoch.decode()
        pairs = (one.split(":") for one in lineage.decode().split())
        here.lineage = {name: int(seq) for name, seq in pairs}
        self._found = here.place if holds else 0
        return bool(holds)

    # ---- the tasks

    async def read(self, apply: Apply) -> None:
        """Apply what is logged, in order. Broken: an item could not be."""
        here, keys = self.here, self.keys
        epoch = here.epoch.encode()
        while True:
            after = f"0-{here.place}"
            # Another life of the log has the same places. Whether these were this one's is known when they are here.
            read = ("XREAD", "COUNT", COUNT, "BLOCK", int(BLOCK * 1000), "STREAMS", keys.log, after)
            await self.reading.send([read, ("HGET", keys.meta, "epoch")])
            found, lives = await self.reading.answers(2, BLOCK)
            if lives != epoch:
                raise Answered("EPOCH", "the log has begun anew")
            entries = found[0][1] if found else ()
            for entry in entries:
                at = self._apply(items.found(entry), apply)
            here.arrive()
            if entries:
                here.heard(at)
            if len(entries) < COUNT:
                here.at_tip()
            else:
                await asyncio.sleep(0)  # what is read already is no reason to wait; whoever else has to do something is

    def _apply(self, item: items.Found, apply: Apply) -> int:
        """Apply the next item. Returns its time."""
        here = self.here
        if item.place != here.place + 1:
            hole = f"the log has place {item.place} after {here.place}: what was between is not there any more"
            if here.place and here.place == self._found:  # it was in this log a moment ago: this is no trimming
                raise Broken(hole)
            raise Answered("HOLE", hole)  # whoever comes again is told that this is not its log, and begins anew
        try:
            made = apply(item.place, item.by, item.kind, item.fields, item.tail, item.at)
        except Exception as error:
            raise Broken(f"place {item.place}, of kind {item.kind}, cannot be applied") from error
        here.place, here.head = item.place, item.head
        here.bytes += len(item.head) + len(item.tail)
        if item.by == here.process and item.k:
            self.pending.apply(item.k, made)
        elif item.kind == "x" and item.fields[0] == here.process:
            if self._leaving is None:
                raise Answered("DOWN", "this process was declared gone")
            self._left(item.fields[1])  # all its own are before that, and applied
        return item.at

    async def send(self) -> None:
        """Append what waits, in groups: those are large where there is much to do."""
        here = self.here
        while True:
            await self.news.wait()
            self.news.clear()
            while self._sends and len(self._flights) < FLIGHTS and (self.pending.waits or here.asked):
                alone = here.full and here.asked  # a full Redis still answers what is asked
                flight = Flight([] if alone else self.pending.group(), here.asking())
                self._flights.append(flight)
                self._flown.set()
                said = (here.epoch, here.process, *words(flight.group))
                await self.appending.send([call("append", self.keys, *said)])

    @property
    def _sends(self) -> bool:
        return not self._held and self._leaving is None

    async def answer(self) -> None:
        """Hear of what was appended."""
        while True:
            while not self._flights:
                self._flown.clear()
                await self._flown.wait()
            try:
                ((_last, tip),) = await self.appending.answers(1)
            except Answered as error:
                # What followed one that was refused is, too: it would come before it.
                if error.code not in FOR_NOW and not (self._held and error.code == "HOLE"):
                    raise
                self._held = self.here.full = True
                self.here.again(self._flights.popleft().asking)
            else:
                flight = self._flights.popleft()
                self.here.full = self._held or (self.here.full and not flight.group)
                self.here.tell(tip, flight.asking)
            if self._held and not self._flights:
                await asyncio.sleep(PAUSE)
                self.pending.again()
                self._held = False
            self.news.set()
            if self._leaving is not None:
                self._hurry.set()

    async def beat(self) -> None:
        """Say four times in a lease that this process is alive, and find whose lease has run out."""
        lease = self.terms.lease
        said = call("beat", self.keys, self.here.epoch, self.here.process, int(lease * 1000))
        while True:
            try:
                await self._beat(said)
            except Answered as error:  # then nobody's beat is taken, and nobody is the worse for it
                if error.code not in FOR_NOW:
                    raise
            if self._leaving is not None and not self._flights:  # else one of them could come too late
                if await self.beating.ask(*call("leave", self.keys, self.here.epoch, self.here.process)):
                    return
                self._left(None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(lease / 4):
                    await self._hurry.wait()
            self._hurry.clear()

    async def _beat(self, said: tuple[Any, ...]) -> None:
        await self.beating.send([WHO, said])
        info, (tip, keeps, processes) = await self.beating.answers(2)
        if Server.of(info).run != self.server.run:  # demoted and promoted again while nobody wrote
            raise ConnectionError("the server there has begun another life")
        self.here.tip, self.here.keeps, self.here.processes = max(self.here.tip, tip), bool(keeps), processes

    async def leave(self) -> str | None:
        """Hand over to another process; None: there is none. ConnectionError: the line has broken over it."""
        self._leaving = asyncio.get_running_loop().create_future()
        self._hurry.set()
        heir = None
        try:
            heir = await self._leaving
        finally:
            if heir is None:  # it stays
                self._leaving = None
                self.news.set()
        return heir

    def _left(self, heir: str | None) -> None:
        if self._leaving is not None and not self._leaving.done():
            self._leaving.set_result(heir)

    def give_back(self) -> None:
        """Nothing more will be answered here: all of it is to be sent again."""
        self.here.again(*(flight.asking for flight in self._flights))
        self._flights.clear()
        self.pending.again()
        if self._leaving is not None and not self._leaving.done():
            self._leaving.set_exception(ConnectionError("the log is not reached"))
