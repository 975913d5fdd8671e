"""An attempt: one try of one rung, its role, its states, and the ways in which it ends (docs/ladder.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from .sentences import Part, part

NETWORK = ("lost", "time", "silent", "deaf")  # ends that are no word of the server: they may count
WORDS = ("leave", "wait", "again")  # the server's words that are about now: the same rung again, when it says so
WAIT_MOST = 300.0  # s: so long one waits at most because a server says so
Kind = Literal["lost", "time", "silent", "deaf", "cut", "leave", "wait", "again", "refused", "over"]


class End(Exception):
    """Why an attempt ended, and what that asks of the ladder.

    lost: the line or the network; time: nothing came in time; silent: nothing came for too long; deaf: nothing goes up;
    cut: by hand; leave: the server sends everybody away for a moment; wait: its word is later; again: come back at
    once, from your own cursor; refused: it refuses this transport; over: it refuses this client, whatever carries it.
    """

    def __init__(self, kind: Kind, why: str, *, code: str | int | None = None, retry: float | None = None) -> None:
        super().__init__(why)
        self.kind, self.why, self.code = kind, why, code
        self.retry = None if retry is None else min(max(retry, 0.0), WAIT_MOST)


class Role(StrEnum):
    """Why an attempt was begun."""

    READ = "read"  # to read by it
    SECOND = "second"  # to read beside one that is in doubt
    WITNESS = "witness"  # only to see whether the network delivers


class State(StrEnum):
    """How far an attempt has come. An attempt that ended is gone."""

    BEGUN = "begun"  # nothing has come
    OPEN = "open"  # it stands, which proves nothing
    LATE = "late"  # its time is over, nothing else reads, and it is still waited for
    PROBATION = "probation"  # its first batch came: it reads, and has yet to live
    PROVEN = "proven"  # it lived through its probation
    DOUBTED = "doubted"  # what went up by it has no answer


READING = (State.PROBATION, State.PROVEN, State.DOUBTED)


@dataclass(eq=False)
class Attempt:
    """One try of one rung, from its first byte to its last. Times are those of the ladder, in s."""

    number: int
    rung: str
    role: Role
    began: float
    patience: float  # s for the first batch
    beat: float  # s: the heartbeat asked for; on longpoll the hold, on poll the interval
    heard_at: float
    opened_at: float | None = None
    passed_at: float | None = None  # when its first batch came
    state: State = State.BEGUN

    @property
    def reads(self) -> bool:
        return self.state in READING

    @property
    def late(self) -> bool:
        return self.state is State.LATE

    @property
    def lived(self) -> float:
        """S from its first batch to what was heard last: who went mute has not lived, however long the line stays."""
        return 0.0 if self.passed_at is None else self.heard_at - self.passed_at

    def sleep(self, seconds: float) -> None:
        """Nothing of this attempt happened in that time."""
        self.began += seconds
        self.heard_at += seconds
        self.opened_at = None if self.opened_at is None else self.opened_at + seconds
        self.passed_at = None if self.passed_at is None else self.passed_at + seconds


def came(attempt: Attempt, end: End, now: float) -> list[Part]:
    """What came back, as the first parts of a sentence."""
    rung, opened = attempt.rung, attempt.opened_at
    lived = (now - (attempt.began if opened is None else opened)) * 1000
    because = [part("why", because=Part("text", {"text": end.why}))] if end.why else []
    match end.kind:
        case "time":
            return [part("late" if opened is None else "late.open", rung=rung, time=(now - attempt.began) * 1000)]
        case "silent":
            return [part("silent", rung=rung, time=(now - attempt.heard_at) * 1000)]
        case "deaf":
            return [part("deaf", rung=rung)]
        case "cut":
            return [part("cut", rung=rung, time=lived)]
        case "leave" | "again":
            return [part("sent", rung=rung), *because]
        case "wait":
            return [part("wait", rung=rung), *because]
        case "refused" | "over":
            return [part("stop", rung=rung), *because]
    return [part("refused" if opened is None else "died", rung=rung, time=lived), *because]
