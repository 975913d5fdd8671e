"""The log that several processes share: what each appends, all apply, in the one order that Redis gives it.

    log = Streams("redis://127.0.0.1:6400/0", hub.apply)    what is done with each item, in order
    await log.open()                                        it has applied all that was logged
    made = await log.append("j", client, "attic")           logged, and applied here
    await log.tip()                                         what others had logged by now is applied here, too
    heir = await log.leave()                                another process goes on for this one
    await log.close()

What Redis decides stands in lua/, what goes over the connections in line.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any

from ...protocol.errors import unready
from .here import Here
from .line import Apply
from .pending import Pending
from .scripts import Keys, Terms
from .upkeep import Side, Upkeep
from .wire import Server, pool

LEASE = 6.0  # s after which a process that says nothing is gone; it says something four times as often
PATIENCE = 15.0  # s without the log after which nobody is let wait here: elsewhere it may be reached


def nothing() -> None:
    pass


class Streams:
    """One process's end of the log. It is given what is to be done where its own state cannot go on:

    on_renamed   the others have declared it gone: it has another name now, and what it ran or held is nobody's
    on_emptied   its state is not what this log says: forget it all; the items come again from the first
    on_failed    an item cannot be applied: what follows it cannot be, either, and this process must end
    """

    def __init__(
        self,
        url: str,
        apply: Apply,
        *,
        name: str = "lab",
        limits: str = "",
        lease: float = LEASE,
        patience: float = PATIENCE,
        called: str = "",
        on_renamed: Callable[[], None] = nothing,
        on_emptied: Callable[[], None] = nothing,
        on_failed: Callable[[], None] = nothing,
        make: Callable[[], Generator[bytes, None, None]] | None = None,
        load: Callable[[list[bytes]], None] | None = None,
    ) -> None:
        """`limits`: those that all processes must have in common, as text; `called`: how the name of this one begins.
        `make`, `load`: a snapshot of the state, and one into a state that is empty: without them the log is kept whole.

        ValueError: `url` is none of Redis.
        """
        self._terms = Terms(Keys.of(name), f"{limits} lease={lease:g}".strip(), lease)
        self._patience = patience
        self._here, self._pending = Here(called), Pending()
        side = Side(apply, on_renamed, on_emptied, on_failed, make, load)
        self._upkeep = Upkeep(pool(url, lease), self._terms, self._here, self._pending, side)
        self._task: asyncio.Task[None] | None = None
        self._over = ""  # why nothing is appended any more

    # ---- what it is

    @property
    def process(self) -> str:
        """The name of this process: the `by` of its items. It has another after it was declared gone."""
        return self._here.process

    @property
    def processes(self) -> int:
        """How many there were a quarter of a lease ago: one that was killed counts until its lease is over."""
        return self._here.processes

    @property
    def epoch(self) -> str:
        return self._here.epoch

    @property
    def lineage(self) -> dict[str, int]:
        """The epochs that this one goes on from, and up to which seq."""
        return self._here.lineage

    @property
    def place(self) -> int:
        return self._here.place

    @property
    def behind(self) -> int:
        """How many items are known to be logged, and not applied here."""
        return max(0, self._here.tip - self._here.place)

    @property
    def server(self) -> Server:
        return self._upkeep.server

    @property
    def lines(self) -> int:
        """How many lines to Redis were made."""
        return self._upkeep.lines

    @property
    def failed(self) -> bool:
        """Whether nothing can be applied any more."""
        return self._upkeep.failed

    @property
    def inflight(self) -> int:
        return len(self._pending)

    @property
    def keeps(self) -> bool:
        """Whether this process is the one that keeps snapshots."""
        return self._here.keeps

    alone = False

    @property
    def ready(self) -> bool:
        """Whether all is here that was logged two seconds ago, and more would be taken."""
        return self._upkeep.line is not None and not self._over and self._here.fresh and not self._pending.full

    @property
    def stale(self) -> bool:
        """Whether this process may be the only one that the log has left behind."""
        return bool(self._over) or self.away > self._patience

    def now(self) -> int:
        """The time by Redis' clock, ms since 1970; perhaps a little less."""
        return self._here.now()

    @property
    def away(self) -> float:
        """For how many seconds it has not been known that nothing is missing here."""
        return asyncio.get_running_loop().time() - self._here.seen_at_tip

    # ---- what is done with it

    async def open(self) -> None:
        """Adopt the log, and apply all that is in it. ConnectionError, Unusable, Broken: it cannot be, and why.

        After it has left or ended it may be opened again, under another name.
        """
        if self._over:
            self._over = ""
            self._here.come_again()
            self._upkeep.side.on_renamed()
        self._task = asyncio.create_task(self._run())
        arrived = asyncio.create_task(self._here.arrived.wait())
        try:
            await asyncio.wait((self._task, arrived), return_when=asyncio.FIRST_COMPLETED)
        finally:
            arrived.cancel()
        if self._task.done():
            self._task.result()

    async def append(self, kind: str, *fields: Any, tail: bytes = b"", within: float | None = None) -> Any:
        """Log an item, and wait until it is applied here. Returns what applying it made of it.

        Refused `unready`: too much is on its way, or nobody will ever know here what became of it, or not `within` so
        many seconds. Whoever gives up has only given up waiting: the item is logged all the same.
        """
        if self._pending.full:
            raise unready("the log takes no more just now")
        own = self._add(kind, fields, tail)
        own.done = asyncio.get_running_loop().create_future()
        return await answered(own.done, within)

    def note(self, kind: str, *fields: Any, tail: bytes = b"") -> None:
        """Log an item that nobody waits for, after those before it. Nothing, where this process has ended."""
        if not self._over:
            self._add(kind, fields, tail)

    def _add(self, kind: str, fields: tuple[Any, ...], tail: bytes) -> Any:
        if self._over:
            raise unready(self._over)
        own = self._pending.add(self.process, kind, fields, tail)
        if self._upkeep.line is not None:
            self._upkeep.line.news.set()
        return own

    async def tip(self, within: float | None = None) -> None:
        """Wait until all that was logged when this was called is applied here: for as long as that takes.

        Refused `unready`: this process applies nothing any more, or has not `within` so many seconds.
        """
        if self._over:
            raise unready(self._over)
        asking = self._here.ask()
        if self._upkeep.line is not None:
            self._upkeep.line.news.set()
        await answered(asking, within)

    async def look(self, epoch: str, within: float) -> None:
        """Look whether the log is on another server by now, and if it is, go there and apply what is logged.

        Once a second at most. Refused `unready`: that cannot be seen from here, or not `within` so many seconds.
        """
        try:
            async with asyncio.timeout(within):
                await self._upkeep.look.look(epoch)
                await self.tip()
        except (ConnectionError, TimeoutError):
            raise unready("another process knows a log that is not reached from here") from None

    async def leave(self) -> str | None:
        """Hand over to another process. Returns its name, and nothing more is appended; None: there is no other, and
        all is as it was. Refused `unready`: nobody knows."""
        try:
            async with asyncio.timeout(self._terms.lease):
                await self.tip()  # what it has appended is before it
                if self._upkeep.line is None:
                    raise ConnectionError("the log is not reached")
                heir = await self._upkeep.line.leave()
        except (ConnectionError, TimeoutError) as error:
            raise unready(f"this process could not leave: {error}") from None
        if heir is not None:
            self._end("this process has left")
        return heir

    async def close(self) -> None:
        """End, without a word: the others notice when the lease is over."""
        self._end("this process has ended")
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def _end(self, why: str) -> None:
        self._over = why
        self._upkeep.look.end()
        self._pending.fail(why)
        self._here.fail(unready(why))

    async def _run(self) -> None:
        try:
            await self._upkeep.run(lambda: self._over)
        except Exception:
            if self.failed:
                self._end("this process cannot go on")
                self._upkeep.side.on_failed()
            if not (self.failed and self._here.arrived.is_set()):  # whoever opens it is told
                raise
        finally:  # what was on its way when the last line ended comes back only now
            self._end(self._over or "the log could not be opened")


async def answered(future: asyncio.Future[Any], within: float | None) -> Any:
    """What it comes to. Refused `unready`: that is not known within so many seconds."""
    try:
        async with asyncio.timeout(within):
            return await future
    except TimeoutError:
        raise unready(f"the log has not answered within {within:g} s") from None
