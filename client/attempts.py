"""The attempts that go on: which one is in use, which read beside it, which are still to pass."""

from __future__ import annotations

from collections.abc import Iterator

from .attempt import Attempt, Role, State
from .decisions import Decisions, Open, Shut
from .evidence import Evidence
from .rungs import Rungs
from .sentences import Part, part
from .timing import Timing


class Attempts:
    """All attempts of one ladder, by number. `current`: the one in use, None while nothing reads."""

    def __init__(self, rungs: Rungs, timing: Timing, evidence: Evidence, out: Decisions) -> None:
        self._rungs, self._timing, self._evidence, self._out = rungs, timing, evidence, out
        self._all: dict[int, Attempt] = {}
        self._count = 0
        self.current: Attempt | None = None

    def __iter__(self) -> Iterator[Attempt]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, attempt: Attempt) -> bool:
        return attempt.number in self._all

    def get(self, number: int) -> Attempt | None:
        return self._all.get(number)

    @property
    def reading(self) -> list[Attempt]:
        """Those that read, the best rung first."""
        return sorted((one for one in self if one.reads), key=self.rank)

    @property
    def trying(self) -> list[Attempt]:
        """Those that are to read, and whose first batch has not come."""
        return [one for one in self if not one.reads and one.role is not Role.WITNESS]

    @property
    def waiting(self) -> bool:
        """Whether nothing is tried but what is late already."""
        return all(one.late for one in self.trying)

    def rank(self, attempt: Attempt) -> int:
        return self._rungs[attempt.rung].rank

    def limit(self, attempt: Attempt) -> float:
        return self._timing.limit(attempt, self._rungs[attempt.rung])

    def half(self, attempt: Attempt) -> float:
        return self._timing.half(attempt, self._rungs[attempt.rung])

    @property
    def unasked(self) -> list[Attempt]:
        """Those of whose time half may still be over."""
        return [one for one in self.trying if not (one.late or self._evidence.asked(one.number))]

    def open(self, name: str, role: Role, now: float) -> None:
        for late in [one for one in self.trying if one.late and one.rung == name]:
            self.shut(late)  # its line may be dead: a new one
        rung = self._rungs[name]
        self._count += 1
        attempt = Attempt(self._count, name, role, now, self._timing.patience(rung), max(rung.beat, 0.0), now)
        self._all[attempt.number] = attempt
        key = "witness" if role is Role.WITNESS else "tried"
        self._out.say(now, part(key, rung=name, time=attempt.patience * 1000))
        self._out.add(Open(attempt))

    def shut(self, attempt: Attempt) -> None:
        """It goes on no more."""
        del self._all[attempt.number]
        self._evidence.gone(attempt.number)
        self._out.add(Shut(attempt))
        if attempt is self.current:
            self.current = None

    def let_go(self, attempt: Attempt, now: float, *why: Part) -> None:
        """It did nothing wrong."""
        if why:
            self._out.say(now, *why)
        self.shut(attempt)

    def let_go_others(self, now: float, proven: str = "", probation: float = 0.0) -> None:
        """Only the one in use reads on. `proven`: because that rung has lived through its probation, of so many s."""
        for other in self.reading:
            if other is not self.current:
                why = [part("proven", rung=proven, time=probation * 1000, old=other.rung)] if proven else []
                self.let_go(other, now, *why)

    def alive(self, attempt: Attempt, now: float) -> None:
        """Something came by it. Where it was in doubt, the second is not needed any more."""
        attempt.heard_at = now
        if attempt.state is State.DOUBTED:
            attempt.state = State.PROBATION
            for other in [one for one in self if one.role is Role.SECOND]:
                self.let_go(other, now, part("speaks", rung=attempt.rung, other=other.rung))

    def sleep(self, seconds: float) -> None:
        for attempt in self:
            attempt.sleep(seconds)
