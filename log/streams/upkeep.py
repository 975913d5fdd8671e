"""The upkeep: a line to Redis is made, and when it breaks another, until something cannot be mended."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Generator
from typing import NamedTuple

from redis.asyncio.connection import ConnectionPool

from .here import Here
from .keeper import Keeper
from .line import Apply, Line
from .look import Look
from .newest import begin
from .pending import Pending
from .scripts import Terms
from .wire import Answered, Server, Unusable, Wire

BACK_OFF = (0.05, 1.0)  # s until a line is made anew: at first, and at most

MENDED = (ConnectionError, Answered, Unusable)  # by another line
AGAIN = ("EPOCH", "LOST", "DOWN", "HOLE")  # of what was said before; it is said anew

logger = logging.getLogger(__name__)


class Side(NamedTuple):
    """What this process does with the log, and where its own state cannot go on."""

    apply: Apply
    on_renamed: Callable[[], None]
    on_emptied: Callable[[], None]
    on_failed: Callable[[], None]
    make: Callable[[], Generator[bytes, None, None]] | None  # a snapshot of its state
    load: Callable[[list[bytes]], None] | None  # one into its state, to which nothing was applied yet


class Upkeep:
    """The lines of one process, one after the other."""

    def __init__(self, pool: ConnectionPool, terms: Terms, here: Here, pending: Pending, side: Side) -> None:
        self._pool, self._terms, self._here, self._pending, self.side = pool, terms, here, pending, side
        self.look = Look(pool, terms.lease)
        self.line: Line | None = None
        self.server = Server("", "")
        self.lines = 0  # how many were made
        self.failed = False  # nothing can be applied any more

    async def run(self, over: Callable[[], object]) -> None:
        """Make a line, and when it breaks another, until it is `over`, or something cannot be mended."""
        loop, pause, told = asyncio.get_running_loop(), BACK_OFF[0], ""
        while not over():
            lines, since = self.lines, loop.time()
            try:
                await self._live()
            except MENDED as fault:
                if not self._here.arrived.is_set():  # whoever opens it is told
                    if not isinstance(fault, Answered):
                        raise
                    if fault.code not in AGAIN:
                        raise Unusable(str(fault)) from None
                why = str(fault)
            except Exception as broken:
                logger.critical("this process cannot go on: %s", broken, exc_info=broken)
                self.failed = True
                raise
            if self.lines > lines and loop.time() - since > pause:  # it held for a while: it is another that breaks
                pause, told = BACK_OFF[0], ""
            if why != told and not over():
                logger.warning("the log is not reached: %s", why)
                told = why
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # so that not all come at once
            pause = min(pause * 2, BACK_OFF[1])

    async def _live(self) -> None:
        """One line, from its making to its end. One of MENDED, or what cannot be mended: why it has ended."""
        side, here, made = self.side, self._here, [Wire(self._pool, self._terms.lease) for _ in range(4)]
        line = Line((made[0], made[1], made[2]), self._terms, here, self._pending)
        keeper = side.make and Keeper(made[3], line.keys, here, side.make)
        try:
            await line.connect()
            await line.come(side.on_renamed, side.on_emptied)
            if side.load is not None and not here.place:
                await begin(line.reading, line.keys, here, side.load)
            if keeper is not None and (await keeper.connect()).run != line.server.run:
                raise ConnectionError("two connections led to two servers")
            self.server, self.line = line.server, line
            self.lines += 1
            line.news.set()
            watching = self.look.watch(line.server.run)
            work = [line.read(side.apply), line.send(), line.answer(), line.beat(), watching]
            if keeper is not None:
                work.append(keeper.run())
            async with asyncio.TaskGroup() as tasks:
                for one in work:
                    tasks.create_task(one)
        except ExceptionGroup as group:  # several see that a line breaks
            raise min(group.exceptions, key=lambda one: isinstance(one, MENDED)) from None
        finally:
            # A task that was cancelled in the middle of a command has left its answer on its connection: it ends here.
            self.line = None
            line.give_back()
            for wire in made:
                await wire.close()
