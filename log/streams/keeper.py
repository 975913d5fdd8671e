"""The keeper: of all processes the one that writes snapshots, so that the log need not be kept from its first item.

A snapshot is written as a draft, which is nobody's but this process's and ends by itself when it is left. The script
that finds it whole makes a snapshot of it and trims the log, all at once: whoever reads finds whole ones only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator

from .here import Here
from .line import FOR_NOW
from .scripts import Keys, call
from .wire import Answered, Server, Wire

# Between two snapshots. The log is as long as two of these, and who comes anew reads one: under a second.
ITEMS = 100_000
BYTES = 64 << 20  # of their heads and tails, about as many as all that is kept may have: so few that Redis holds them
LOOK = 1.0  # s until it is looked again whether one is due: at 13,000 items a second an eighth more
LATER = ("KEEPER", "SNAP", *FOR_NOW)  # what refuses a snapshot and says nothing of the log

logger = logging.getLogger(__name__)


class Keeper:
    """The snapshots of one process, as far as they are its task. It has its own connection, and waits for nobody's.

    `make`: the chunks of the state that is here when the first of them is asked for.
    """

    def __init__(
        self,
        wire: Wire,
        keys: Keys,
        here: Here,
        make: Callable[[], Generator[bytes, None, None]],
        *,
        items: int = ITEMS,
        size: int = BYTES,
        look: float = LOOK,
    ) -> None:
        self.wire, self.keys, self.here = wire, keys, here
        self._make, self._items, self._size, self._look = make, items, size, look
        self._last: int | None = None  # the place of the newest snapshot, if it was asked for

    async def connect(self) -> Server:
        """ConnectionError, Unusable: it cannot be reached, or may not keep a log."""
        server = await self.wire.connect()
        await self.wire.load("draft", "trim")
        return server

    async def run(self) -> None:
        """Write a snapshot whenever one is due, as long as that is this process's task."""
        while True:
            await asyncio.sleep(self._look)
            if not self.here.keeps:
                self._last = None
            elif await self._due():
                await self.keep()

    async def _due(self) -> bool:
        if self._last is None:
            self._last = int(await self.wire.ask("HGET", self.keys.meta, "snap") or 0)
        return self.here.place - self._last >= self._items or self.here.bytes >= self._size

    async def keep(self) -> bool:
        """Write a snapshot, and trim the log behind the one before it. Whether it was taken; else another time."""
        here = self.here
        epoch, process, place, size = here.epoch, here.process, here.place, here.bytes
        made, count = self._make(), 0
        try:
            for chunk in made:  # the first of them before anything is awaited: it is of this very place
                await self.wire.ask(*call("draft", self.keys, epoch, process, count, chunk))
                count += 1
            await self.wire.ask(*call("trim", self.keys, epoch, process, place, count))
        except Answered as refused:
            if refused.code not in LATER:
                raise
            logger.warning("a snapshot of place %d was not taken: %s", place, refused)
            self._last = None
            return False
        finally:
            made.close()
        here.bytes -= size
        self._last = place
        return True
