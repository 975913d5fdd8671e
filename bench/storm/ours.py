"""Our way back: the ladder itself under fake time, before a server that is there or is not."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from transport_fallback.client.ladder import FIRST_HOLD, Attempt, End, Ladder, Open, Shut

RTT = 0.05  # s: an answer, also a refusal
DROP = 60.0  # s of life on a proven WebSocket before the drop
BIN = 0.1  # s
Chance = Callable[[], float]


@dataclass
class Life:
    """One client after the drop: when it knocked, and when it was back, in s."""

    knocks: list[float] = field(default_factory=list)
    back: float = math.inf


class Client:
    """The real ladder under fake time, before a server that is there or is not."""

    def __init__(self, chance: Chance, outage: float) -> None:
        self.ladder = Ladder(chance=chance)
        self.outage = outage
        self.now = 0.0
        self.life = Life()
        self.pipes: dict[int, tuple[Attempt, bool]] = {}  # what it holds open, and whether the server took it
        self.coming: list[tuple[float, int]] = []  # when something is to come, and by which pipe

    def play(self, end: End, seconds: float) -> Life:
        """Come to a proven WebSocket, lose it, and find the way back."""
        self.ladder.start(self.now)
        self._obey()
        self._run(DROP, settle=False)
        if not self._settled():
            raise RuntimeError("the ladder was not on ws when the server dropped it")
        (number,) = self.pipes
        del self.pipes[number]
        self.now = DROP
        self.ladder.ended(number, end, self.now)
        self._obey()
        self._run(DROP + seconds, settle=True)
        return self.life

    def _run(self, until: float, *, settle: bool) -> None:
        while not (settle and self._settled()):
            arrival = self.coming[0][0] if self.coming else math.inf
            at = max(self.now, min(arrival, self.ladder.due))
            if at >= until:
                return
            self.now = at
            if arrival <= at:
                self._arrives(heapq.heappop(self.coming)[1])
            else:
                self.ladder.tick(at)
            self._obey()
            if self.ladder.due <= self.now:  # time goes on, whatever the ladder asks for
                self.now += 0.001

    def _arrives(self, number: int) -> None:
        if number not in self.pipes:
            return
        pipe, taken = self.pipes[number]
        if not taken:
            del self.pipes[number]
            return self.ladder.ended(number, End("lost", "refused"), self.now)
        if self.now > DROP:
            self.life.back = min(self.life.back, self.now - DROP)
        self.ladder.opened(number, self.now)
        self.ladder.heard(number, self.now)
        heapq.heappush(self.coming, (self.now + max(pipe.beat, BIN), number))

    def _obey(self) -> None:
        for decision in self.ladder.decisions():
            if isinstance(decision, Open):
                pipe, since = decision.attempt, self.now - DROP
                self.pipes[pipe.number] = pipe, since < 0 or since >= self.outage
                if since >= 0:
                    self.life.knocks.append(since)
                # Nothing was said meanwhile: then a first long poll is held for a moment before it is answered.
                hold = FIRST_HOLD if pipe.rung == "longpoll" and self.pipes[pipe.number][1] else 0.0
                heapq.heappush(self.coming, (self.now + RTT + hold, pipe.number))
            elif isinstance(decision, Shut):
                self.pipes.pop(decision.attempt.number, None)

    def _settled(self) -> bool:
        """It reads by ws and by nothing else: there is nothing more to decide."""
        return [pipe.rung for pipe, taken in self.pipes.values() if taken and pipe.reads] == ["ws"] and (
            len(self.pipes) == 1
        )


def drained(chance: Chance, outage: float, seconds: float) -> Life:
    return Client(chance, outage).play(End("leave", "the server leaves", code=1012), seconds)


def gone(chance: Chance, outage: float, seconds: float) -> Life:
    return Client(chance, outage).play(End("lost", "the line broke", code=1006), seconds)
