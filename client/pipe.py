"""A pipe: one attempt of one rung, and the ways in which it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .sentences import Part, part

NETWORK = ("lost", "time", "silent", "deaf")  # ends that are not the server's word
WAIT_MOST = 300.0  # s: so long one waits at most because a server says so
Kind = Literal["lost", "time", "leave", "stop", "over", "wait", "again", "silent", "deaf", "cut"]


class End(Exception):
    """Why a pipe ended, and what that asks of the ladder.

    lost: the line or the network; time: nothing came in time; leave: the server sends everybody away for a moment;
    stop: it refuses this transport; over: it refuses this client, whatever carries it; wait: its word is later;
    again: come back at once, from your own cursor; silent: nothing came for too long; deaf: nothing goes up;
    cut: by hand.
    """

    def __init__(self, kind: Kind, why: str, *, code: str | int | None = None, retry: float | None = None) -> None:
        super().__init__(why)
        self.kind, self.why, self.code = kind, why, code
        self.retry = None if retry is None else min(max(retry, 0.0), WAIT_MOST)


@dataclass(eq=False)
class Pipe:
    """One attempt of one rung, from its first byte to its last."""

    number: int
    rung: str
    began: float
    patience: float  # s for the first batch
    beat: float  # s: the heartbeat asked for; on longpoll the hold, on poll the interval
    heard: float
    opened: float | None = None
    proven: bool = False  # it lived through its probation
    late: bool = False  # its first batch is late, and still waited for
    doubted: bool = False  # what went up by it has no answer
    second: bool = False  # it was opened beside one in doubt
    witness: bool = False  # it was opened only to see whether the network delivers
    asked: bool = False  # half of its time is over: a witness was asked, where one is needed
    passed: float | None = None  # when its first batch came: nothing else counts as open


def came(pipe: Pipe, end: End, now: float) -> list[Part]:
    """What came back, as the first parts of a sentence."""
    rung, lived = pipe.rung, (now - (pipe.began if pipe.opened is None else pipe.opened)) * 1000
    because = [part("why", because=Part("text", {"text": end.why}))] if end.why else []
    match end.kind:
        case "time":
            key = "late" if pipe.opened is None else "late.open"
            return [part(key, rung=rung, time=(now - pipe.began) * 1000)]
        case "silent":
            return [part("silent", rung=rung, time=(now - pipe.heard) * 1000)]
        case "deaf":
            return [part("deaf", rung=rung)]
        case "cut":
            return [part("cut", rung=rung, time=lived)]
        case "leave" | "again":
            return [part("sent", rung=rung), *because]
        case "wait":
            return [part("wait", rung=rung), *because]
        case "stop" | "over":
            return [part("stop", rung=rung), *because]
    return [part("refused" if pipe.opened is None else "died", rung=rung, time=lived), *because]
