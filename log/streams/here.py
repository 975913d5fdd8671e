"""Here: how far this process has come in the log, under which name, and who waits for it to come further."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections import deque

from ..batch import DIGITS

FRESH = 2.0  # s: a process that has not been at the tip for longer may be the only one cut off
LETTERS = 10  # of a process's name: no other will ever have it


def new_name(called: str) -> str:
    """A name that no process has had; it begins as people call it, if they do."""
    letters = "".join(secrets.choice(DIGITS) for _ in range(LETTERS))
    return f"{called}-{letters}" if called else letters


class Here:
    """One process in one log."""

    def __init__(self, called: str = "") -> None:
        self.called = called  # by people, whatever its name is
        self.process = new_name(called)
        self.before = ""  # its last name, of which nobody has said yet that it is gone
        self.known = False  # whether the log knows this name
        self.epoch = ""  # the life of the log that it reads; "": none yet
        self.lineage: dict[str, int] = {}  # epoch → up to which seq this life goes on from it
        self.place = 0  # of the last item that was applied
        self.head = b""  # of that item
        self.bytes = 0  # of the items that were applied, since a snapshot was made here
        self.tip = 0  # the highest place that was heard of
        self.processes = 1  # that are alive, as Redis said last
        self.keeps = False  # whether the snapshots are this process's task
        self.full = False  # Redis takes no items
        self.seen_at_tip = -math.inf  # loop time
        self._ahead = -math.inf  # ms that Redis' clock is before this process's: no item is from the future
        self.arrived = asyncio.Event()  # it has been at the tip
        self._asking: list[asyncio.Future[None]] = []  # who will be told the tip by what is sent next
        self._told: deque[tuple[int, list[asyncio.Future[None]]]] = deque()  # place → who waits for it

    @property
    def fresh(self) -> bool:
        return not self.full and asyncio.get_running_loop().time() - self.seen_at_tip <= FRESH

    def at_tip(self) -> None:
        """Just now there was nothing more to read."""
        self.seen_at_tip = asyncio.get_running_loop().time()
        self.arrived.set()

    def heard(self, at: int) -> None:
        """An item of this time was read."""
        self._ahead = max(self._ahead, at - time.monotonic() * 1000)

    def now(self) -> int:
        """ms since 1970, by Redis' clock."""
        return 0 if self._ahead == -math.inf else int(time.monotonic() * 1000 + self._ahead)

    def come_again(self) -> None:
        """Begin again, after it has ended."""
        self.rename()
        self.arrived.clear()
        self.seen_at_tip = -math.inf

    def rename(self) -> None:
        """Begin to be another process; what is applied stays."""
        if self.known:  # else nothing can have been heard of the last name
            self.before = self.process
        self.process, self.known, self.keeps = new_name(self.called), False, False

    def empty(self) -> None:
        """What was applied is not in this log."""
        self.place, self.head, self.tip, self.bytes = 0, b"", 0, 0
        self.seen_at_tip = self._ahead = -math.inf

    # ---- who waits until all that is logged now is applied here

    @property
    def asked(self) -> bool:
        return bool(self._asking)

    def ask(self) -> asyncio.Future[None]:
        """Done when the tip was told by what is sent from now on, and is applied."""
        asking = asyncio.get_running_loop().create_future()
        self._asking.append(asking)
        return asking

    def asking(self) -> list[asyncio.Future[None]]:
        """Those whom the answer to what is sent now will tell."""
        taken, self._asking = self._asking, []
        return taken

    def tell(self, place: int, asking: list[asyncio.Future[None]]) -> None:
        self.tip = max(self.tip, place)
        if asking:
            self._told.append((place, asking))
            self.arrive()

    def arrive(self) -> None:
        """Wake those whose place is applied."""
        while self._told and self._told[0][0] <= self.place:
            for asking in self._told.popleft()[1]:
                if not asking.done():
                    asking.set_result(None)

    def fail(self, why: Exception) -> None:
        """Nobody here will know the tip any more."""
        self.again()
        for asking in self.asking():
            asking.set_exception(why)

    def again(self, *lost: list[asyncio.Future[None]]) -> None:
        """Let them all ask again: the tip may be another's."""
        for _place, asking in self._told:
            self._asking += asking
        self._told.clear()
        for some in lost:
            self._asking += some
        self._asking = [asking for asking in self._asking if not asking.done()]
