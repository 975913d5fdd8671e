"""A network: what stands between some clients and a server, which may change while they talk."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable

from .line import Line
from .table import Setting

FROZEN = 64  # lines of one network that hang; one more ends the oldest
FROZEN_SECONDS = 120.0  # s a line may hang
HELD = 4 << 20  # bytes one network holds back or has under way


class Network:
    """What stands between some clients and a server, now: its fault, its chance, and the lines that live."""

    def __init__(self, setting: str = "direct", seed: int | None = None, *, frozen: int = FROZEN) -> None:
        self.lines: dict[Line, None] = {}
        self.held = self.cached = 0  # bytes that its lines hold, and that its fault keeps as a cache does
        self._frozen: dict[Line, None] = {}
        self._most_frozen = frozen
        self._alarm: asyncio.TimerHandle | None = None
        self._set(Setting.parse(setting), seed)

    def change(self, setting: str, seed: int | None = None) -> None:
        """Be another network from now on, and strike the lines that live. ValueError: there is no such network."""
        self._set(Setting.parse(setting), seed)
        for line in self.living():
            line.calm()
            line.release()
            self.fault.strike(line)

    def _set(self, setting: Setting, seed: int | None) -> None:
        if self._alarm:
            self._alarm.cancel()
        self.cache(-self.cached)
        self.setting = setting
        self.seed = secrets.randbelow(2**32) if seed is None else seed
        self.random = random.Random(self.seed)
        self.since = time.time()
        self.fault = setting.row.fault(self, setting.value)

    def chance(self) -> float:
        return self.random.random()

    def wake(self, seconds: float, ring: Callable[[], None]) -> None:
        """Do this later, unless this network changes before."""
        self._alarm = asyncio.get_running_loop().call_later(seconds, ring)

    # ---- what it holds

    def hold(self, size: int) -> None:
        """Its lines hold so many bytes more, or fewer."""
        self.held += size
        self.weigh(size)

    def cache(self, size: int) -> None:
        """Its fault keeps so many bytes more, or fewer, of answers that have gone."""
        self.cached += size
        self.weigh(size)

    def weigh(self, size: int) -> None:
        """A network among others tells of it."""

    @property
    def full(self) -> bool:
        return self.held > HELD

    @property
    def weight(self) -> int:
        return self.held + self.cached

    def give_way(self) -> None:
        """Hold nothing any more: forget what a cache would keep, and reset the lines that hold anything."""
        self.fault.forget()
        for line in [line for line in self.lines if line.held]:
            line.reset()

    # ---- its lines

    def living(self) -> list[Line]:
        """Those a fault can still strike."""
        return [line for line in self.lines if not (line.over or line.closing or line.dead)]

    def add(self, line: Line) -> None:
        self.lines[line] = None
        self.fault.born(line)

    def freeze(self, line: Line) -> None:
        """This line hangs. So that nothing hangs for ever, nor everything: only so many, and only so long."""
        if line in self._frozen:
            return
        self._frozen[line] = None
        line.expire(FROZEN_SECONDS)
        if len(self._frozen) > self._most_frozen:
            next(iter(self._frozen)).reset()

    def drop(self, line: Line) -> None:
        self.lines.pop(line, None)
        self._frozen.pop(line, None)

    def thaw(self) -> None:
        """End what hangs."""
        for line in list(self._frozen):
            line.reset()

    def close(self) -> None:
        if self._alarm:
            self._alarm.cancel()
        for line in list(self.lines):
            line.reset()
        self.fault.forget()
