"""Turns: in one turn of the event loop each address gets so much done, and the rest in the turns after it.

What one asks for is worked at in steps, and every other client waits until a step is done. So a step is small, and a
neighbour waits for a few steps of each other address, however much that address has sent on however many connections.
Nothing is refused for it: who asks for more than its share is read more slowly, and only while others ask, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Protocol

log = logging.getLogger(__name__)

SHARE = 4  # steps of one address in one turn: requests begun, frames read
STEP_BYTES = 4 << 10  # which count as a step more


class Working(Protocol):
    """A connection that has steps to do."""

    address: str

    def go_on(self) -> None: ...

    def cut(self) -> None: ...


class Turns:
    """Whose turn it is. Kept is only who did something in this turn, or waits for the next."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}
        self._waiting: dict[str, deque[Working]] = {}
        self._set = False

    def take(self, one: Working, part: float = 1) -> bool:
        """Whether `one` may do a step now; `part`: of what others cost. False: its `go_on` is called when it may."""
        used = self._used.get(one.address, 0.0)
        if used >= SHARE:
            self._waiting.setdefault(one.address, deque()).append(one)
            return False
        self._used[one.address] = used + part
        if not self._set:
            self._set = True
            asyncio.get_running_loop().call_soon(self._turn)
        return True

    def spend(self, one: Working, size: int) -> None:
        """Its step was one of so many bytes."""
        self._used[one.address] = self._used.get(one.address, 0.0) + size / STEP_BYTES

    def _turn(self) -> None:
        """Give every address its next share; what a large step took beyond one is paid back first."""
        self._used = {address: used - SHARE for address, used in self._used.items() if used > SHARE}
        waiting, self._waiting = self._waiting, {}
        for address, ones in waiting.items():
            while ones and self._used.get(address, 0.0) < SHARE:
                go_on(ones.popleft())
            ones.extend(self._waiting.pop(address, ()))  # one that did a step stands behind those who did none
            if ones:
                self._waiting[address] = ones
        self._set = bool(self._used or self._waiting)
        if self._set:
            asyncio.get_running_loop().call_soon(self._turn)


def go_on(one: Working) -> None:
    """Do its steps. Where they fail, it ends, as a loop ends whose input fails, and everybody else goes on."""
    try:
        one.go_on()
    except Exception:
        log.exception("a step failed")
        one.cut()
