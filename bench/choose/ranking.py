"""The ranking: which transport first, as a pure function of the facts and the question.

Whoever breaks a condition stands behind all who keep it, in this order of conditions:

1. arrives: a proxy of somebody else's may refuse a WebSocket and gather a stream, and the client cannot fall back;
2. fits: over HTTP/1.1 so many streams or held polls of one browser take all connections it opens to a host;
3. in time: 99 messages in 100 are no older than they may be;
4. known: the run behind the facts measured what it costs.

Among equals the cost decides: the share of a machine that 1,000 clients take of what they take most of, its core, its
memory or its network (the dominant share of Ghodsi 2011). On a battery how often the radio wakes comes before it.
Costs within 15 % of the least are level: one and the same setting, measured twice, differed by 9 %, and two such
differ by more. Of these the plainest is first: polling, then an event stream, then long polling, then WebSocket.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from bench.choose.costs import Row, rows
from bench.choose.facts import Facts
from bench.choose.question import Question

LEVEL = 0.15  # of a cost
PLAIN = ("poll", "sse", "longpoll", "ws")
MACHINE = {"cores": 1.0, "memory": 4 * 2**30, "down": 1000.0, "up": 1000.0}  # a core, 4 GiB and 1 Gbit/s each way


class Cost(NamedTuple):
    """A share of a machine, or wake-ups an hour, and what it is that is used up."""

    value: float
    scarce: str


@dataclass(frozen=True)
class Place:
    """A row and how it stands: what it breaks, and what it costs."""

    row: Row
    broken: tuple[str, ...]  # of CONDITIONS
    costs: tuple[Cost, ...]  # what decides first comes first

    @property
    def cost(self) -> Cost:
        return self.costs[0]

    @property
    def transport(self) -> str:
        return self.row.transport


CONDITIONS = ("arrives", "fits", "in time", "known")


def ranked(question: Question, facts: Facts) -> list[Place]:
    """All transports, the best first."""
    left = sorted((_place(one, question, facts) for one in rows(question, facts)), key=_breaks)
    found: list[Place] = []
    while left:
        level = [one for one in left if _breaks(one) == _breaks(left[0])]
        for at in range(len(left[0].costs)):
            least = min(one.costs[at].value for one in level)
            level = [one for one in level if one.costs[at].value <= least * (1 + LEVEL)]
        best = min(level, key=lambda one: PLAIN.index(one.transport))
        found.append(best)
        left.remove(best)
    return found


def broken(found: Row, question: Question, facts: Facts) -> tuple[str, ...]:
    """The conditions that this transport breaks, the worst first."""
    kept = {
        "arrives": found.transport in ("poll", "longpoll") or question.proxies != "foreign" or question.fallback,
        "fits": found.transport in ("poll", "ws") or not crowded(question, facts),
        "in time": found.value("p99") <= question.age * (1 + 1e-9),
        "known": all(math.isfinite(cost.value) for cost in costs(found, question)),
    }
    return tuple(name for name in CONDITIONS if not kept[name])


def crowded(question: Question, facts: Facts) -> bool:
    """Whether so many held connections of one browser leave none for anything else."""
    return question.http == "1.1" and facts.streams is not None and question.tabs >= facts.streams.value


def _place(found: Row, question: Question, facts: Facts) -> Place:
    return Place(found, broken(found, question, facts), costs(found, question))


def costs(found: Row, question: Question) -> tuple[Cost, ...]:
    machine = max(Cost(found.value(name) / whole, name) for name, whole in MACHINE.items())
    return (Cost(found.value("wakes"), "wakes"), machine) if question.battery else (machine,)


def _breaks(place: Place) -> tuple[bool, ...]:
    return tuple(name in place.broken for name in CONDITIONS)
