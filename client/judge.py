"""The judge: what the end of an attempt means for its rung."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .attempt import NETWORK, Attempt, End
from .evidence import Evidence
from .rung import LONG_LIFE, PROBATION, Rung
from .rungs import Rungs
from .sentences import Part, part, sentence

JITTER = 3.0  # s over which those whom a server sent away come back
AT_ONCE = 10.0  # s between two returns "at once"
LATER = 1.0  # s to wait where the server says "later" and not when
SPREAD = 0.5  # by so much of itself a wait is longer, at most: a crowd that waits together comes back spread


class Judge:
    """Keeps the records of the rungs: pauses, rests, lessons. What it does is said in `parts`."""

    def __init__(self, rungs: Rungs) -> None:
        self.evidence = Evidence()
        self._rungs = rungs

    def ended(
        self, attempt: Attempt, end: End, others: Iterable[Attempt], now: float, chance: float, parts: list[Part]
    ) -> None:
        """What this end means. `others`: those that go on."""
        rung = self._rungs[attempt.rung]
        if attempt.lived >= PROBATION:
            rung.live()
        if attempt.lived >= LONG_LIFE:
            rung.clear()
        match end.kind:
            case "refused":
                rung.refused = True
            case "leave":
                rung.wait(now + chance * JITTER)
                if attempt.lived < PROBATION:  # who says so again and again is no server that restarts
                    rung.fail(now)
                    rung.pause(now, chance)
            case "wait":
                rung.wait(now + (LATER if end.retry is None else end.retry) * (1 + SPREAD * chance))
            case "again" if now - rung.at_once >= AT_ONCE:
                rung.at_once = now
            case _:
                if not attempt.late:  # that was counted when it became late
                    rung.fail(now)
                if end.kind in NETWORK:
                    self._learn(attempt, end, rung, now, parts)
                    self._suspect(attempt, end, others, now, parts)
                rung.pause(now, chance)

    def late(self, attempt: Attempt, now: float) -> None:
        """Its first batch is late, while nothing else reads: that counts as a try."""
        rung = self._rungs[attempt.rung]
        rung.late += 1
        rung.fail(now)

    def answered(self, attempts: Iterable[Attempt], now: float) -> Iterator[list[Part]]:
        """A witness was answered, the way is open: what broke beside a reading that stands failed alone."""
        standing = {attempt.number: attempt.rung for attempt in attempts}
        for name, spans, what in self.evidence.answered():
            parts = [part("convicted"), *what]
            self.convict(self._rungs[name], standing[min(spans)], now, parts)
            yield parts

    def convict(self, rung: Rung, witness: str, now: float, parts: list[Part]) -> None:
        """It failed alone."""
        rest = 0.0 if self._rungs.pinned else rung.strike(now)  # what is asked for by hand pauses, but never rests
        rung.evidence = sentence([one for one in parts if one.key != "convicted"][:2])
        parts.append(part("count", nth=max(1, len(rung.strikes)), witness=witness))
        if rest:
            parts.append(part("rest", time=rest * 1000))

    def _suspect(self, attempt: Attempt, end: End, others: Iterable[Attempt], now: float, parts: list[Part]) -> None:
        """A failure counts only if a lower rung proved, during its own life, that the way was open (evidence.py)."""
        lower = [rung.name for rung in self._rungs.below(attempt.rung)]
        if end.kind != "time":
            return self.evidence.broke(attempt, [other for other in others if other.rung in lower], parts[:2])
        if witness := self.evidence.in_time(lower, (attempt.began + now) / 2):
            self.convict(self._rungs[attempt.rung], witness, now, parts)

    def _learn(self, attempt: Attempt, end: End, rung: Rung, now: float, parts: list[Part]) -> None:
        """A line that dies of silence is kept alive by talking twice as often."""
        if not attempt.reads:
            rung.late += end.kind == "time" and not attempt.late
            return
        rung.short = rung.short or PROBATION <= attempt.lived < LONG_LIFE
        if attempt.rung != "poll" and (beat := rung.learn(now - attempt.heard_at, attempt.beat)):
            parts.append(part("lesson", time=beat * 1000))
