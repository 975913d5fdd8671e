"""The life cycle: which events an application hears of a connection that comes and goes, in the article's order."""

from __future__ import annotations

import math
from enum import StrEnum

from .decisions import Decisions
from .sentences import Part, part, whole

TAKE_OVER = 1.5  # s without a reader before it is a disconnect and not a switch


class Phase(StrEnum):
    NEW = "new"  # nothing has read yet
    ON = "on"
    LOST = "lost"  # nothing reads, and that is not yet a disconnect
    OFF = "off"


class Life:
    """Told what happens and when; it decides what to tell the application."""

    def __init__(self, out: Decisions) -> None:
        self._out = out
        self.phase = Phase.NEW
        self.lost_at = 0.0
        self.transport = ""  # that read last
        self.attempt = 0  # to come back, since the last disconnect
        self._why = ""
        self._trying: float | None = None  # an attempt is under way, begun after so many s
        self._open = ""  # the rung of it that opened last
        self._failed_told = False

    @property
    def connected(self) -> bool:
        """As the application was told."""
        return self.phase in (Phase.ON, Phase.LOST)

    @property
    def due(self) -> float:
        return self.lost_at + TAKE_OVER if self.phase is Phase.LOST else math.inf

    def restart(self) -> None:
        """Nothing has read yet."""
        self.phase, self.transport, self.attempt, self._failed_told = Phase.NEW, "", 0, False

    def begins(self, waited: float) -> None:
        """A round begins."""
        self._trying, self._open = waited, ""
        self._announce()

    def opens(self, rung: str) -> None:
        self._open = rung
        if not self.connected:
            self._out.tell("connecting", transport=rung)

    def silence(self, now: float) -> list[Part]:
        """How long nothing has read, as a part of a sentence."""
        return [part("silence", time=(now - self.lost_at) * 1000)] if self.phase is Phase.LOST else []

    def reads(self, now: float, rung: str, why: str | None) -> None:
        """This rung is the one in use. `why`: None, it makes good what was lost."""
        before, last = self.phase, self.transport
        self.phase, self.transport, self._trying = Phase.ON, rung, None
        if before in (Phase.ON, Phase.LOST):
            gap = whole((now - self.lost_at) * 1000) if before is Phase.LOST else 0
            if rung != last:
                self._out.tell("switch", **{"from": last, "to": rung, "why": why or self._why, "gapMs": gap})
            return
        if before is Phase.OFF:
            self._out.tell("reconnect", transport=rung, attempt=self.attempt)
        self._out.tell("connect", transport=rung)
        self.attempt = 0

    def loses(self, now: float, why: str) -> None:
        """Nothing reads any more."""
        if self.phase is Phase.ON:
            self.phase, self.lost_at, self._why = Phase.LOST, now, why

    def fails(self, why: str) -> None:
        """A round is over, and nothing reads."""
        self._trying = None
        if self.phase is Phase.NEW and not self._failed_told:
            self._failed_told = True
            self._out.tell("connect_failed", message=why)

    def tick(self, now: float) -> None:
        if now < self.due:
            return
        self.phase = Phase.OFF
        self._out.tell("disconnect", reason=self._why)
        self._announce()
        if self._trying is not None and self._open:
            self._out.tell("connecting", transport=self._open)

    def ends(self, why: str) -> None:
        """It is over, by the application's word or the server's."""
        if self.connected:
            self.phase = Phase.OFF
            self._out.tell("disconnect", reason=why)
        self._trying = None

    def _announce(self) -> None:
        """`reconnecting`, once for each round, from the first failure on."""
        if self._trying is not None and (self.phase is Phase.OFF or self.phase is Phase.NEW and self._failed_told):
            self.attempt += 1
            self._out.tell("reconnecting", attempt=self.attempt, waitMs=whole(self._trying * 1000))
