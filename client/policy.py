"""The policy: what follows when an attempt passes, when one ends, and when time goes by."""

from __future__ import annotations

import math

from .attempt import NETWORK, WORDS, Attempt, End, Role, State, came
from .attempts import Attempts
from .decisions import Decisions
from .judge import Judge
from .life import Life
from .rounds import Rounds
from .rung import LONG_LIFE, PROBATION
from .rungs import Rungs
from .sentences import Part, part, sentence
from .timing import Timing

FALLS = (*NETWORK, "cut", "refused")  # ends after which another rung is tried


class Policy:
    """The ladder without its events: `now` and `chance` are those of the event that is under way."""

    def __init__(self, rungs: Rungs, timing: Timing, out: Decisions) -> None:
        self.rungs = rungs
        self.out = out
        self.judge = Judge(rungs)
        self.evidence = self.judge.evidence
        self.attempts = Attempts(rungs, timing, self.evidence, out)
        self.life = Life(out)
        self.rounds = Rounds(rungs, self.attempts, self.life, out)
        self.stopped = True
        self.now = 0.0
        self.chance = 0.0

    def start(self) -> None:
        """Begin, also after an end: then it is another client, in the same place."""
        self.stopped = False
        for rung in self.rungs:
            rung.refused = False
        self.life.restart()
        self.rounds.first(self.now)

    # ---- an attempt passes

    def passed(self, attempt: Attempt) -> None:
        """Its first batch came: it reads."""
        attempt.passed_at, attempt.state = self.now, State.PROBATION
        self.rungs[attempt.rung].late = 0
        before = self.attempts.current
        passed = part("passed", rung=attempt.rung, time=(self.now - attempt.began) * 1000)
        if attempt.role is Role.WITNESS:
            for parts in self.judge.answered(self.attempts, self.now):
                self._say(*parts, *([part("carries", rung=before.rung)] if before else []))
            if before:
                return self.attempts.shut(attempt)
        elif before and attempt.role is Role.SECOND and before.state is State.DOUBTED:
            return self._say(passed, part("beside", old=before.rung))  # it reads, whatever becomes of the other
        if before and attempt.rung != self.rungs.pinned and self.attempts.rank(attempt) >= self.attempts.rank(before):
            return self.attempts.let_go(attempt, self.now, passed, part("worse", old=before.rung))
        if before:
            time = self.rungs[attempt.rung].probation * 1000
            self._say(passed, part("better", old=before.rung, rung=attempt.rung, time=time))
        else:
            self._say(passed, part("use"), *self.life.silence(self.now))
        self.read_by(attempt, "by hand" if attempt.rung == self.rungs.pinned else "better" if before else None)
        if attempt.rung == self.rungs.pinned:
            self.attempts.let_go_others(self.now)
        for other in self.attempts.trying:
            # What is late is older than this answer: its line is dead, and a new one is tried at once.
            if self.rungs.pinned or other.late or self.attempts.rank(other) >= self.attempts.rank(attempt):
                self.attempts.shut(other)

    def read_by(self, attempt: Attempt, why: str | None) -> None:
        """This attempt is the one in use. `why`: None, what was lost is made good."""
        self.attempts.current, attempt.role = attempt, Role.READ
        if attempt.opened_at is None:
            self.opened(attempt)
        self.rounds.end()
        self.life.reads(self.now, attempt.rung, why)

    def opened(self, attempt: Attempt) -> None:
        """It stands. That proves nothing: middleboxes accept an upgrade and then pass no frame."""
        attempt.opened_at = self.now
        if attempt.state is State.BEGUN:
            attempt.state = State.OPEN
        self.life.opens(attempt.rung)

    # ---- an attempt ends

    def end(self, attempt: Attempt, end: End) -> None:
        was = self.attempts.current
        self.attempts.shut(attempt)
        parts = came(attempt, end, self.now)
        if end.kind == "over":
            self._say(*parts)
            return self.stop(end.why, parts)
        if attempt.role is Role.WITNESS:
            self.evidence.forget()  # no answer proves nothing
            return self._say(*parts)
        self.judge.ended(attempt, end, self.attempts, self.now, self.chance, parts)
        unpinned = self.rungs.unpin()
        parts += [part("unpinned")] if unpinned else []
        self._say(*parts, *self._goes_on(attempt, end))
        if not self.attempts and not self.rungs.usable:
            self.life.fails(end.why)  # and settle() ends it
        elif was is attempt:
            self._fall(attempt, end)
        elif was is None and unpinned:
            self.rounds.whole(self.now)
        elif was is None:
            self._go_on(attempt, end)
        elif was.state is State.DOUBTED and attempt.role is Role.SECOND:
            self.doubt(was)

    def _goes_on(self, attempt: Attempt, end: End) -> list[Part]:
        """When it is tried again, and what carries on meanwhile."""
        parts, rung = list[Part](), self.rungs[attempt.rung]
        current = self.attempts.current
        wanted = current is not None and rung in self.rungs.wanted(current.rung)
        if wanted and end.kind in NETWORK and not rung.rests_at(self.now):
            parts.append(part("pause", time=(rung.paused - self.now) * 1000))
        best = self.attempts.current or next(iter(self.attempts.reading), None)
        return [*parts, part("carries", rung=best.rung)] if best else parts

    def _fall(self, attempt: Attempt, end: End) -> None:
        """The one in use ended: whoever still reads takes over, or else a rung below is opened."""
        if readers := self.attempts.reading:
            return self.read_by(readers[0], end.why)
        self.life.loses(self.now, end.why)
        if end.kind in WORDS:
            self.rounds.again(attempt, self.now)
        elif below := self.rungs.next_below(attempt.rung, self.now):
            self.rounds.plan(below, self.now)
        else:
            self.rounds.fail(end.why, self.now, self.chance)

    def _go_on(self, attempt: Attempt, end: End) -> None:
        """Nothing reads and this one has failed: the rest of the round, or a new one after a pause."""
        if end.kind in WORDS:
            self.rounds.again(attempt, self.now)
        elif self.rounds.is_over(self.now):
            self.rounds.fail(end.why, self.now, self.chance)

    def doubt(self, attempt: Attempt) -> None:
        """What went up by the one in use has no answer: another rung is tried beside it."""
        beside = [one for one in self.attempts if one is not attempt and one.role is not Role.WITNESS]
        if attempt is not self.attempts.current or beside:
            return
        other = next((rung for rung in self.rungs.below(attempt.rung) if rung.ready_at <= self.now), None)
        if other:
            attempt.state = State.DOUBTED
            self._say(part("doubt", rung=attempt.rung, other=other.name))
            self.attempts.open(other.name, Role.SECOND, self.now)

    def cut(self) -> None:
        """A person cuts every line: the one in use last, so that nothing takes over from it."""
        for attempt in sorted(self.attempts, key=lambda one: one is self.attempts.current):
            self.end(attempt, End("cut", "by hand"))

    def stop(self, why: str, parts: list[Part]) -> None:
        """Shut everything and try nothing more."""
        for attempt in self.attempts:
            self.attempts.shut(attempt)
        self.rounds.end()
        self.evidence.forget()
        self.stopped = True
        self.life.ends(why)
        self._say(part("ended", because=parts))

    # ---- time goes by

    @property
    def due(self) -> float:
        """When something happens although nothing arrives."""
        if self.stopped:
            return math.inf
        attempts = self.attempts
        times = [attempts.limit(one) for one in attempts]
        times += [attempts.half(one) for one in attempts.unasked]
        times.append(self.life.due)
        if attempts.current is None:
            times.append(self.rounds.due)
        elif not attempts.trying:
            times += [rung.ready_at for rung in self.rungs.wanted(attempts.current.rung)]
        return min(times)

    def settle(self) -> None:
        """What time and the state of the attempts ask for."""
        for attempt in self.attempts:
            if attempt not in self.attempts or self.now < self.attempts.limit(attempt):
                continue
            if attempt.reads:
                self.end(attempt, End("silent", "silent"))
            elif attempt.late or attempt.role is Role.WITNESS or self.attempts.current:
                self.end(attempt, End("time", "no first batch in time"))
            else:
                self._is_late(attempt)
        if not self.stopped and not self.attempts and not self.rungs.usable:
            self.stop(sentence([part("none")]), [part("none")])
        if self.stopped:
            return
        self._prove()
        self._ask()
        self.life.tick(self.now)
        if self.attempts.current:
            self._climb(self.attempts.current)
        else:
            self.rounds.step(self.now)

    def _is_late(self, attempt: Attempt) -> None:
        """Nothing reads, so nothing is lost by waiting on: the next is tried beside it. Slow is not broken."""
        key = "late" if attempt.opened_at is None else "late.open"
        attempt.state = State.LATE
        self.judge.late(attempt, self.now)
        self._say(part(key, rung=attempt.rung, time=(self.now - attempt.began) * 1000), part("still"))
        if self.rounds.is_over(self.now):
            self.rounds.fail("no first batch in time", self.now, self.chance)

    def _prove(self) -> None:
        """Whoever lives is trusted: after 5 s its tries are forgotten, after 30 s all that was held against it."""
        current = self.attempts.current
        if current is None or current.lived < PROBATION:
            return
        rung = self.rungs[current.rung]
        self.rounds.failed = 0
        rung.live()
        probation = rung.probation
        if current.state is State.PROBATION and current.lived >= probation:
            current.state = State.PROVEN
            rung.lived(self.now)
            self.attempts.let_go_others(self.now, current.rung, probation)
        if current.lived >= LONG_LIFE:
            rung.clear()

    def _ask(self) -> None:
        """Ask the lowest rung for a witness, where something waits for one: a poll is answered at once."""
        current = self.attempts.current
        for attempt in self.attempts.unasked:
            if self.now >= self.attempts.half(attempt):
                # It has waited for half of its time, and what reads may bring nothing in the other half.
                below = current is not None and self.rungs[current.rung] in self.rungs.below(attempt.rung)
                quiet = below and current is not None and current.beat > self.attempts.limit(attempt) - self.now
                self.evidence.half(attempt.number, quiet=quiet)
        asks, self.evidence.asks = self.evidence.asks, False
        if asks and current and not any(one.role is Role.WITNESS for one in self.attempts):
            self.attempts.open(self.rungs.usable[-1].name, Role.WITNESS, self.now)

    def _climb(self, current: Attempt) -> None:
        """Something reads: try the best rung that may be tried, one at a time."""
        wanted = [rung for rung in self.rungs.wanted(current.rung) if rung.ready_at <= self.now]
        if wanted and not self.attempts.trying:
            self.attempts.open(wanted[0].name, Role.READ, self.now)

    def _say(self, *parts: Part) -> None:
        self.out.say(self.now, *parts)
