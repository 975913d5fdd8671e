"""Experiments: each a file that says its question, its method, and the runs it is made of.

A run is one server process and one generator process. In it live groups of clients, each of which becomes one cell of
the result for each step of the run: a step is one feed, with its rate and its length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

BASES = ("unbatched", "latest", "per-message")  # variants that live under a base of their own, beside ours
PEERS = ("python-socketio", "socket.io", "nchan")
BROWSER = "a browser"
COUNTED = ("E1", "E5", "E6", "E8", "E9", "E10", "E11", "E12")  # bytes, memory, connections, what is lost: no latencies


@dataclass(frozen=True)
class Group:
    """Clients of one kind, whose figures make one cell. Times in s."""

    name: str
    transport: str
    variant: str = "ours"
    clients: int = 10
    probes: int = 0  # of them, those that time each message; 0: all. The others only count bytes
    interval: float | None = None  # between two polls
    mode: str | None = None  # rate or delay
    rtt: float = 0.0
    hold: float | None = None
    heartbeat: float | None = None
    cursor: bool = True  # False: after a cut it comes back without one, as a client of a library without replay
    cut: float | None = None  # its line is cut that often
    offline: float = 0.5  # after a cut
    beyond: bool = False  # it cannot follow: what is late is the result
    rooms: tuple[int, ...] = ()  # in which they are, one after the other; none: in all there are
    direction: str = "down"  # up: the clients speak, and the server notes when it hears them
    retry: str | None = None  # fixed, jitter or phase: how it comes back when the server goes
    http: int = 1  # the version it speaks with the front
    heads: bool = False  # a browser's

    def room(self, n: int, rooms: int) -> int:
        """Where the n-th of them is."""
        return self.rooms[n % len(self.rooms)] if self.rooms else n % rooms

    @property
    def base(self) -> str:
        return f"/{self.variant}" if self.variant in BASES else ""


@dataclass(frozen=True)
class Step:
    """One feed to everybody. `rate` 0: nobody speaks."""

    rate: float = 5.0  # messages a second for each client
    shape: Literal["periodic", "poisson", "burst"] = "periodic"
    size: int = 100  # bytes of filling in each message
    filling: Literal["x", "prose", "noise"] = "x"
    seconds: float = 4.0  # measured
    warm: float = 1.0  # before that, not measured
    slack: float = 3.0  # after it, for what is late


@dataclass(frozen=True)
class Run:
    """One server, one generator, and what they do."""

    experiment: str
    groups: tuple[Group, ...]
    steps: tuple[Step, ...] = (Step(),)
    server: str = "ours"
    rooms: int = 1  # as many feeds at once, each to a room of its own: more chances in the same time
    seed: int = 1
    round: int = 0
    twin: bool = False
    sweep: bool = False  # the steps go up to where the server cannot follow, and beyond
    restart: bool = False  # the server is restarted in the middle
    idle: bool = False  # what connections cost that nobody speaks to
    browser: bool = False  # the clients are in a real browser
    script: str | None = None  # what is to be known of a server that is not this lab
    front: str = ""  # of bench/load/fronts.py, behind which the server is

    @property
    def timed(self) -> bool:
        """Whether latencies are its result, and not bytes, memory or what is lost."""
        return self.experiment not in COUNTED and not self.idle

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def needs(self) -> set[str]:
        """What may be lacking on a machine."""
        browser = {BROWSER} if self.browser or self.heads else set()
        return ({self.server} & set(PEERS)) | browser | ({self.front.partition("-")[0]} - {""})

    @property
    def heads(self) -> bool:
        """Whether a browser's heads are caught before it begins."""
        return any(group.heads for group in self.groups)

    @property
    def lasts(self) -> float:
        """About so many seconds."""
        if self.browser:
            return 7.0 * len(self.groups)
        feeds = sum(step.warm + step.seconds + 0.4 for step in self.steps)
        more = (6.0 if self.restart else 0.0) + (0.3 if self.front else 0.0) + (4.0 if self.heads else 0.0)
        return 1.3 + sum(group.clients for group in self.groups) / 400 + feeds + more


def run_of(told: dict[str, Any]) -> Run:
    """The run that was written as JSON."""
    groups = tuple(Group(**{**group, "rooms": tuple(group["rooms"])}) for group in told["groups"])
    return Run(**{**told, "groups": groups, "steps": tuple(Step(**step) for step in told["steps"])})


@dataclass(frozen=True)
class Experiment:
    """A question, and the runs of one round. `rounds`: how often, in full; `runs(quick)` may be fewer when quick.
    `once`: runs of which one round is enough, for what they count does not change."""

    name: str
    title: str
    question: str
    runs: Callable[[bool], list[Run]]
    rounds: int = 5
    quick_rounds: int = 1
    peers: Callable[[bool], list[Run]] | None = None  # runs with other libraries, fewer times
    peer_rounds: int = 2
    once: Callable[[bool], list[Run]] | None = None

    def planned(self, round: int, quick: bool) -> list[Run]:
        """The runs of one round."""
        runs = self.runs(quick)
        if self.once is not None and round == 0:
            runs = [*runs, *self.once(quick)]
        if self.peers is not None and round < (1 if quick else self.peer_rounds):
            runs = [*runs, *self.peers(quick)]
        return [replace(run, experiment=self.name, round=round) for run in runs]


def everything() -> dict[str, Experiment]:
    """All experiments, by name."""
    from bench.experiments import e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14

    all_of_them = (e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14)
    return {one.EXPERIMENT.name: one.EXPERIMENT for one in all_of_them}
